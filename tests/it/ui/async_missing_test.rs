//! The keyword is missing in a test.

#[gmp::test]
fn adds() {}

fn main() {}
