//! The attribute twice.

#[gmp::test]
#[gmp::test]
async fn adds() {}

fn main() {}
