//! A synchronous program that uses a runtime as a library, from several threads of its own.
//!
//! It shows the hooks that an embedder has: one in the boot, and those of the runtime's threads.
//!
//! ```text
//! cargo run --release --example embed
//! ```

use gmp::runtime::{Builder, Handle, Runtime};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

const CLIENTS: u64 = 4;
const REQUESTS: u64 = 1_000;

/// What the hooks of the runtime's threads have seen.
#[derive(Debug, Default)]
struct Seen {
    started: AtomicU32,
    stopped: AtomicU32,
    parked: AtomicU32,
    unparked: AtomicU32,
}

fn main() -> io::Result<()> {
    let seen = Arc::new(Seen::default());
    let runtime = build(&seen)?;

    // A thread that uses the runtime needs a handle only, which doesn't keep the runtime alive.
    let clients: Vec<_> = (1..=CLIENTS)
        .map(|client| {
            let handle = runtime.handle().clone();
            thread::spawn(move || {
                if client % 2 == 0 { waits_in_block_on(&handle, client) } else { waits_at_a_channel(&handle, client) }
            })
        })
        .collect();
    for (client, thread) in (1..).zip(clients) {
        let sum = thread.join().expect("the client doesn't panic");
        println!("client {client}: {REQUESTS} tasks, the sum is {sum}");
    }

    stop(runtime, &seen);
    Ok(())
}

/// Boots the runtime, with all the hooks there are.
fn build(seen: &Arc<Seen>) -> io::Result<Runtime> {
    // ORDERING: throughout, the counters are for printing; nothing is published through them.
    let count = |counter: fn(&Seen) -> &AtomicU32| {
        let seen = seen.clone();
        move || {
            counter(&seen).fetch_add(1, Ordering::Relaxed);
        }
    };
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("embedded")
        .on_boot(|record| {
            println!("boot: on {}; no thread has been started yet", record.cpu);
        })
        .on_thread_start(count(|seen| &seen.started))
        .on_thread_stop(count(|seen| &seen.stopped))
        .on_thread_park(count(|seen| &seen.parked))
        .on_thread_unpark(count(|seen| &seen.unparked))
        .build()
}

/// Runs a future on its own thread, which waits for the tasks that it spawns.
fn waits_in_block_on(handle: &Handle, client: u64) -> u64 {
    handle.block_on(async {
        let tasks: Vec<_> = (0..REQUESTS).map(|i| gmp::spawn(async move { client * i })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("the task doesn't panic");
        }
        sum
    })
}

/// Never enters the runtime: sends tasks there, and takes the answers from a channel of std.
fn waits_at_a_channel(handle: &Handle, client: u64) -> u64 {
    let (answer, answers) = mpsc::channel();
    for i in 0..REQUESTS {
        let answer = answer.clone();
        handle.spawn(async move {
            // Fails only if the client has gone.
            let _ = answer.send(client * i);
        });
    }
    // The channel ends when the last task has dropped its sender.
    drop(answer);
    answers.iter().sum()
}

/// Shuts down while a task waits forever and a blocking job is at work, and tells what the hooks have seen.
fn stop(runtime: Runtime, seen: &Seen) {
    let (begun, has_begun) = mpsc::channel();
    let (cancelled, is_cancelled) = mpsc::channel::<()>();
    runtime.spawn(async move {
        // Dropped with the task.
        let _cancelled = cancelled;
        std::future::pending::<()>().await;
    });
    let job = runtime.spawn_blocking(move || {
        let _ = begun.send(());
        thread::sleep(Duration::from_millis(50));
    });
    has_begun.recv().expect("the job sends before it ends");
    runtime.shutdown_timeout(Duration::from_secs(5));

    let told = is_cancelled.recv().is_err();
    println!("shutdown: the task that waits forever was cancelled: {told}");
    println!("shutdown: the blocking job was waited for: {}", job.is_finished());
    let figure = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
    println!(
        "hooks: {} threads started, {} stopped; they slept {} times and woke {} times",
        figure(&seen.started),
        figure(&seen.stopped),
        figure(&seen.parked),
        figure(&seen.unparked)
    );
}
