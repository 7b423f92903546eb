//! An argument twice.

#[gmp::main(worker_threads = 4, worker_threads = 5)]
async fn main() {}
