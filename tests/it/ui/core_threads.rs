//! An argument of tokio 0.2.

#[gmp::main(core_threads = 4)]
async fn main() {}
