//! A flavor that doesn't exist.

#[gmp::main(flavor = "fast")]
async fn main() {}
