//! How tokio 0.2 chose the flavor.

#[gmp::main(basic_scheduler)]
async fn main() {}
