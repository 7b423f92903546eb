//! A word that isn't an argument.

#[gmp::main(foo)]
async fn main() {}
