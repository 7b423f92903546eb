//! A flavor's wrong name.

#[gmp::main(flavor = "single_thread")]
async fn main() {}
