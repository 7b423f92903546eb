//! A name that isn't a string.

#[gmp::main(name = 1)]
async fn main() {}
