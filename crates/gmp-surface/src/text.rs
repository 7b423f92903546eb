//! Types, bounds and signatures as text in which nothing depends on who wrote them: paths are public ones, parameters are
//! numbered as they come, bounds are a set.
//!
//! Go: none — go/types has `TypeString`.

use crate::rustdoc::Crate;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// Public paths, by the path of the definition.
pub(crate) type Names = HashMap<String, String>;

/// Writes what belongs to one item.
pub(crate) struct Writer<'a> {
    krate: &'a Crate,
    names: &'a Names,
    /// Parameters by their names in the source.
    renamed: HashMap<String, String>,
    lifetimes: HashMap<String, String>,
    /// What the parameters must be.
    pub(crate) bounds: BTreeSet<String>,
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl<'a> Writer<'a> {
    /// For an item of this crate.
    pub(crate) fn new(krate: &'a Crate, names: &'a Names) -> Self {
        Self { krate, names, renamed: HashMap::new(), lifetimes: HashMap::new(), bounds: BTreeSet::new() }
    }

    fn parameter(&mut self, name: &str) -> String {
        let next = self.renamed.len();
        self.renamed.entry(name.to_owned()).or_insert_with(|| format!("P{next}")).clone()
    }

    fn lifetime(&mut self, name: &str) -> String {
        match name {
            "" | "'_" => String::new(),
            "'static" => name.to_owned(),
            name => {
                let next = self.lifetimes.len();
                self.lifetimes.entry(name.to_owned()).or_insert_with(|| format!("'l{next}")).clone()
            }
        }
    }

    /// The public path of what has this id; what is written in the source, if it has none.
    pub(crate) fn path(&self, reference: &Value) -> String {
        match self.krate.definition(&reference["id"].to_string()) {
            Some(definition) => self.names.get(&definition).cloned().unwrap_or(definition),
            None => {
                let path = text(&reference["path"]);
                path.rsplit("::").next().unwrap_or(path).to_owned()
            }
        }
    }

    /// A path with its arguments.
    pub(crate) fn path_with_arguments(&mut self, reference: &Value) -> String {
        let path = self.path(reference);
        let arguments = self.arguments(&reference["args"]);
        // The alias, written out as some do.
        match (path.as_str(), arguments.strip_suffix('>')) {
            ("std::io::error::Result", Some(ok)) => format!("core::result::Result{ok}, std::io::error::Error>"),
            _ => path + &arguments,
        }
    }

    fn arguments(&mut self, arguments: &Value) -> String {
        if let Some(angle) = arguments.get("angle_bracketed") {
            let mut parts = Vec::new();
            for argument in each(&angle["args"]) {
                let part = match argument {
                    Value::Object(a) if a.contains_key("lifetime") => self.lifetime(text(&a["lifetime"])),
                    Value::Object(a) if a.contains_key("type") => self.ty(&a["type"]),
                    Value::Object(a) if a.contains_key("const") => text(&a["const"]["expr"]).to_owned(),
                    _ => "_".to_owned(),
                };
                parts.push(part);
            }
            for constraint in each(&angle["constraints"]) {
                let name = text(&constraint["name"]);
                let binding = &constraint["binding"];
                parts.push(match binding.get("equality") {
                    Some(term) => format!("{name} = {}", self.term(term)),
                    None => format!("{name}: {}", self.bounds_of(&binding["constraint"])),
                });
            }
            parts.retain(|p| !p.is_empty());
            if parts.is_empty() { String::new() } else { format!("<{}>", parts.join(", ")) }
        } else if let Some(parens) = arguments.get("parenthesized") {
            let inputs: Vec<_> = each(&parens["inputs"]).map(|t| self.ty(t)).collect();
            format!("({}){}", inputs.join(", "), self.output(&parens["output"]))
        } else {
            String::new()
        }
    }

    fn term(&mut self, term: &Value) -> String {
        match term.get("type") {
            Some(ty) => self.ty(ty),
            None => text(&term["constant"]["expr"]).to_owned(),
        }
    }

    fn output(&mut self, output: &Value) -> String {
        if output.is_null() { String::new() } else { format!(" -> {}", self.ty(output)) }
    }

    fn bound(&mut self, bound: &Value) -> String {
        if let Some(outlives) = bound.get("outlives") {
            return self.lifetime(text(outlives));
        }
        match bound.get("trait_bound") {
            Some(bound) => {
                let modifier = match text(&bound["modifier"]) {
                    "maybe" => "?",
                    "maybe_const" => "~const ",
                    _ => "",
                };
                format!("{modifier}{}", self.path_with_arguments(&bound["trait"]))
            }
            // What `impl Trait` captures: the edition says it in our crates, and this list in tokio's.
            None => String::new(),
        }
    }

    fn bounds_of(&mut self, bounds: &Value) -> String {
        let mut parts: Vec<String> = each(bounds).map(|b| self.bound(b)).collect();
        parts.retain(|p| !p.is_empty());
        parts.sort();
        parts.join(" + ")
    }

    /// A type.
    pub(crate) fn ty(&mut self, ty: &Value) -> String {
        let Some((kind, inner)) = ty.as_object().and_then(|o| o.iter().next()) else {
            return text(ty).to_owned();
        };
        let mutable = |word| if inner["is_mutable"] == true { "mut " } else { word };
        match kind.as_str() {
            "resolved_path" => self.path_with_arguments(inner),
            "generic" if text(inner) == "Self" => "Self".to_owned(),
            "generic" => self.parameter(text(inner)),
            "primitive" => text(inner).to_owned(),
            "tuple" => {
                let parts: Vec<_> = each(inner).map(|t| self.ty(t)).collect();
                format!("({})", parts.join(", "))
            }
            "slice" => format!("[{}]", self.ty(inner)),
            "array" => format!("[{}; {}]", self.ty(&inner["type"]), text(&inner["len"])),
            "impl_trait" => format!("impl {}", self.bounds_of(inner)),
            "raw_pointer" => format!("*{}{}", mutable("const "), self.ty(&inner["type"])),
            "borrowed_ref" => {
                let lifetime = self.lifetime(text(&inner["lifetime"]));
                let space = if lifetime.is_empty() { "" } else { " " };
                format!("&{lifetime}{space}{}{}", mutable(""), self.ty(&inner["type"]))
            }
            "qualified_path" => {
                let of = self.ty(&inner["self_type"]);
                format!("<{of} as {}>::{}", self.path_with_arguments(&inner["trait"]), text(&inner["name"]))
            }
            "dyn_trait" => {
                let mut traits: Vec<_> =
                    each(&inner["traits"]).map(|t| self.path_with_arguments(&t["trait"])).collect();
                traits.sort();
                let lifetime = self.lifetime(text(&inner["lifetime"]));
                traits.extend(Some(lifetime).filter(|l| !l.is_empty()));
                format!("dyn {}", traits.join(" + "))
            }
            "function_pointer" => {
                let inputs: Vec<_> = each(&inner["sig"]["inputs"]).map(|i| self.ty(&i[1])).collect();
                format!("fn({}){}", inputs.join(", "), self.output(&inner["sig"]["output"]))
            }
            _ => inner.to_string(),
        }
    }

    /// Takes note of parameters and what they must be. Returns how many can be named at a use.
    pub(crate) fn generics(&mut self, generics: &Value) -> usize {
        let mut named = 0;
        for parameter in each(&generics["params"]) {
            let (name, kind) = (text(&parameter["name"]), &parameter["kind"]);
            if let Some(ty) = kind.get("type") {
                if ty["is_synthetic"] == true {
                    continue;
                }
                named += 1;
                let of = self.parameter(name);
                self.note(&of, &ty["bounds"]);
            } else if let Some(lifetime) = kind.get("lifetime") {
                let of = self.lifetime(name);
                for longer in each(&lifetime["outlives"]) {
                    let longer = self.lifetime(text(longer));
                    self.bounds.insert(format!("{of}: {longer}"));
                }
            } else {
                named += 1;
                self.parameter(name);
            }
        }
        for predicate in each(&generics["where_predicates"]) {
            if let Some(predicate) = predicate.get("bound_predicate") {
                let of = self.ty(&predicate["type"]);
                self.note(&of, &predicate["bounds"]);
            }
        }
        named
    }

    fn note(&mut self, of: &str, bounds: &Value) {
        for bound in each(bounds) {
            let bound = self.bound(bound);
            if !bound.is_empty() {
                self.bounds.insert(format!("{of}: {bound}"));
            }
        }
    }

    /// A function's signature: what a caller has to write, and what comes back.
    pub(crate) fn signature(&mut self, function: &Value) -> String {
        // `fn f<'a>(&'a self) -> X<'a>` is what `fn f(&self) -> X<'_>` means.
        let mut lifetimes = each(&function["generics"]["params"]).filter(|p| p["kind"].get("lifetime").is_some());
        if let (Some(only), None) = (lifetimes.next(), lifetimes.next()) {
            if function["sig"]["inputs"][0][1]["borrowed_ref"]["lifetime"] == only["name"] {
                self.lifetimes.insert(text(&only["name"]).to_owned(), String::new());
            }
        }
        let named = self.generics(&function["generics"]);
        let header = &function["header"];
        let mut out = String::new();
        for flag in ["is_unsafe", "is_async"] {
            if header[flag] == true {
                out += &flag["is_".len()..];
                out.push(' ');
            }
        }
        let inputs: Vec<_> = each(&function["sig"]["inputs"]).map(|i| self.ty(&i[1])).collect();
        let parameters = if named > 0 { format!("<{named}>") } else { String::new() };
        format!("{out}fn{parameters}({}){}", inputs.join(", "), self.output(&function["sig"]["output"]))
    }
}
