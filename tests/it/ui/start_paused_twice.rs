//! An argument twice.

#[gmp::test(start_paused = true, start_paused = true)]
async fn adds() {}

fn main() {}
