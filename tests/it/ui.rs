//! What the macros say to a mistake. Only messages of our own are pinned; rustc's words are rustc's to change.
//!
//! To accept new words: `TRYBUILD=overwrite cargo test -p gmp-tests ui`, and read the difference.

#[test]
fn messages_of_the_macros() {
    trybuild::TestCases::new().compile_fail("it/ui/*.rs");
}
