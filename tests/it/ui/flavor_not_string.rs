//! A flavor that isn't a string.

#[gmp::main(flavor = 123)]
async fn main() {}
