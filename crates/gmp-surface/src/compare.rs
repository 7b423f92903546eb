//! What is missing in ours, what is different, what is more.
//!
//! Go: cmd/api/main_test.go (compareAPI)

use crate::surface::{Item, Surface};
use std::collections::BTreeSet;

/// By path, each with words about it.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// In tokio, not here.
    pub(crate) missing: Vec<(String, String)>,
    /// In both, and not the same to a caller.
    pub(crate) different: Vec<(String, String)>,
    /// Here only.
    pub(crate) extra: Vec<String>,
    /// The same to a caller, or more than that.
    pub(crate) same: usize,
}

/// Traits of which a type may have more here than in tokio: nobody can rely on a panic's leaving something unsafe.
fn may_be_more(path: &str) -> bool {
    path.ends_with("UnwindSafe")
}

fn describe(item: &Item) -> String {
    let bounds = if item.bounds.is_empty() { String::new() } else { format!(" where {}", list(&item.bounds)) };
    format!("{} {}{bounds}", item.kind, item.text)
}

fn list<T: AsRef<str>>(words: &BTreeSet<T>) -> String {
    words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// Why a program that uses theirs might not do with ours.
fn difference(path: &str, theirs: &Item, ours: &Item) -> Option<String> {
    if theirs.definition == ours.definition || theirs.kind == "not" && may_be_more(path) {
        return None;
    }
    if theirs.kind != ours.kind || theirs.text != ours.text {
        return Some(format!("tokio: {}\n      ours:  {}", describe(theirs), describe(ours)));
    }
    if theirs.kind == "not" {
        return None;
    }
    // Pinned projections say it by a type of their own, which can't be compared; the table of auto traits asks the compiler.
    let projected =
        |item: &Item| item.bounds.iter().any(|b| b.contains("PhantomPinned") || b.contains("PinnedFieldsOf"));
    if path.ends_with(": core::marker::Unpin") && projected(theirs) && projected(ours) {
        return None;
    }
    let demands: BTreeSet<_> = ours.bounds.difference(&theirs.bounds).collect();
    if !demands.is_empty() {
        return Some(format!("demands more: {}, tokio only {}", list(&demands), list(&theirs.bounds)));
    }
    let lacks: BTreeSet<_> = theirs.flags.difference(&ours.flags).filter(|f| **f != "deprecated").collect();
    if !lacks.is_empty() {
        return Some(format!("isn't {}", list(&lacks)));
    }
    // What can be written of theirs must be possible to write of ours.
    (ours.flags.contains("non_exhaustive") && !theirs.flags.contains("non_exhaustive"))
        .then(|| "is non_exhaustive".to_owned())
}

/// What gives a type the same conversion: `B: From<A>` for `A: Into<B>`.
fn the_other_way(path: &str) -> Option<String> {
    let (from, conversion) = path.split_once(": core::convert::")?;
    let (conversion, to) = conversion.strip_suffix('>')?.split_once('<')?;
    let the_other = match conversion {
        "Into" => "From",
        "TryInto" => "TryFrom",
        _ => return None,
    };
    Some(format!("{to}: core::convert::{the_other}<{from}>"))
}

/// Sets ours beside theirs.
pub(crate) fn compare(theirs: &Surface, ours: &Surface) -> Comparison {
    let mut result = Comparison::default();
    for (path, theirs) in theirs {
        match ours.get(path).or_else(|| ours.get(&the_other_way(path)?)) {
            // That a type lacks a trait isn't missed.
            None if theirs.kind == "not" => {}
            None => result.missing.push((path.clone(), describe(theirs))),
            Some(ours) => match difference(path, theirs, ours) {
                Some(words) => result.different.push((path.clone(), words)),
                None => result.same += 1,
            },
        }
    }
    let extra = ours.iter().filter(|(path, ours)| ours.kind != "not" && !theirs.contains_key(*path));
    result.extra = extra.map(|(path, _)| path.clone()).collect();
    result
}
