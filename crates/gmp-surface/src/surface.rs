//! A public surface: every path by which something can be named, and every trait that a public type has.
//!
//! First a walk from the root finds the public paths, through re-exports and over the borders of crates; then each item is
//! written with these paths in place of where things are defined.
//!
//! Go: cmd/api/main_test.go (Walker)

use crate::documented::Page;
use crate::rustdoc::{Crate, Docs};
use crate::text::{Names, Writer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Traits that the compiler keeps for itself.
const INTERNAL: [&str; 4] = ["Freeze", "UnsafeUnpin", "StructuralPartialEq", "TrivialClone"];

/// One path, and what is there.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// What it is: "struct", "function" …
    pub(crate) kind: String,
    /// Its signature, or what else must be equal.
    pub(crate) text: String,
    /// What its type parameters must be.
    pub(crate) bounds: BTreeSet<String>,
    /// What it is beyond that: "const", "track_caller", "must_use" …
    pub(crate) flags: BTreeSet<&'static str>,
    /// For a type: what can stand for its parameters, `_` for anything.
    pub(crate) arguments: Vec<String>,
    /// Where it is defined. What is defined at one place is one thing.
    pub(crate) definition: String,
}

/// By path; a trait of a type stands as "path: Trait".
pub(crate) type Surface = BTreeMap<String, Item>;

/// What the walk has found at a public path.
struct Found<'a> {
    path: String,
    krate: &'a Crate,
    item: &'a Value,
    /// The impl that it stands in.
    within: Option<&'a Value>,
}

struct Walk<'a> {
    docs: &'a Docs,
    found: Vec<Found<'a>>,
    /// What is in no docs that we have: the standard library's, and macros of other crates.
    foreign: Vec<(String, Item)>,
    names: Names,
    /// What ours is compared with: of several paths of a thing the one that is there too is its name.
    theirs: Option<&'a Surface>,
    /// The modules that the walk is in.
    inside: HashSet<String>,
}

fn each(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().into_iter().flatten().map(Value::to_string)
}

/// Public only because a macro needs it, or for the sake of documentation.
fn is_hidden(item: &Value) -> bool {
    let mut attributes = item["attrs"].as_array().into_iter().flatten();
    attributes.any(|a| a["other"].as_str().is_some_and(|a| a.contains("doc(hidden)")))
}

/// What kind of thing the item is, and the thing.
fn inner(item: &Value) -> (&str, &Value) {
    let entry = item["inner"].as_object().and_then(|o| o.iter().next());
    entry.map_or(("", &Value::Null), |(kind, inner)| (kind, inner))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

impl<'a> Walk<'a> {
    fn visit(&mut self, krate: &'a Crate, id: &str, path: &str) {
        let Some(item) = krate.item(id) else {
            self.elsewhere(krate, id, path);
            return;
        };
        let (kind, inner) = inner(item);
        if let Some(definition) = krate.definition(id) {
            let order = |path: &str| (self.theirs.is_some_and(|t| !t.contains_key(path)), path.len(), path.to_owned());
            if self.names.get(&definition).is_none_or(|old| order(path) < order(old)) {
                self.names.insert(definition, path.to_owned());
            }
        }
        match kind {
            "module" => {
                let key = format!("{} {id}", krate.name);
                if !self.inside.insert(key.clone()) {
                    return;
                }
                if !path.is_empty() {
                    self.found.push(Found { path: path.to_owned(), krate, item, within: None });
                }
                self.children(krate, inner, path);
                self.inside.remove(&key);
                return;
            }
            "use" => {
                let target = inner["id"].to_string();
                match (inner["is_glob"] == true, krate.item(&target)) {
                    (true, Some(module)) => self.children(krate, &module["inner"]["module"], path),
                    (true, None) => {}
                    (false, _) => self.visit(krate, &target, path),
                }
                return;
            }
            "struct" => {
                let kind = &inner["kind"];
                self.members(krate, path, each(&kind["plain"]["fields"]).chain(each(&kind["tuple"])));
                self.methods(krate, path, inner);
            }
            "enum" => {
                self.members(krate, path, each(&inner["variants"]));
                self.methods(krate, path, inner);
            }
            "variant" => self.members(krate, path, each(&inner["kind"]["struct"]["fields"])),
            "trait" => self.members(krate, path, each(&inner["items"])),
            _ => {}
        }
        self.found.push(Found { path: path.to_owned(), krate, item, within: None });
    }

    fn children(&mut self, krate: &'a Crate, module: &'a Value, path: &str) {
        for id in each(&module["items"]) {
            let Some(item) = krate.item(&id).filter(|item| !is_hidden(item)) else { continue };
            let (kind, inner) = inner(item);
            let name = if kind == "use" { &inner["name"] } else { &item["name"] };
            let glob = kind == "use" && inner["is_glob"] == true;
            let path = if glob { path.to_owned() } else { join(path, name.as_str().unwrap_or_default()) };
            self.visit(krate, &id, &path);
        }
    }

    fn members(&mut self, krate: &'a Crate, path: &str, ids: impl Iterator<Item = String>) {
        for id in ids {
            let item = krate.item(&id).filter(|item| !is_hidden(item));
            if let Some(name) = item.and_then(|item| item["name"].as_str()) {
                self.visit(krate, &id, &join(path, name));
            }
        }
    }

    fn methods(&mut self, krate: &'a Crate, path: &str, ty: &'a Value) {
        for id in each(&ty["impls"]) {
            let Some(block) = krate.item(&id) else { continue };
            let implementation = &block["inner"]["impl"];
            if !implementation["trait"].is_null() {
                continue;
            }
            for item in each(&implementation["items"]).filter_map(|id| krate.item(&id)).filter(|i| !is_hidden(i)) {
                let path = join(path, item["name"].as_str().unwrap_or_default());
                self.found.push(Found { path, krate, item, within: Some(implementation) });
            }
        }
    }

    /// A re-export of what another crate defines.
    fn elsewhere(&mut self, krate: &'a Crate, id: &str, path: &str) {
        let Some(definition) = krate.definition(id) else { return };
        let name = definition.split("::").next().unwrap_or_default();
        let there = self.docs.crates.iter().find(|c| c.name == name);
        if let Some((there, id)) = there.and_then(|there| Some((there, there.defined_at(&definition)?))) {
            self.visit(there, id, path);
            return;
        }
        // The attributes are in a crate of their own on both sides; that they are there is what can be seen.
        let macros = name.strip_suffix("_macros").map(|_| path.to_owned());
        let kind = krate.kind(id).unwrap_or_default().to_owned();
        let text = macros.unwrap_or_else(|| definition.clone());
        let (bounds, flags) = (BTreeSet::new(), BTreeSet::new());
        let item = Item { kind, text, bounds, flags, arguments: Vec::new(), definition };
        self.foreign.push((path.to_owned(), item));
    }
}

/// What the first of the crates has. If it is to be compared with another's surface, that.
fn walk<'a>(docs: &'a Docs, theirs: Option<&'a Surface>) -> Walk<'a> {
    let mut walk =
        Walk { docs, found: Vec::new(), foreign: Vec::new(), names: HashMap::new(), theirs, inside: HashSet::new() };
    if let Some(facade) = docs.crates.first() {
        walk.visit(facade, &facade.root, "");
    }
    walk
}

/// The docs of all that the first of the crates has.
pub(crate) fn pages(docs: &Docs) -> Vec<Page> {
    let page = |found: Found<'_>| Page {
        path: found.path,
        kind: inner(found.item).0.to_owned(),
        is_ours: found.krate.name != "tokio",
        docs: found.item["docs"].as_str().unwrap_or_default().to_owned(),
    };
    walk(docs, None).found.into_iter().map(page).collect()
}

/// The surface of the first of the crates. If it is to be compared with another, that.
pub(crate) fn surface(docs: &Docs, theirs: Option<&Surface>) -> Surface {
    let Walk { found, foreign, names, .. } = walk(docs, theirs);
    let mut surface: Surface = foreign.into_iter().collect();
    let mut types = HashSet::new();
    for found in &found {
        surface.insert(found.path.clone(), write(found, &names));
        let (kind, inner) = inner(found.item);
        let once = types.insert(format!("{} {}", found.krate.name, found.item["id"]));
        if once && matches!(kind, "struct" | "enum") {
            for block in each(&inner["impls"]).filter_map(|id| found.krate.item(&id)) {
                surface.extend(trait_of(found.krate, &names, &block["inner"]["impl"]));
            }
        }
    }
    // `impl From<Ours> for Theirs` stands with no type of ours.
    for krate in &docs.crates {
        for (_, item) in krate.items() {
            let (kind, implementation) = inner(item);
            let of = &implementation["for"]["resolved_path"]["id"];
            if kind == "impl" && krate.item(&of.to_string()).is_none() && is_about_public(krate, &names, implementation)
            {
                surface.extend(trait_of(krate, &names, implementation));
            }
        }
    }
    surface
}

/// Whether the trait's arguments name something public.
fn is_about_public(krate: &Crate, names: &Names, implementation: &Value) -> bool {
    let arguments = implementation["trait"]["args"]["angle_bracketed"]["args"].as_array().into_iter().flatten();
    let mut ids = arguments.map(|a| &a["type"]["resolved_path"]["id"]).filter(|id| !id.is_null());
    ids.any(|id| krate.definition(&id.to_string()).is_some_and(|d| names.contains_key(&d)))
}

/// What the item is beyond its signature.
fn flags(item: &Value) -> BTreeSet<&'static str> {
    let mut flags = BTreeSet::new();
    for attribute in item["attrs"].as_array().into_iter().flatten() {
        let text = attribute.to_string();
        if attribute.get("must_use").is_some() {
            flags.insert("must_use");
        } else if text.contains("TrackCaller") {
            flags.insert("track_caller");
        } else if text == "\"non_exhaustive\"" {
            flags.insert("non_exhaustive");
        }
    }
    if !item["deprecation"].is_null() {
        flags.insert("deprecated");
    }
    if item["inner"]["function"]["header"]["is_const"] == true {
        flags.insert("const");
    }
    flags
}

fn write(found: &Found<'_>, names: &Names) -> Item {
    let (kind, inner) = inner(found.item);
    let mut writer = Writer::new(found.krate, names);
    if let Some(within) = found.within {
        // Its parameters are the type's, in the type's order.
        writer.ty(&within["for"]);
        writer.generics(&within["generics"]);
    }
    let text = match kind {
        "function" => writer.signature(inner),
        "struct" | "enum" | "trait" => format!("{} parameters", writer.generics(&inner["generics"])),
        "type_alias" => {
            writer.generics(&inner["generics"]);
            writer.ty(&inner["type"])
        }
        "struct_field" => writer.ty(inner),
        "constant" | "assoc_const" => writer.ty(&inner["type"]),
        "variant" => {
            let fields = inner["kind"]["tuple"].as_array().into_iter().flatten();
            let fields: Vec<_> = fields
                .filter_map(|f| found.krate.item(&f.to_string()))
                .map(|f| writer.ty(&f["inner"]["struct_field"]))
                .collect();
            fields.join(", ")
        }
        _ => String::new(),
    };
    let id = found.item["id"].to_string();
    let definition = format!("{} {id}", found.krate.name);
    let arguments = if matches!(kind, "struct" | "enum") { arguments(&inner["generics"]) } else { Vec::new() };
    Item { kind: kind.to_owned(), text, bounds: writer.bounds, flags: flags(found.item), arguments, definition }
}

/// What can stand for a type's parameters.
fn arguments(generics: &Value) -> Vec<String> {
    let parameters = generics["params"].as_array().into_iter().flatten();
    let argument = |parameter: &Value| {
        if parameter["kind"].get("lifetime").is_some() {
            return "'static".to_owned();
        }
        let text = generics.to_string();
        if text.contains("AsRawFd") { "std::os::fd::OwnedFd".to_owned() } else { "_".to_owned() }
    };
    parameters.map(argument).collect()
}

/// A trait that a type has, or hasn't.
fn trait_of(krate: &Crate, names: &Names, implementation: &Value) -> Option<(String, Item)> {
    let reference = &implementation["trait"];
    if reference.is_null() || !implementation["blanket_impl"].is_null() {
        return None;
    }
    let mut writer = Writer::new(krate, names);
    let of = writer.ty(&implementation["for"]);
    let name = writer.path_with_arguments(reference);
    let short = name.rsplit("::").next().unwrap_or(&name);
    // A destructor is nobody's business.
    if INTERNAL.contains(&short) || name == "core::ops::drop::Drop" {
        return None;
    }
    writer.generics(&implementation["generics"]);
    let mut types = Vec::new();
    for item in each(&implementation["items"]).filter_map(|id| krate.item(&id)) {
        let (kind, inner) = inner(item);
        if kind == "assoc_type" {
            types.push(format!("{} = {}", item["name"].as_str().unwrap_or_default(), writer.ty(&inner["type"])));
        }
    }
    let kind = if implementation["is_negative"] == true { "not" } else { "impl" };
    // The parameters are told by the bounds; a path is what people look for.
    let of = of.split_once('<').map_or(of.as_str(), |(path, _)| path);
    let definition = format!("{} impl {of} {name}", krate.name);
    let item = Item {
        kind: kind.to_owned(),
        text: types.join(", "),
        bounds: writer.bounds,
        flags: BTreeSet::new(),
        arguments: Vec::new(),
        definition,
    };
    Some((format!("{of}: {name}"), item))
}
