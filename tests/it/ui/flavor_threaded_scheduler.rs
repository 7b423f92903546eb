//! A flavor's old name.

#[gmp::main(flavor = "threaded_scheduler")]
async fn main() {}
