//! An argument twice.

#[gmp::main(unhandled_panic = "ignore", unhandled_panic = "ignore")]
async fn main() {}
