//! The attribute is on something else.

#[gmp::main]
struct Main;

fn main() {}
