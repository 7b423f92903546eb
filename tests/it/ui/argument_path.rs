//! An argument with a path for a name.

#[gmp::main(gmp::flavor = "local")]
async fn main() {}
