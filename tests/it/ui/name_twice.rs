//! An argument twice.

#[gmp::main(name = "a", name = "b")]
async fn main() {}
