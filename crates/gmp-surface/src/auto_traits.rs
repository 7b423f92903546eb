//! A test made of the surfaces: for each type of ours that stands for one of tokio's, the compiler is asked whether both are Send,
//! Sync, Unpin, UnwindSafe and RefUnwindSafe. So these are checked by `cargo test`, too, and for parameters of several kinds.
//!
//! Go: none — Go has no such traits.

use crate::surface::Surface;
use std::fmt::Write as _;

/// What stands for a parameter that may be anything: one that has all of these traits, and some that lack some.
const ARGUMENTS: [&str; 4] = ["u8", "Rc<u8>", "Cell<u8>", "&'static mut u8"];

/// The test's source.
pub(crate) fn test(theirs: &Surface, ours: &Surface) -> String {
    let mut lines = String::new();
    for (path, theirs) in theirs.iter().filter(|(_, item)| matches!(item.kind.as_str(), "struct" | "enum")) {
        let Some(ours) = ours.get(path).filter(|ours| ours.definition != theirs.definition) else { continue };
        if ours.kind != theirs.kind {
            continue;
        }
        let anything = theirs.arguments.iter().any(|a| a == "_");
        for argument in if anything { &ARGUMENTS[..] } else { &[""] } {
            let arguments: Vec<_> = theirs.arguments.iter().map(|a| if a == "_" { *argument } else { a }).collect();
            let arguments = if arguments.is_empty() { String::new() } else { format!("<{}>", arguments.join(", ")) };
            let _ = writeln!(lines, "same! {{ gmp::{path}{arguments}, tokio::{path}{arguments} }}");
        }
    }
    format!(
        "//! Every type of ours that stands for one of tokio's: the same auto traits, asked at compile time.\n//!\n\
         //! Made by `cargo run -p gmp-surface -- --write`.\n\n\
         use super::{{Ask, Without as _}};\nuse std::cell::Cell;\nuse std::rc::Rc;\n\n{lines}"
    )
}
