//! The scenarios, written once and compiled once for each Rust runtime; Go's twins are in `benches/go`.
//!
//! `on_gmp.rs`, `on_tokio.rs` and `on_smol.rs` each take this file as a module and say what `rt` is. So all of them run the
//! same source, with the same default allocator and the same builder calls; nothing here may name any of them.
//!
//! A scenario warms up in the same runtime (a twentieth of the work, uncounted), measures once, and checks what
//! came out with assertions: a wrong sum ends the child with a message. Repetition is the runner's business.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{hyper_rt, mains, own, rt, socket};
use crate::load::Load;
use crate::scenario::{Figure, Params, Run, Scenario, Unit};

// A file taken by `#[path]` looks for its modules beside itself, hence a path for each.
#[path = "scenarios/spawn.rs"]
mod spawn;

#[path = "scenarios/main_thread.rs"]
pub(super) mod main_thread;

#[path = "scenarios/wake.rs"]
mod wake;

#[path = "scenarios/tree.rs"]
mod tree;

#[path = "scenarios/published.rs"]
mod published;

#[path = "scenarios/channel.rs"]
mod channel;

#[path = "scenarios/time.rs"]
mod time;

#[path = "scenarios/tcp.rs"]
mod tcp;

#[path = "scenarios/udp.rs"]
mod udp;

#[path = "scenarios/http.rs"]
mod http;

#[path = "scenarios/stall.rs"]
mod stall;

#[path = "scenarios/spread.rs"]
mod spread;

#[path = "scenarios/wake_latency.rs"]
mod wake_latency;

#[path = "scenarios/blocking.rs"]
mod blocking;

#[path = "scenarios/file.rs"]
mod file;

#[path = "scenarios/footprint.rs"]
mod footprint;

/// Every scenario, in the order in which they run and are listed.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario::timed("burst", "spawn 500k tasks from a task, keep no handles", spawn::burst).counted(),
    Scenario::timed("spawn_join", "spawn 500k tasks from a task, then await all handles", spawn::spawn_join).counted(),
    Scenario::timed("spawn_await_each", "spawn and await one task at a time, 300k times", spawn::spawn_await_each)
        .counted(),
    Scenario::timed("spawn_remote_1", "1 outside thread spawns 100k tasks by Handle", spawn::spawn_remote_1),
    Scenario::timed("spawn_remote_4", "4 outside threads spawn 100k tasks each by Handle", spawn::spawn_remote_4),
    Scenario::timed(
        "block_on_spawns",
        "spawn_join of 200k directly inside Runtime::block_on",
        main_thread::block_on_spawns,
    )
    .counted(),
    Scenario {
        unable: main_thread::main_spawns_unable,
        ..Scenario::timed("main_spawns", "spawn_join of 200k straight from #[main]", main_thread::main_spawns)
    },
    Scenario::timed("yields", "200 tasks yield 5,000 times each", wake::yields).counted(),
    Scenario::timed("ping_pong_1", "1 pair of tasks, 200k round trips over two channels", wake::ping_pong_1).counted(),
    Scenario::timed("ping_pong_100", "100 pairs of tasks, 5k round trips each", wake::ping_pong_100).counted(),
    Scenario::timed("skynet", "10-ary tree of tasks with 1M leaves, summed", tree::skynet).counted(),
    Scenario::timed("fib", "fib(25), a task for each branch, boxed recursion", tree::fib).counted(),
    Scenario::timed("spawn_many_local", "50 batches of 10k tasks, spawned from a task", published::spawn_many_local)
        .counted(),
    Scenario::timed(
        "spawn_many_remote_idle",
        "20 batches of 10k tasks, spawned and joined from outside, workers asleep",
        published::spawn_many_remote_idle,
    ),
    Scenario::timed(
        "spawn_many_remote_busy1",
        "100 batches of 1k tasks from outside on workers with tasks that yield",
        published::spawn_many_remote_busy1,
    ),
    Scenario::timed(
        "spawn_many_remote_busy2",
        "the same on workers with tasks that spawn tasks",
        published::spawn_many_remote_busy2,
    ),
    Scenario::timed(
        "ping_pong_spawned",
        "100 batches of 1k pairs of new tasks, a round trip over oneshots each",
        published::ping_pong_spawned,
    )
    .counted(),
    Scenario::timed("chained_spawn", "300 chains of 1k tasks, each spawned by the last", published::chained_spawn)
        .counted(),
    Scenario::of(
        "wake_across",
        "how long a task that was woken by a busy one takes to run on another worker",
        PERCENTILES,
        Run::All(wake_latency::wake_across),
    )
    .unless(wake_latency::wake_across_unable),
    Scenario::of(
        "wake_outside",
        "how long a task that was woken by a thread outside takes to run",
        PERCENTILES,
        Run::All(wake_latency::wake_outside),
    ),
    Scenario::of(
        "fairness",
        "how far apart 100 equal tasks are after 2 s of turns",
        &[
            Figure::named("spread", Unit::PercentSpread),
            Figure::named("least", Unit::PercentLeft),
            Figure::named("turns", Unit::PerSecond),
        ],
        Run::All(spread::fairness),
    ),
    Scenario::of(
        "scaling_1",
        "a tree of tasks with 131k leaves that compute, on 1 worker",
        const { &[Figure::only(Unit::PerSecond)] },
        Run::All(spread::scaling_1),
    ),
    Scenario::of("scaling_2", "the same on 2 workers", SCALED, Run::All(spread::scaling_2))
        .unless(spread::scaling_unable::<2>),
    Scenario::of("scaling_4", "the same on 4 workers", SCALED, Run::All(spread::scaling_4))
        .unless(spread::scaling_unable::<4>),
    Scenario::of("scaling_8", "the same on 8 workers", SCALED, Run::All(spread::scaling_8))
        .unless(spread::scaling_unable::<8>),
    Scenario::of("scaling_all", "the same on a worker for each CPU", SCALED, Run::All(spread::scaling_all))
        .unless(spread::scaling_all_unable),
    Scenario::timed("mpsc_4_1", "400k messages, 4 producers, 1 consumer, bounded to 100", channel::mpsc_4_1).counted(),
    Scenario::timed(
        "mpsc_unbounded_4_1",
        "400k messages, 4 producers, 1 consumer, unbounded",
        channel::mpsc_unbounded_4_1,
    )
    .counted(),
    Scenario {
        figures: &[Figure::only(Unit::CpuNanosPerOp).target(0.6)],
        ..Scenario::timed("sleepers_200k", "200k tasks sleep 1 to 1,000 ms once, CPU time", time::sleepers_200k)
    },
    Scenario {
        figures: &[Figure::only(Unit::CpuNanosPerOp)],
        ..Scenario::timed("sleepers_near", "10k tasks sleep 1 to 50 ms 20 times, CPU time", time::sleepers_near)
    },
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.6)],
        ..Scenario::timed("timeouts", "1,000 tasks set and cancel 500 timeouts each", time::timeouts).counted()
    },
    Scenario::of(
        "interval_jitter",
        "how late sleeps of 1 ms end, 10k tasks, all the time",
        &[Figure::named("p50", Unit::Micros), Figure::named("p99", Unit::Micros).target(0.5)],
        Run::All(time::interval_jitter),
    ),
    Scenario::of(
        "interval_jitter_paced",
        "how late sleeps of 1 ms end, 10k tasks, with pauses up to 100 ms",
        &[Figure::named("p50", Unit::Micros), Figure::named("p99", Unit::Micros).target(0.5)],
        Run::All(time::interval_jitter_paced),
    ),
    Scenario::of(
        "timer_precision",
        "how late single sleeps of 100 µs, 1 ms and 10 ms end on an idle runtime",
        &[
            Figure::named("100us_p50", Unit::Micros),
            Figure::named("100us_p99", Unit::Micros),
            Figure::named("1ms_p50", Unit::Micros),
            Figure::named("1ms_p99", Unit::Micros),
            Figure::named("10ms_p50", Unit::Micros),
            Figure::named("10ms_p99", Unit::Micros),
        ],
        Run::All(time::timer_precision),
    ),
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.95)],
        ..Scenario::timed("tcp_echo_1", "1 connection, 20k round trips of 64 bytes", tcp::tcp_echo_1)
    },
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.95)],
        ..Scenario::timed("tcp_echo_50", "50 connections, 1,000 round trips of 64 bytes each", tcp::tcp_echo_50)
    },
    Scenario {
        unable: tcp::tcp_echo_1000_unable,
        ..Scenario::timed("tcp_echo_1000", "1,000 connections, 100 round trips of 64 bytes each", tcp::tcp_echo_1000)
    },
    Scenario {
        figures: &[Figure::only(Unit::PerSecond)],
        ..Scenario::timed("accept_close", "10k connections made, accepted and closed, 16 at a time", tcp::accept_close)
    },
    Scenario::timed("udp_ping_pong_1", "1 pair of UDP sockets, 20k round trips of 64 bytes", udp::udp_ping_pong_1),
    Scenario::timed(
        "udp_ping_pong_10",
        "10 pairs of UDP sockets, 4k round trips of 64 bytes each",
        udp::udp_ping_pong_10,
    ),
    Scenario::of(
        "http",
        "hyper under wrk, 50 connections for 2 s; CPU time is the server's",
        &[
            Figure::named("requests", Unit::PerSecond).target(1.05),
            Figure::named("p99", Unit::Micros).target(1.0),
            Figure::named("cpu", Unit::CpuNanosPerOp),
        ],
        Run::Http(Load::Plain, http::serve),
    ),
    Scenario::of(
        "http_beside_slow",
        "the same beside 4 connections on a handler that sleeps 100 ms, and alone before",
        &[
            Figure::named("requests", Unit::PerSecond).target(200.0),
            Figure::named("p99", Unit::Micros).target_value(5_000.0),
            Figure::named("alone", Unit::PerSecond),
            Figure::named("left", Unit::PercentLeft).target_value(85.0),
            Figure::named("slow", Unit::PerSecond),
        ],
        Run::Http(Load::BesideSlow, http::serve_with_slow),
    ),
    Scenario::of(
        "stalled_ticker_sleep",
        "how late sleeps of 1 ms end beside a task for each worker that blocks for 100 ms",
        BESIDE_SLEEPERS,
        Run::All(stall::stalled_ticker_sleep),
    ),
    Scenario::of(
        "stalled_ticker_sleep_2x",
        "the same beside two such tasks for each worker",
        BESIDE_SLEEPERS,
        Run::All(stall::stalled_ticker_sleep_2x),
    ),
    Scenario::of(
        "stalled_ticker_spin",
        "how late sleeps of 1 ms end beside a task for each worker that computes for 100 ms",
        BESIDE_SPINNERS,
        Run::All(stall::stalled_ticker_spin),
    ),
    Scenario::of(
        "stalled_ticker_spin_2x",
        "the same beside two such tasks for each worker",
        BESIDE_SPINNERS,
        Run::All(stall::stalled_ticker_spin_2x),
    ),
    Scenario {
        has_counterpart: false,
        ..Scenario::of(
            "false_retakes",
            "Ps taken from Ms that only waited for a CPU, with 8 busy threads around (gmp alone)",
            &[
                Figure::named("retakes", Unit::EventsPerSecond).target_value(1.0),
                Figure::named("polls", Unit::PerSecond),
            ],
            Run::All(stall::false_retakes),
        )
    },
    Scenario {
        has_counterpart: false,
        unable: stall::busy_sysmon_unable,
        ..Scenario::of(
            "busy_sysmon",
            "CPU time of sysmon while all workers have short polls to do (gmp alone)",
            &[Figure::named("cpu", Unit::PercentOfCpu), Figure::named("looks", Unit::EventsPerSecond)],
            Run::All(stall::busy_sysmon),
        )
    },
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.02)],
        ..Scenario::timed(
            "block_in_place_empty",
            "block_in_place with nothing to do, 50k times",
            blocking::block_in_place_empty,
        )
    },
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.7)],
        ..Scenario::timed("spawn_blocking", "50k jobs for the blocking pool, one at a time", blocking::spawn_blocking)
    },
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.7)],
        ..Scenario::timed(
            "spawn_blocking_many",
            "100k jobs for the blocking pool, 1,000 in flight",
            blocking::spawn_blocking_many,
        )
    },
    Scenario {
        figures: &[Figure::only(Unit::NanosPerOp).target(0.4)],
        ..Scenario::timed("file_read_1k", "50 tasks read a file of 1 KiB 1,000 times each", file::file_read_1k)
    },
    Scenario {
        figures: &[Figure::only(Unit::BytesPerTask)],
        unable: footprint::task_memory_unable,
        ..Scenario::timed(
            "task_memory_pending",
            "resident bytes of a task parked for good, handle dropped",
            footprint::task_memory_pending,
        )
    },
    Scenario {
        figures: &[Figure::only(Unit::BytesPerTask)],
        unable: footprint::task_memory_unable,
        ..Scenario::timed(
            "task_memory_oneshot",
            "resident bytes of a task parked on a oneshot, handle dropped",
            footprint::task_memory_oneshot,
        )
    },
    Scenario {
        figures: &[Figure::only(Unit::BytesPerTask)],
        unable: footprint::task_memory_unable,
        ..Scenario::timed(
            "task_memory_kept",
            "resident bytes of a task parked for good, handle kept",
            footprint::task_memory_kept,
        )
    },
    Scenario::of(
        "idle_cpu",
        "CPU time and context switches of an idle runtime with sockets and a timer",
        &[Figure::named("cpu", Unit::CpuMicrosPerSecond).target(1.0), Figure::named("switches", Unit::EventsPerSecond)],
        Run::All(footprint::idle_cpu),
    ),
];

/// The figures of a latency, and of a tree on several workers: leaves a second, and the percentage of what as many times one
/// worker would do.
const PERCENTILES: &[Figure] = &[Figure::named("p50", Unit::Micros), Figure::named("p99", Unit::Micros)];
const SCALED: &[Figure] = &[Figure::named("rate", Unit::PerSecond), Figure::named("share", Unit::PercentLeft)];

/// The figures of a ticker beside offenders that sleep, and of one beside offenders that compute.
const BESIDE_SLEEPERS: &[Figure] = &stalled(0.1);
const BESIDE_SPINNERS: &[Figure] = &stalled(0.4);

const fn stalled(p99: f64) -> [Figure; 4] {
    [
        Figure::named("p50", Unit::Micros),
        Figure::named("p99", Unit::Micros).target(p99),
        Figure::named("max", Unit::Micros),
        Figure::named("offences", Unit::PerSecond),
    ]
}

/// A multi-threaded runtime as both crates' builders make it.
pub(super) fn runtime(params: Params) -> rt::runtime::Runtime {
    let mut builder = rt::runtime::Builder::new_multi_thread();
    builder.worker_threads(params.workers).enable_all();
    if params.cold {
        own::unwatched(&mut builder);
    }
    builder.build().expect("the runtime can be built")
}

/// Runs `work` from a worker thread: small and uncounted first, then in full.
fn on_worker<W, F>(params: Params, work: W) -> F::Output
where
    W: Fn(Params) -> F + Send + 'static,
    F: Future<Output: Send> + Send + 'static,
{
    let runtime = runtime(params);
    let measured = runtime.spawn(async move {
        work(params.warm_up()).await;
        work(params).await
    });
    runtime.block_on(measured).expect("the measuring task completes")
}

/// A sum that tasks add distinct numbers to. The addition that completes it says so: one atomic operation a task
/// counts the tasks and checks them, as a lost one leaves the sum short and one that ran twice takes it too far.
#[derive(Debug)]
struct SumGate {
    sum: AtomicU64,
    want: u64,
}

impl SumGate {
    /// A gate for the numbers `1..=count`. It is leaked, so that tasks hold a plain reference and the figure has
    /// no reference counting in it; a child makes a few hundred at most and exits.
    fn leaked(count: u64) -> &'static Self {
        Box::leak(Box::new(Self { sum: AtomicU64::new(0), want: sum_to(count) }))
    }

    /// Adds `number`; true for the addition that completes the sum, and for any that takes it too far: the waiter is to
    /// wake up and find that out in [`SumGate::check`], not to wait for good.
    fn add(&self, number: u64) -> bool {
        // ORDERING: Relaxed — the sum's own modification order decides who completes it; what the last task then
        // signals with publishes the end.
        self.sum.fetch_add(number, Ordering::Relaxed) + number >= self.want
    }

    /// Panics if the sum went too far.
    fn check(&self) {
        // ORDERING: Relaxed — called after the completing task's signal, which orders it after that addition.
        let sum = self.sum.load(Ordering::Relaxed);
        assert_eq!(sum, self.want, "a task ran twice: the sum is too great");
    }
}

/// 1 + 2 + … + `count`.
fn sum_to(count: u64) -> u64 {
    count * (count + 1) / 2
}
