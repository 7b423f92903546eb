//! The keyword is missing.

#[gmp::main]
fn main() {}
