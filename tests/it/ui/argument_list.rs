//! An argument in parentheses.

#[gmp::main(worker_threads(4))]
async fn main() {}
