//! The clock of several threads can't be paused.

#[gmp::test(flavor = "multi_thread", start_paused = true)]
async fn adds() {}

fn main() {}
