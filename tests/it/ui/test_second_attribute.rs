//! A second test attribute.

#[gmp::test]
#[test]
async fn adds() {}

fn main() {}
