//! A policy that doesn't exist.

#[gmp::main(unhandled_panic = "abort")]
async fn main() {}
