//! Workers for a runtime of one thread.

#[gmp::main(flavor = "local", worker_threads = 4)]
async fn main() {}
