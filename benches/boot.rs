//! What it costs to have a runtime: gmp beside tokio.
//!
//! * `build_drop`: build it and drop it.
//! * `first_task`: build it, spawn a task and wait for it with `block_on`, drop it.
//!
//! Both for `current_thread` and for `multi_thread` with two workers. gmp starts threads when there is something to do
//! and tokio when the runtime is built, so for `multi_thread` the two benches together are the comparison. gmp asks
//! CPUID once a process, so that is in the warm-up and not in the figure; the other steps of its boot are taken each
//! time.
//!
//! tokio stands here twice: `tokio` with everything enabled, as nearly every program has it, and `tokio_bare` without
//! the drivers for I/O and time. gmp always has its timers and its poller, so `tokio` is the fair one.
//!
//! Does NOT measure the first boot of a process, `#[main]`, memory, or a shutdown with tasks that are not done.
//!
//! Go: none — a Go program has one runtime, and boots once.

use criterion::Criterion;
use std::io;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion, "boot/current_thread", gmp_current_thread, tokio_current_thread);
    bench(&mut criterion, "boot/multi_thread_2", gmp_multi_thread, tokio_multi_thread);
    criterion.final_summary();
}

/// Whether tokio's drivers are on.
#[derive(Clone, Copy)]
enum Drivers {
    All,
    None,
}

fn bench(
    criterion: &mut Criterion,
    name: &str,
    gmp: fn() -> io::Result<gmp::runtime::Runtime>,
    tokio: fn(Drivers) -> io::Result<tokio::runtime::Runtime>,
) {
    let mut group = criterion.benchmark_group(format!("{name}/build_drop"));
    group.bench_function("gmp", |b| b.iter(|| drop(gmp().expect("gmp boots"))));
    for (name, drivers) in [("tokio", Drivers::All), ("tokio_bare", Drivers::None)] {
        group.bench_function(name, |b| b.iter(|| drop(tokio(drivers).expect("tokio boots"))));
    }
    group.finish();

    let mut group = criterion.benchmark_group(format!("{name}/first_task"));
    group.bench_function("gmp", |b| {
        b.iter(|| {
            let runtime = gmp().expect("gmp boots");
            let task = runtime.spawn(async { 42 });
            assert_eq!(runtime.block_on(task).expect("the task completes"), 42);
        });
    });
    for (name, drivers) in [("tokio", Drivers::All), ("tokio_bare", Drivers::None)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let runtime = tokio(drivers).expect("tokio boots");
                let task = runtime.spawn(async { 42 });
                assert_eq!(runtime.block_on(task).expect("the task completes"), 42);
            });
        });
    }
    group.finish();
}

fn gmp_current_thread() -> io::Result<gmp::runtime::Runtime> {
    gmp::runtime::Builder::new_current_thread().enable_all().build()
}

fn gmp_multi_thread() -> io::Result<gmp::runtime::Runtime> {
    gmp::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn tokio_current_thread(drivers: Drivers) -> io::Result<tokio::runtime::Runtime> {
    with_drivers(&mut tokio::runtime::Builder::new_current_thread(), drivers).build()
}

fn tokio_multi_thread(drivers: Drivers) -> io::Result<tokio::runtime::Runtime> {
    with_drivers(tokio::runtime::Builder::new_multi_thread().worker_threads(2), drivers).build()
}

fn with_drivers(builder: &mut tokio::runtime::Builder, drivers: Drivers) -> &mut tokio::runtime::Builder {
    match drivers {
        Drivers::All => builder.enable_all(),
        Drivers::None => builder,
    }
}
