//! An argument twice.

#[gmp::main(crate = "gmp", crate = "gmp")]
async fn main() {}
