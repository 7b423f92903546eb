//! A switch that isn't a bool.

#[gmp::main(flavor = "current_thread", start_paused = "true")]
async fn main() {}
