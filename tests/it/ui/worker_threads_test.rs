//! Workers for a test, which has one thread by default.

#[gmp::test(worker_threads = 4)]
async fn adds() {}

fn main() {}
