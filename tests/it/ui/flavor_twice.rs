//! An argument twice.

#[gmp::main(flavor = "local", flavor = "local")]
async fn main() {}
