//! A crate that isn't a path.

#[gmp::main(crate = 456)]
async fn main() {}
