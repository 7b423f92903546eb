//! Whether a task that is woken gets a worker of its own while its waker goes on: gmp beside tokio.
//!
//! Two tasks take turns as sender and receiver. The receiver is busy for a delay and then waits; the sender is busy for
//! the delay and 5 µs, so that the receiver waits as a rule when it sends. Each is both once an operation. If the two
//! run in parallel an operation takes twice (delay + 5 µs + a wake-up), so what is above 2 · (delay + 5 µs) is the
//! runtime's; if they share a worker it takes 4 · delay + 10 µs and more, so between two delays the slope tells: 2 in
//! parallel, 4 not.
//!
//! * `WakeupParallelSpinning`: busy means reading the clock until the time is over.
//! * `WakeupParallelSyscall`: busy means sleeping in the kernel, with the task on top: `std::thread::sleep`, which
//!   neither runtime is told of. Go's scheduler sees a system call and gives the P to another M; what we see today is a
//!   poll that takes long. The kernel adds its timer slack (50 µs on Linux, if nobody changed it) to each sleep, so
//!   here the slope is to be read, not the height. A sleep of zero doesn't sleep.
//!
//! Does NOT measure the throughput of wake-ups (`ping_pong.rs` does), wake-ups from outside, or timers of the runtime.
//! Needs two CPUs that have nothing else to do; with fewer it says so and measures nothing.
//!
//! Go: BenchmarkWakeupParallelSpinning, BenchmarkWakeupParallelSyscall (runtime/proc_test.go). Go's channel is
//! unbuffered; ours has room for one, so a sender that is early doesn't wait.

use criterion::{BenchmarkId, Criterion};
use gmp::sync::mpsc;
use gmp_benches::runtimes::{Gmp, Runtime, Tokio, workers};
use std::thread;
use std::time::{Duration, Instant};

/// What the sender is busy longer than the receiver.
const WAKE_DELAY: Duration = Duration::from_micros(5);

/// The delays of Go's benchmark, in µs.
const DELAYS: [u64; 8] = [0, 1, 2, 5, 10, 20, 50, 100];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    if workers() < 2 {
        println!("wakeup: skipped, as it measures parallelism and this process may use one CPU only");
        return;
    }
    wakeup_parallel::<Gmp>(&mut criterion, "WakeupParallelSpinning", spin);
    wakeup_parallel::<Tokio>(&mut criterion, "WakeupParallelSpinning", spin);
    wakeup_parallel::<Gmp>(&mut criterion, "WakeupParallelSyscall", thread::sleep);
    wakeup_parallel::<Tokio>(&mut criterion, "WakeupParallelSyscall", thread::sleep);
    criterion.final_summary();
}

fn wakeup_parallel<R: Runtime>(criterion: &mut Criterion, name: &str, be_busy: fn(Duration)) {
    let runtime = R::multi_thread(workers());
    let mut group = criterion.benchmark_group(name);
    for micros in DELAYS {
        let delay = Duration::from_micros(micros);
        group.bench_function(BenchmarkId::new(R::NAME, format!("{micros}us")), |b| {
            b.iter_custom(|n| runtime.run(alternate::<R>(n, delay, be_busy)));
        });
    }
    group.finish();
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {}
}

async fn alternate<R: Runtime>(n: u64, delay: Duration, be_busy: fn(Duration)) -> Duration {
    let (ping, mut pinged) = mpsc::channel::<()>(1);
    let (pong, mut ponged) = mpsc::channel::<()>(1);
    let start = Instant::now();
    let first = R::spawn(async move {
        for _ in 0..n {
            be_busy(delay + WAKE_DELAY);
            ping.send(()).await.expect("the other task listens");
            be_busy(delay);
            ponged.recv().await.expect("the other task answers");
        }
    });
    let second = R::spawn(async move {
        for _ in 0..n {
            be_busy(delay);
            pinged.recv().await.expect("the other task sends");
            be_busy(delay + WAKE_DELAY);
            pong.send(()).await.expect("the other task listens");
        }
    });
    first.await.expect("the first task completes");
    second.await.expect("the second task completes");
    start.elapsed()
}
