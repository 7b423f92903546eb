//! The clock of several threads can't be paused.

#[gmp::main(start_paused = true)]
async fn main() {}
