//! Spawns a task and waits for what it returns.
//!
//! ```text
//! cargo run --release --example hello
//! ```

#[gmp::main]
async fn main() {
    let task = gmp::spawn(async {
        let worker = gmp::runtime::worker_index();
        format!("Hello from a task on worker {worker:?}")
    });
    println!("{}", task.await.expect("the task doesn't panic"));
}
