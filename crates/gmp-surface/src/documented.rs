//! Whether our docs are what they promise to be: each item has an example, and each section that tokio's page has.
//!
//! An example is a block of Rust that `cargo test` compiles. An item has one if there is one in its docs, or if it is used in one on the
//! page that it is part of (a method on its type's), or if its section "Examples" says with a link where one is. Fields and variants are part of
//! their type; modules are lists. What is exempt from that is in the table, with its reason.
//!
//! A section is one of those that say what may happen to a caller: "Panics", "Errors", "Cancel safety", "Safety".
//!
//! Go: none — go vet has no such check

use std::collections::{BTreeMap, BTreeSet};

/// A public item and its docs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) path: String,
    /// What it is, as in [`Item`](crate::surface::Item).
    pub(crate) kind: String,
    /// It is defined by one of our crates.
    pub(crate) is_ours: bool,
    pub(crate) docs: String,
}

/// The sections, and how their headings begin, in lower case.
const SECTIONS: [(&str, &str); 4] =
    [("Panics", "panic"), ("Errors", "error"), ("Cancel safety", "cancel"), ("Safety", "safety")];

/// What begins a block that is compiled.
const COMPILED: [&str; 5] = ["", "rust", "no_run", "should_panic", "compile_fail"];

/// A page's text, apart from its code.
struct Parts<'a> {
    prose: Vec<&'a str>,
    code: Vec<&'a str>,
}

fn parts(docs: &str) -> Parts<'_> {
    let (mut prose, mut code) = (Vec::new(), Vec::new());
    // The language of the block that the line is in.
    let mut block = None;
    for line in docs.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (block, fence) {
            (None, Some(language)) => block = Some(language.trim()),
            (Some(_), Some(_)) => block = None,
            (None, None) => prose.push(line),
            (Some(language), None) if COMPILED.contains(&language) => code.push(line),
            (Some(_), None) => {}
        }
    }
    Parts { prose, code }
}

fn heading(line: &str) -> Option<String> {
    let text = line.trim().trim_start_matches('#');
    (text.len() < line.trim().len()).then(|| text.trim().to_lowercase())
}

/// Whether the section "Examples" has a link.
fn links_to_one(prose: &[&str]) -> bool {
    let section = prose.iter().skip_while(|line| heading(line).as_deref() != Some("examples")).skip(1);
    section.take_while(|line| heading(line).is_none()).any(|line| line.contains("[`"))
}

/// Whether the code has the word.
fn has_word(code: &[&str], word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.iter().any(|line| line.split(|c| !is_part(c)).any(|part| part == word))
}

/// The type or trait that it is part of, and its own name.
fn owner<'a>(page: &'a Page, types: &BTreeSet<&str>) -> (Option<&'a str>, &'a str) {
    let Some((above, name)) = page.path.rsplit_once("::") else { return (None, &page.path) };
    // A variant's field is two below its type.
    let mut ancestors = std::iter::successors(Some(above), |path| path.rsplit_once("::").map(|(above, _)| above));
    (ancestors.find(|path| types.contains(path)), name)
}

/// Items of ours without an example.
pub(crate) fn without_example(pages: &[Page]) -> Vec<String> {
    let of_type = |page: &&Page| matches!(page.kind.as_str(), "struct" | "enum" | "union" | "trait");
    let types: BTreeSet<&str> = pages.iter().filter(of_type).map(|page| page.path.as_str()).collect();
    let mut code: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for page in pages {
        let on = owner(page, &types).0.unwrap_or(&page.path);
        code.entry(on).or_default().extend(parts(&page.docs).code);
    }
    let lacks = |page: &&Page| {
        let Parts { prose, code: own } = parts(&page.docs);
        if !page.is_ours || page.kind == "module" || !own.is_empty() || links_to_one(&prose) {
            return false;
        }
        let (owner, name) = owner(page, &types);
        let on_page = code.get(owner.unwrap_or(&page.path)).map_or(&[][..], Vec::as_slice);
        match (owner, page.kind.as_str()) {
            // A type's methods show the type.
            (None, _) | (_, "variant" | "struct_field") => on_page.is_empty(),
            (Some(_), _) => !has_word(on_page, name),
        }
    };
    pages.iter().filter(lacks).map(|page| page.path.clone()).collect()
}

/// Sections of tokio's page of something that is ours here, which our page hasn't.
pub(crate) fn missing_sections(theirs: &[Page], ours: &[Page]) -> Vec<(String, String)> {
    let sections = |page: &Page| -> BTreeSet<&str> {
        let headings: Vec<_> = parts(&page.docs).prose.iter().filter_map(|line| heading(line)).collect();
        let has = |start: &str| headings.iter().any(|heading| heading.starts_with(start));
        SECTIONS.iter().filter(|(_, start)| has(start)).map(|(name, _)| *name).collect()
    };
    let ours: BTreeMap<&str, &Page> =
        ours.iter().filter(|page| page.is_ours).map(|page| (page.path.as_str(), page)).collect();
    let mut missing = Vec::new();
    for theirs in theirs {
        let Some(ours) = ours.get(theirs.path.as_str()) else { continue };
        let lacks: Vec<_> = sections(theirs).difference(&sections(ours)).copied().collect();
        if !lacks.is_empty() {
            missing.push((theirs.path.clone(), lacks.join(", ")));
        }
    }
    missing
}
