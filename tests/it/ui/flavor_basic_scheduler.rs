//! A flavor's old name.

#[gmp::main(flavor = "basic_scheduler")]
async fn main() {}
