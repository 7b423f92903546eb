//! `#[gmp::main]` and `#[gmp::test]`: from an attribute and an `async fn` to a synchronous function.
//!
//! The work goes through the files below in their order: read the arguments (`args`), find the name of the
//! runtime's crate (`crate_path`), take the function apart (`item`), write the new one (`expand`).
//!
//! A mistake never swallows the function: the error is emitted beside an expansion with the default
//! arguments, so that the compiler doesn't add "`main` function not found" and an editor still understands the
//! body.
//!
//! Of the runtime's features only `rt-multi-thread` is known here, for it decides about the default flavor. Which
//! setters exist is for the crate that is named in the expansion.
//!
//! Go: none — Go's linker calls `main.main`; here the macro writes the call.

mod args;
mod crate_path;
mod item;
mod expand;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::Error;

use args::{Args, Entry};
use crate_path::CratePath;
use item::EntryFn;

/// Expands `#[gmp::main(args)] item`, for a runtime of several threads if there are such.
pub(crate) fn main(several_threads: bool, args: TokenStream, item: TokenStream) -> TokenStream {
    entry(Entry::Main, several_threads, args, item, crate_path::find)
}

/// Expands `#[gmp::test(args)] item`, likewise.
pub(crate) fn test(several_threads: bool, args: TokenStream, item: TokenStream) -> TokenStream {
    entry(Entry::Test, several_threads, args, item, crate_path::find)
}

/// Both attributes. `find` says where the runtime's crate is when the arguments don't.
fn entry(
    entry: Entry,
    several_threads: bool,
    args: TokenStream,
    item: TokenStream,
    find: fn() -> CratePath,
) -> TokenStream {
    let function: EntryFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return with_error(item, &error),
    };
    let checked = function.check(entry);
    if let (None, Err(error)) = (&function.sig.asyncness, &checked) {
        // What isn't async needs no runtime: the function is given back as it was written.
        return with_error(item, error);
    }

    let parsed = Args::parse(entry, args).and_then(|args| args.check_feature(several_threads));
    let (args, error) = match (checked, parsed) {
        (Ok(()), Ok(args)) => (args, None),
        (Err(error), Ok(args)) => (args, Some(error)),
        (Ok(()), Err(error)) => (Args::fallback(), Some(error)),
        (Err(mut error), Err(other)) => {
            error.combine(other);
            (Args::fallback(), Some(error))
        }
    };

    let crate_path = match &args.crate_path {
        Some(path) => CratePath::Given(path.clone()),
        None => find(),
    };
    let expansion = expand::expand(entry, &args, &crate_path, function);
    match error {
        None => expansion,
        Some(error) => with_error(expansion, &error),
    }
}

fn with_error(mut tokens: TokenStream, error: &Error) -> TokenStream {
    tokens.extend(error.to_compile_error());
    tokens
}
