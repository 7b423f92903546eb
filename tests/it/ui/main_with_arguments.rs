//! `main` takes no arguments.

#[gmp::main]
async fn main(count: u8) {
    let _ = count;
}
