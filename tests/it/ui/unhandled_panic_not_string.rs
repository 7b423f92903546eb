//! A policy that isn't a string.

#[gmp::main(unhandled_panic = true)]
async fn main() {}
