//! How tokio 0.2 chose the flavor.

#[gmp::main(threaded_scheduler)]
async fn main() {}
