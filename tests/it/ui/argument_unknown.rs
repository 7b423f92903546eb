//! An argument that doesn't exist.

#[gmp::main(threads = 4)]
async fn main() {}
