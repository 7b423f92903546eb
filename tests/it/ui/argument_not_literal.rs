//! A value that isn't a literal.

const THREADS: usize = 4;

#[gmp::main(worker_threads = THREADS)]
async fn main() {}
