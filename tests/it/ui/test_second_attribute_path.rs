//! A second test attribute by its path.

#[gmp::test]
#[::std::prelude::rust_2024::test]
async fn adds() {}

fn main() {}
