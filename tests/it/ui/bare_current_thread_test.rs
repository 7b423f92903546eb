//! A flavor that isn't given as one.

#[gmp::test(current_thread)]
async fn adds() {}

fn main() {}
