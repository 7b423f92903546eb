//! Workers that aren't an integer.

#[gmp::main(worker_threads = "4")]
async fn main() {}
