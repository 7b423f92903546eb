//! Tests that the comments are found.

use super::{comment, function, scenario};
use crate::catalogue;

#[test]
fn every_scenario_says_what_it_measures() {
    let silent: Vec<_> = catalogue::all().iter().map(|it| it.name).filter(|name| scenario(name).is_empty()).collect();
    assert!(silent.is_empty(), "no comment above the functions of {silent:?}");
}

#[test]
fn it_is_the_comment_of_that_scenario() {
    assert!(scenario("burst")[0].contains("500k tasks"));
    assert!(scenario("http").join(" ").contains("hyper's header timeout"), "{:?}", scenario("http"));
    // Not the comment of the function that says where it cannot run.
    assert!(scenario("main_spawns")[0].contains("#[main]"), "{:?}", scenario("main_spawns"));
    assert!(scenario("no_such_scenario").is_empty());
}

#[test]
fn a_name_that_begins_like_another_is_told_from_it() {
    let catalogue =
        r#"Scenario::timed("tcp_echo_10", "ten", tcp::ten), Scenario::timed("tcp_echo_1", "one", tcp::one)"#;
    assert_eq!(function(catalogue, "tcp_echo_1"), Some(("tcp", "one")));
}

#[test]
fn paragraphs_are_joined_and_attributes_are_not_in_the_way() {
    let source =
        "/// Another.\nfn other() {}\n\n/// One\n/// two.\n///\n/// Three.\n#[inline]\npub(super) fn it(p: u8) {}\n";
    assert_eq!(comment(source, "it"), Some(vec!["One two.".to_owned(), "Three.".to_owned()]));
    assert_eq!(comment(source, "missing"), None);
}
