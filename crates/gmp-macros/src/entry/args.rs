//! The arguments of the attributes: tokio's names, tokio's meanings, and its words for what is wrong.
//!
//! Two passes. Each argument is checked for itself and put in its slot; then the combination is checked. All
//! arguments that are wrong for themselves are reported together, each at its own place.
//!
//! One rule of tokio's is left out: `unhandled_panic` goes with every flavor here, as it does in the builder.
//!
//! Go: none — a Go program has one runtime and no arguments for it.

#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, Meta, MetaNameValue, Path, Token};

/// Which of the two attributes is being expanded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Entry {
    Main,
    Test,
}

impl Entry {
    /// The attribute as its user writes it, for messages.
    fn macro_name(self) -> &'static str {
        match self {
            Entry::Main => "gmp::main",
            Entry::Test => "gmp::test",
        }
    }

    fn default_flavor(self) -> Flavor {
        match self {
            Entry::Main => Flavor::MultiThread,
            Entry::Test => Flavor::CurrentThread,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flavor {
    MultiThread,
    CurrentThread,
    Local,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum UnhandledPanic {
    Ignore,
    ShutdownRuntime,
}

/// The arguments, checked. What is `None` is left to the builder's default.
pub(super) struct Args {
    pub(super) flavor: Flavor,
    /// The argument that says so, if one does.
    flavor_from: Option<MetaNameValue>,
    pub(super) worker_threads: Option<usize>,
    pub(super) start_paused: Option<bool>,
    pub(super) unhandled_panic: Option<UnhandledPanic>,
    pub(super) name: Option<String>,
    pub(super) crate_path: Option<Path>,
}

impl Args {
    /// Reads what stands between the parentheses of the attribute.
    pub(super) fn parse(entry: Entry, tokens: TokenStream) -> Result<Args, Error> {
        let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(tokens)?;
        let mut slots = Slots::default();
        let mut errors: Option<Error> = None;
        for meta in metas {
            let Err(error) = slots.fill(entry, meta) else {
                continue;
            };
            match &mut errors {
                None => errors = Some(error),
                Some(errors) => errors.combine(error),
            }
        }
        match errors {
            None => slots.check(entry),
            Some(errors) => Err(errors),
        }
    }

    /// Refuses what the runtime's crate was built without.
    pub(super) fn check_feature(self, several_threads: bool) -> Result<Args, Error> {
        match &self.flavor_from {
            _ if several_threads || self.flavor != Flavor::MultiThread => Ok(self),
            None => Err(Error::new(
                Span::call_site(),
                "The default runtime flavor is `multi_thread`, but the `rt-multi-thread` feature is disabled.",
            )),
            Some(argument) => Err(Error::new_spanned(
                argument,
                "The runtime flavor `multi_thread` requires the `rt-multi-thread` feature.",
            )),
        }
    }

    /// What a function is expanded with when its arguments are wrong: asks for nothing that could be missing.
    pub(super) fn fallback() -> Args {
        Args {
            flavor: Flavor::CurrentThread,
            flavor_from: None,
            worker_threads: None,
            start_paused: None,
            unhandled_panic: None,
            name: None,
            crate_path: None,
        }
    }
}

/// A value and the argument it was read from, where errors about it belong.
struct Given<T> {
    value: T,
    from: MetaNameValue,
}

#[derive(Default)]
struct Slots {
    flavor: Option<Given<Flavor>>,
    worker_threads: Option<Given<usize>>,
    start_paused: Option<Given<bool>>,
    unhandled_panic: Option<Given<UnhandledPanic>>,
    name: Option<Given<String>>,
    crate_path: Option<Given<Path>>,
}

impl Slots {
    /// Checks one argument for itself and keeps it.
    fn fill(&mut self, entry: Entry, meta: Meta) -> Result<(), Error> {
        let argument = match meta {
            Meta::NameValue(argument) => argument,
            Meta::Path(path) => return Err(without_value(entry, &path)),
            Meta::List(list) => {
                return Err(Error::new_spanned(list, "Unknown attribute inside the macro"));
            }
        };
        let Some(name) = argument.path.get_ident() else {
            return Err(Error::new_spanned(argument, "Must have specified ident"));
        };
        // In lower case, because tokio takes `Flavor = "…"` too.
        match name.unraw().to_string().to_lowercase().as_str() {
            "flavor" => put(&mut self.flavor, "flavor", argument, flavor),
            "worker_threads" => put(&mut self.worker_threads, "worker_threads", argument, worker_threads),
            "start_paused" => put(&mut self.start_paused, "start_paused", argument, boolean),
            "unhandled_panic" => put(&mut self.unhandled_panic, "unhandled_panic", argument, unhandled_panic),
            "name" => put(&mut self.name, "name", argument, string),
            "crate" => put(&mut self.crate_path, "crate", argument, path),
            "core_threads" => {
                Err(Error::new_spanned(argument, "Attribute `core_threads` is renamed to `worker_threads`"))
            }
            other => Err(Error::new_spanned(&argument, unknown(other))),
        }
    }

    /// Checks which arguments go together.
    fn check(self, entry: Entry) -> Result<Args, Error> {
        let (flavor, flavor_from) =
            self.flavor.map_or_else(|| (entry.default_flavor(), None), |given| (given.value, Some(given.from)));
        if flavor == Flavor::MultiThread {
            if let Some(given) = &self.start_paused {
                return Err(needs_flavor(entry, given, "start_paused", "current_thread"));
            }
        } else if let Some(given) = &self.worker_threads {
            return Err(needs_flavor(entry, given, "worker_threads", "multi_thread"));
        }
        Ok(Args {
            flavor,
            flavor_from,
            worker_threads: value(self.worker_threads),
            start_paused: value(self.start_paused),
            unhandled_panic: value(self.unhandled_panic),
            name: value(self.name),
            crate_path: value(self.crate_path),
        })
    }
}

fn value<T>(given: Option<Given<T>>) -> Option<T> {
    given.map(|given| given.value)
}

/// Reads `argument` with `read` into `slot`, once.
fn put<T>(
    slot: &mut Option<Given<T>>,
    name: &str,
    argument: MetaNameValue,
    read: fn(&Expr, &str) -> Result<T, Error>,
) -> Result<(), Error> {
    if slot.is_some() {
        let message = format!("`{name}` set multiple times.");
        return Err(Error::new_spanned(argument, message));
    }
    *slot = Some(Given { value: read(&argument.value, name)?, from: argument });
    Ok(())
}

fn unknown(name: &str) -> String {
    format!(
        "Unknown attribute {name} is specified; expected one of: `flavor`, `worker_threads`, \
         `start_paused`, `crate`, `unhandled_panic`, `name`."
    )
}

/// A name without a value: forgotten, or one of the ways in which old versions of tokio chose the flavor.
fn without_value(entry: Entry, path: &Path) -> Error {
    let Some(ident) = path.get_ident() else {
        return Error::new_spanned(path, "Must have specified ident");
    };
    let name = ident.unraw().to_string().to_lowercase();
    let set_flavor = |flavor: &str| {
        let attribute = entry.macro_name();
        format!("Set the runtime flavor with #[{attribute}(flavor = \"{flavor}\")].")
    };
    let message = match name.as_str() {
        "threaded_scheduler" | "multi_thread" => set_flavor("multi_thread"),
        "basic_scheduler" | "current_thread" | "single_threaded" => set_flavor("current_thread"),
        "local" => set_flavor("local"),
        "flavor" | "worker_threads" | "start_paused" | "crate" | "unhandled_panic" | "name" => {
            format!("The `{name}` attribute requires an argument.")
        }
        other => unknown(other),
    };
    Error::new_spanned(path, message)
}

fn needs_flavor<T>(entry: Entry, given: &Given<T>, option: &str, flavor: &str) -> Error {
    let attribute = entry.macro_name();
    Error::new_spanned(
        &given.from,
        format!(
            "The `{option}` option requires the `{flavor}` runtime flavor. \
             Use `#[{attribute}(flavor = \"{flavor}\")]`"
        ),
    )
}

fn flavor(expr: &Expr, field: &str) -> Result<Flavor, Error> {
    let message = match string(expr, field)?.as_str() {
        "multi_thread" => return Ok(Flavor::MultiThread),
        "current_thread" => return Ok(Flavor::CurrentThread),
        "local" => return Ok(Flavor::Local),
        "single_thread" => "The single threaded runtime flavor is called `current_thread`.".to_owned(),
        "basic_scheduler" => "The `basic_scheduler` runtime flavor has been renamed to `current_thread`.".to_owned(),
        "threaded_scheduler" => {
            "The `threaded_scheduler` runtime flavor has been renamed to `multi_thread`.".to_owned()
        }
        other => format!(
            "No such runtime flavor `{other}`. \
             The runtime flavors are `current_thread`, `local`, and `multi_thread`."
        ),
    };
    Err(Error::new_spanned(expr, message))
}

fn unhandled_panic(expr: &Expr, field: &str) -> Result<UnhandledPanic, Error> {
    match string(expr, field)?.as_str() {
        "ignore" => Ok(UnhandledPanic::Ignore),
        "shutdown_runtime" => Ok(UnhandledPanic::ShutdownRuntime),
        other => Err(Error::new_spanned(
            expr,
            format!(
                "No such unhandled panic behavior `{other}`. \
                 The unhandled panic behaviors are `ignore` and `shutdown_runtime`."
            ),
        )),
    }
}

fn worker_threads(expr: &Expr, field: &str) -> Result<usize, Error> {
    let Lit::Int(int) = literal(expr)? else {
        return Err(cannot_parse(expr, field, "integer."));
    };
    match int.base10_parse::<usize>() {
        Ok(0) => Err(Error::new_spanned(expr, "`worker_threads` may not be 0.")),
        Ok(n) => Ok(n),
        Err(error) => Err(cannot_parse(expr, field, &format!("integer: {error}"))),
    }
}

fn boolean(expr: &Expr, field: &str) -> Result<bool, Error> {
    match literal(expr)? {
        Lit::Bool(boolean) => Ok(boolean.value),
        _ => Err(cannot_parse(expr, field, "bool.")),
    }
}

fn string(expr: &Expr, field: &str) -> Result<String, Error> {
    match literal(expr)? {
        Lit::Str(string) => Ok(string.value()),
        _ => Err(cannot_parse(expr, field, "string.")),
    }
}

/// `"some::path"` as in tokio, or the path itself.
fn path(expr: &Expr, field: &str) -> Result<Path, Error> {
    match ungroup(expr) {
        Expr::Path(expr) if expr.qself.is_none() && expr.attrs.is_empty() => Ok(expr.path.clone()),
        Expr::Lit(ExprLit { lit: Lit::Str(string), .. }) => string
            .parse_with(Path::parse_mod_style)
            .map_err(|_| cannot_parse(expr, field, &format!("path: \"{}\"", string.value()))),
        _ => Err(cannot_parse(expr, field, "path.")),
    }
}

fn literal(expr: &Expr) -> Result<&Lit, Error> {
    match ungroup(expr) {
        Expr::Lit(literal) => Ok(&literal.lit),
        other => Err(Error::new_spanned(other, "Must be a literal")),
    }
}

/// A value that came through a `macro_rules!` variable arrives in an invisible group.
fn ungroup(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

fn cannot_parse(expr: &Expr, field: &str, what: &str) -> Error {
    Error::new_spanned(expr, format!("Failed to parse value of `{field}` as {what}"))
}
