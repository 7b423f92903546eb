//! Several arguments are wrong: each is reported.

#[gmp::main(flavor = "fast", worker_threads = 0, start_paused = 1)]
async fn main() {}
