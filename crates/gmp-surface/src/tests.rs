//! The comparisons and their table, on surfaces and pages made by hand.

use crate::compare::compare;
use crate::documented::{Page, missing_sections, without_example};
use crate::exceptions::{Exceptions, Verdict};
use crate::surface::{Item, Surface};
use std::collections::BTreeSet;

/// An item, as in "function fn(u8) where P0: Send", defined nowhere else.
fn item(kind: &str, text: &str, bounds: &[&str], flags: &[&'static str]) -> Item {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    Item {
        kind: kind.to_owned(),
        text: text.to_owned(),
        bounds: bounds.iter().map(ToString::to_string).collect(),
        flags: flags.iter().copied().collect(),
        arguments: Vec::new(),
        definition: NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string(),
    }
}

fn surface<const N: usize>(items: [(&str, Item); N]) -> Surface {
    items.into_iter().map(|(path, item)| (path.to_owned(), item)).collect()
}

fn paths(found: &[(String, String)]) -> BTreeSet<&str> {
    found.iter().map(|(path, _)| path.as_str()).collect()
}

#[test]
fn what_is_missing_or_different_is_found() {
    let theirs = surface([
        ("gone", item("function", "fn()", &[], &[])),
        ("gone: core::marker::Send", item("impl", "", &[], &[])),
        ("kind", item("struct", "", &[], &[])),
        ("text", item("function", "fn(u8)", &[], &[])),
        ("demands", item("function", "fn<1>(P0)", &["P0: 'static"], &[])),
        ("silent", item("function", "fn()", &[], &["track_caller"])),
        ("sent: core::marker::Send", item("not", "", &[], &[])),
        ("same", item("function", "fn()", &[], &[])),
    ]);
    let ours = surface([
        ("kind", item("enum", "", &[], &[])),
        ("text", item("function", "fn(u16)", &[], &[])),
        ("demands", item("function", "fn<1>(P0)", &["P0: 'static", "P0: core::marker::Send"], &[])),
        ("silent", item("function", "fn()", &[], &[])),
        ("sent: core::marker::Send", item("impl", "", &[], &[])),
        ("same", item("function", "fn()", &[], &[])),
        ("more", item("function", "fn()", &[], &[])),
    ]);
    let found = compare(&theirs, &ours);
    assert_eq!(paths(&found.missing), BTreeSet::from(["gone", "gone: core::marker::Send"]));
    let different = BTreeSet::from(["kind", "text", "demands", "silent", "sent: core::marker::Send"]);
    assert_eq!(paths(&found.different), different);
    assert_eq!((found.same, found.extra), (1, vec!["more".to_owned()]));
}

#[test]
fn what_allows_more_is_no_difference() {
    let one = item("struct", "whatever", &["of"], &["must_use"]);
    let theirs = surface([
        ("demands", item("function", "fn<1>(P0)", &["P0: 'static"], &[])),
        ("told", item("function", "fn()", &[], &[])),
        ("lacks: core::marker::Sync", item("not", "", &[], &[])),
        ("kept: core::panic::unwind_safe::UnwindSafe", item("not", "", &[], &[])),
        ("a: core::convert::TryInto<b>", item("impl", "Error = e", &[], &[])),
        ("one", one.clone()),
    ]);
    let ours = surface([
        ("demands", item("function", "fn<1>(P0)", &[], &[])),
        ("told", item("function", "fn()", &[], &["track_caller", "const"])),
        ("kept: core::panic::unwind_safe::UnwindSafe", item("impl", "", &[], &[])),
        ("b: core::convert::TryFrom<a>", item("impl", "Error = e", &[], &[])),
        ("one", one),
    ]);
    let found = compare(&theirs, &ours);
    assert!(found.missing.is_empty() && found.different.is_empty(), "{found:?}");
}

#[test]
fn the_table_covers_what_is_below_a_path() {
    let table: Exceptions = toml::from_str(
        r#"
        [[exception]]
        paths = ["a::B", "c*", "never"]
        reason = "because"
        [[pending]]
        part = "d"
        paths = ["d"]
        "#,
    )
    .unwrap();
    for excepted in ["a::B", "a::B::method", "a::B: core::marker::Send", "c", "ca::b"] {
        assert_eq!(table.of(excepted), Verdict::Excepted, "{excepted}");
    }
    for demanded in ["a", "a::Bc", "a::C", "dd"] {
        assert_eq!(table.of(demanded), Verdict::Demanded, "{demanded}");
    }
    assert_eq!(table.of("d::e"), Verdict::Pending("d"));
    assert_eq!(table.unneeded().collect::<Vec<_>>(), ["never"]);
    assert!(table.page().contains("| `a::B`, `c*`, `never` | because |"), "{}", table.page());
}

/// A page of ours.
fn page(path: &str, kind: &str, docs: &str) -> Page {
    Page { path: path.to_owned(), kind: kind.to_owned(), is_ours: true, docs: docs.to_owned() }
}

#[test]
fn what_has_no_example_is_found() {
    let example = "Does it.\n\n# Examples\n```\nlet shown = T::new().used();\n```\n";
    let pages = [
        page("m", "module", "A list."),
        page("shown", "function", example),
        page("bare", "function", "Does it."),
        page("only_text", "function", "```text\nonly_text\n```"),
        page("ignored", "function", "```ignore\nignored()\n```"),
        page("linked", "function", "# Examples\nSee [`shown`].\n\n# Panics\nNever."),
        page("elsewhere", "function", "See [`shown`].\n\n# Examples\nNone.\n\n# Panics\nAs [`shown`]."),
        page("T", "struct", "By its methods."),
        page("T::new", "function", example),
        page("T::used", "function", "On the page."),
        page("T::use", "function", "Not on the page, `used` is."),
        page("T::field", "struct_field", "Part of it."),
        page("E", "enum", "Nothing."),
        page("E::V", "variant", "Nothing."),
        page("E::V::field", "struct_field", "Nothing."),
        Page { is_ours: false, ..page("theirs", "function", "Does it.") },
    ];
    assert_eq!(
        without_example(&pages),
        ["bare", "only_text", "ignored", "elsewhere", "T::use", "E", "E::V", "E::V::field"]
    );
}

#[test]
fn a_section_that_tokio_has_is_missed() {
    let theirs = [
        page("same", "function", "# Panics\n\nAlways.\n\n## Cancel Safety\n\nYes."),
        page("less", "function", "# Panics\n\n# Errors\n\n# Examples\n```\n# Safety\n```"),
        page("only_theirs", "function", "# Panics"),
        page("not_ours", "function", "# Panics"),
    ];
    let ours = [
        page("same", "function", "# Cancel safety\nYes.\n\n# Panics\nAlways."),
        page("less", "function", "# Errors\nSome.\n```\n# Panics\n```"),
        Page { is_ours: false, ..page("not_ours", "function", "") },
    ];
    assert_eq!(missing_sections(&theirs, &ours), [("less".to_owned(), "Panics".to_owned())]);
}

#[test]
fn what_may_be_without_an_example_is_in_the_table() {
    let table: Exceptions = toml::from_str(
        r#"
        [[without_example]]
        paths = ["a::B", "never"]
        reason = "because"
        "#,
    )
    .unwrap();
    assert!(table.is_exempt("a::B") && table.is_exempt("a::B::method") && !table.is_exempt("a"));
    assert_eq!(table.of("a::B"), Verdict::Demanded);
    assert_eq!(table.needless().collect::<Vec<_>>(), ["never"]);
    assert!(!table.page().contains("never"));
}

#[test]
fn what_is_compared_nowhere_is_on_the_page() {
    let table: Exceptions = toml::from_str(
        r#"
        [[elsewhere]]
        paths = ["a::B", "c"]
        reason = "another system"
        "#,
    )
    .unwrap();
    assert_eq!(table.elsewhere().collect::<Vec<_>>(), ["a::B", "c"]);
    assert!(table.page().contains("| `a::B`, `c` | another system |"), "{}", table.page());
    // It explains nothing that is missing where things are compared.
    assert_eq!(table.of("a::B"), Verdict::Demanded);
}
