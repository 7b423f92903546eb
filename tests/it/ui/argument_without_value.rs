//! An argument without its value.

#[gmp::main(worker_threads)]
async fn main() {}
