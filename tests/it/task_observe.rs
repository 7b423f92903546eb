//! What is told of tasks: hooks, histograms, names.

use crate::support::{in_child, stderr};
use gmp::runtime::{Builder, HistogramConfiguration, LocalOptions, RngSeed, Runtime, TaskMeta};
use gmp::task::{Id, JoinSet, LocalSet, spawn_local, yield_now};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the hooks were told, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(&'static str, Id)>>>);

impl Log {
    fn hook(&self, what: &'static str) -> impl Fn(&TaskMeta<'_>) + Send + Sync + 'static {
        let log = self.clone();
        move |meta| log.0.lock().unwrap().push((what, meta.id()))
    }

    fn of(&self, id: Id) -> Vec<&'static str> {
        self.0.lock().unwrap().iter().filter(|(_, of)| *of == id).map(|(what, _)| *what).collect()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn hook_up<'a>(&self, builder: &'a mut Builder) -> &'a mut Builder {
        builder
            .on_task_spawn(self.hook("spawn"))
            .on_before_task_poll(self.hook("before"))
            .on_after_task_poll(self.hook("after"))
            .on_task_terminate(self.hook("terminate"))
    }

    fn build(&self, builder: &mut Builder) -> Runtime {
        self.hook_up(builder).build().unwrap()
    }
}

fn both() -> [Builder; 2] {
    let mut multi = Builder::new_multi_thread();
    multi.worker_threads(2);
    [Builder::new_current_thread(), multi]
}

#[test]
fn hooks_tell_a_task_s_life_in_order() {
    for mut builder in both() {
        let log = Log::default();
        let rt = log.build(&mut builder);
        rt.block_on(async {
            let here = gmp::spawn(yield_now());
            let id = here.id();
            here.await.unwrap();
            assert_eq!(log.of(id), ["spawn", "before", "after", "before", "after", "terminate"]);
        });
        // From outside, and through a handle.
        let outside = rt.handle().spawn(async { gmp::task::id() });
        let id = outside.id();
        assert_eq!(rt.block_on(outside).unwrap(), id);
        assert_eq!(log.of(id), ["spawn", "before", "after", "terminate"]);
    }
}

#[test]
fn every_way_to_end_is_told_after_the_future_is_gone() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    for mut builder in both() {
        let gone = Arc::new(AtomicBool::new(false));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (told, tell) = (gone.clone(), seen.clone());
        let rt = builder
            .on_task_terminate(move |_| tell.lock().unwrap().push(told.swap(false, Ordering::SeqCst)))
            .build()
            .unwrap();
        let flag = || Flag(gone.clone());
        rt.block_on(async {
            let flagged = flag();
            gmp::spawn(async move { drop(flagged) }).await.unwrap();
            let flagged = flag();
            let panicked = gmp::spawn(async move {
                let _flagged = flagged;
                panic!("on purpose");
            });
            assert!(panicked.await.unwrap_err().is_panic());
            let flagged = flag();
            let aborted = gmp::spawn(async move {
                let _flagged = flagged;
                std::future::pending::<()>().await;
            });
            yield_now().await;
            aborted.abort();
            assert!(aborted.await.unwrap_err().is_cancelled());
            assert_eq!(*seen.lock().unwrap(), [true; 3]);
            let flagged = flag();
            gmp::spawn(async move {
                let _flagged = flagged;
                std::future::pending::<()>().await;
            });
        });
        drop(rt);
        assert_eq!(*seen.lock().unwrap(), [true; 4]);
    }
}

#[test]
fn a_poll_that_panics_has_an_end() {
    let log = Log::default();
    let rt = log.build(&mut Builder::new_current_thread());
    let task = rt.spawn(async { panic!("on purpose") });
    let id = task.id();
    assert!(rt.block_on(task).unwrap_err().is_panic());
    assert_eq!(log.of(id), ["spawn", "before", "after", "terminate"]);
}

#[test]
fn what_isn_t_a_task_isn_t_told() {
    let log = Log::default();
    let rt = log.build(Builder::new_multi_thread().worker_threads(1));
    rt.block_on(async {
        yield_now().await;
        gmp::task::spawn_blocking(|| ()).await.unwrap();
    });
    assert_eq!(log.len(), 0);
}

#[test]
fn a_hook_may_spawn_and_may_panic() {
    let depth = Arc::new(Mutex::new(0));
    let counted = depth.clone();
    let rt = Builder::new_current_thread()
        .on_task_spawn(move |_| {
            let spawns = {
                let mut depth = counted.lock().unwrap();
                *depth += 1;
                *depth
            };
            match spawns {
                1 => drop(gmp::spawn(async {})),
                3 => panic!("no third task"),
                _ => {}
            }
        })
        .build()
        .unwrap();
    rt.block_on(async {
        gmp::spawn(async {}).await.unwrap();
        let third = catch_unwind(AssertUnwindSafe(|| drop(gmp::spawn(async {}))));
        assert!(third.is_err());
        gmp::spawn(async {}).await.unwrap();
    });
    assert_eq!(*depth.lock().unwrap(), 4);
}

#[test]
fn the_meta_says_where_the_task_was_spawned_and_its_name() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let rt = Builder::new_current_thread()
        .on_task_spawn(move |meta| {
            tell.lock().unwrap().push((
                meta.spawned_at().file(),
                meta.spawned_at().line(),
                meta.name().map(str::to_owned),
            ));
        })
        .build()
        .unwrap();
    let first = line!();
    rt.block_on(async {
        gmp::spawn(async {}).await.unwrap();
        gmp::task::Builder::new().name("named").spawn(async {}).unwrap().await.unwrap();
        let mut set = JoinSet::new();
        set.build_task().name("in a set").spawn(async {}).unwrap();
        set.join_next().await.unwrap().unwrap();
    });
    let named = |name: &str| Some(name.to_owned());
    let expected = [(first + 2, None), (first + 3, named("named")), (first + 5, named("in a set"))];
    let expected = expected.map(|(line, name)| (file!(), line, name));
    assert_eq!(*told.lock().unwrap(), expected);
}

/// Without hooks, too, and whatever becomes of it.
#[test]
fn a_named_task_is_a_task() {
    for mut builder in both() {
        let rt = builder.build().unwrap();
        let _guard = rt.enter();
        let named = |name| gmp::task::Builder::new().name(name);
        assert_eq!(rt.block_on(named("returns").spawn(async { 1 }).unwrap()).unwrap(), 1);
        let panics = named("panics").spawn(async { panic!("on purpose") }).unwrap();
        assert!(rt.block_on(panics).unwrap_err().is_panic());
        let aborted = named("aborted").spawn(std::future::pending::<()>()).unwrap();
        aborted.abort();
        assert!(rt.block_on(aborted).unwrap_err().is_cancelled());
        assert_eq!(rt.block_on(named("job").spawn_blocking(|| 2).unwrap()).unwrap(), 2);
    }
}

#[test]
fn polls_are_counted_by_how_long_they_take() {
    for mut builder in both() {
        let rt = builder
            .enable_metrics_poll_time_histogram()
            .metrics_poll_time_histogram_configuration(HistogramConfiguration::linear(Duration::from_millis(20), 2))
            .build()
            .unwrap();
        rt.block_on(async {
            gmp::spawn(async { std::thread::sleep(Duration::from_millis(30)) }).await.unwrap();
            for _ in 0..100 {
                gmp::spawn(async {}).await.unwrap();
            }
        });
        let metrics = rt.metrics();
        assert_eq!(metrics.poll_time_histogram_num_buckets(), 2);
        assert_eq!(metrics.poll_time_histogram_bucket_range(0), Duration::ZERO..Duration::from_millis(20));
        let count = |bucket| {
            (0..metrics.num_workers()).map(|w| metrics.poll_time_histogram_bucket_count(w, bucket)).sum::<u64>()
        };
        assert!(count(1) >= 1, "the long one");
        assert_eq!(count(0) + count(1), 101);
        assert!(!metrics.schedule_latency_histogram_enabled());
        assert_eq!(metrics.schedule_latency_histogram_num_buckets(), 0);
    }
}

#[test]
fn waits_for_a_poll_are_measured() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let rt = Builder::new_current_thread()
        .enable_metrics_schedule_latency_histogram()
        .metrics_schedule_latency_histogram_configuration(HistogramConfiguration::linear(Duration::from_millis(20), 2))
        .on_before_task_poll(move |meta| tell.lock().unwrap().push((meta.id(), meta.schedule_latency())))
        .build()
        .unwrap();
    let (waits, slow) = rt.block_on(async {
        let waits = gmp::spawn(async {
            let (tx, rx) = gmp::sync::oneshot::channel();
            gmp::spawn(async move {
                tx.send(()).unwrap();
                // The task is woken, and this thread is busy.
                std::thread::sleep(Duration::from_millis(30));
            });
            rx.await.unwrap();
            gmp::task::id()
        });
        let slow = waits.await.unwrap();
        (slow, Duration::from_millis(30))
    });
    let told = told.lock().unwrap();
    let of: Vec<_> = told.iter().filter(|(id, _)| *id == waits).map(|(_, latency)| latency.unwrap()).collect();
    assert_eq!(of.len(), 2);
    assert!(of[1] >= slow, "{of:?}");
    let metrics = rt.metrics();
    assert!(metrics.schedule_latency_histogram_bucket_count(0, 1) >= 1);
    let all: u64 = (0..2).map(|bucket| metrics.schedule_latency_histogram_bucket_count(0, bucket)).sum();
    assert_eq!(all, 3);
}

const ONE_POLL: [&str; 4] = ["spawn", "before", "after", "terminate"];

#[test]
fn local_tasks_are_told_as_others_are() {
    for mut builder in both() {
        let log = Log::default();
        let rt = log.build(&mut builder);
        let set = LocalSet::new();
        // Nobody's: there is no runtime yet that could have a hook.
        let early = set.spawn_local(async { gmp::task::id() });
        let (within, aborted) = set.block_on(&rt, async {
            early.await.map(|id| assert_eq!(log.of(id), [""; 0])).unwrap();
            let within = spawn_local(async { gmp::task::id() }).await.unwrap();
            let aborted = spawn_local(std::future::pending::<()>());
            yield_now().await;
            aborted.abort();
            let id = aborted.id();
            assert!(aborted.await.unwrap_err().is_cancelled());
            (within, id)
        });
        assert_eq!(log.of(within), ONE_POLL);
        assert_eq!(log.of(aborted), ONE_POLL);
    }
    let log = Log::default();
    let rt = log.hook_up(&mut Builder::new_current_thread()).build_local(LocalOptions::default()).unwrap();
    let task = rt.spawn_local(async { gmp::task::id() });
    let id = rt.block_on(task).unwrap();
    assert_eq!(log.of(id), ONE_POLL);
}

/// A set's polls are part of the polls of whatever drives it.
#[test]
fn histograms_count_what_is_the_runtime_s_own() {
    let rt = Builder::new_current_thread().enable_metrics_poll_time_histogram().build().unwrap();
    LocalSet::new().block_on(&rt, async {
        spawn_local(async {}).await.unwrap();
        gmp::spawn(async {}).await.unwrap();
    });
    let metrics = rt.metrics();
    let buckets = 0..metrics.poll_time_histogram_num_buckets();
    assert_eq!(buckets.map(|bucket| metrics.poll_time_histogram_bucket_count(0, bucket)).sum::<u64>(), 1);
}

/// Each way to give a local task a name.
fn spawn_named_local(set: &LocalSet, mut spawned: impl FnMut(&'static str)) {
    let named = |name| gmp::task::Builder::new().name(name);
    let mut tasks = JoinSet::new();
    let mut next = |name| {
        spawned(name);
        name
    };
    drop(named(next("onto the current set")).spawn_local(async { panic!("on purpose") }).unwrap());
    drop(named(next("onto a set")).spawn_local_on(async { panic!("on purpose") }, set).unwrap());
    let builder = tasks.build_task().name(next("in a join set"));
    builder.spawn_local(async { panic!("on purpose") }).unwrap();
    let builder = tasks.build_task().name(next("in a join set, onto a set"));
    builder.spawn_local_on(async { panic!("on purpose") }, set).unwrap();
    tasks.detach_all();
}

#[test]
fn hooks_and_reports_have_the_names_of_local_tasks() {
    let test = "task_observe::hooks_and_reports_have_the_names_of_local_tasks";
    let play = || {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = told.clone();
        let mut builder = Builder::new_current_thread();
        builder.on_task_terminate(move |meta| tell.lock().unwrap().push(meta.name().map(str::to_owned)));
        let mut names = Vec::new();

        let rt = builder.build().unwrap();
        let set = LocalSet::new();
        set.block_on(&rt, async { spawn_named_local(&set, |name| names.push(Some(name.to_owned()))) });
        rt.block_on(set);
        names.sort();
        told.lock().unwrap().sort();
        assert_eq!(*told.lock().unwrap(), names);
        drop(rt);

        told.lock().unwrap().clear();
        let rt = builder.build_local(LocalOptions::default()).unwrap();
        rt.block_on(async {
            let named = gmp::task::Builder::new().name("onto a local runtime");
            drop(named.spawn_local(async { panic!("on purpose") }).unwrap());
            yield_now().await;
        });
        assert_eq!(*told.lock().unwrap(), [Some("onto a local runtime".to_owned())]);
    };
    if let Some(output) = in_child(test, &[], play) {
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        let reports: Vec<_> = said.lines().filter(|l| l.starts_with("gmp: task ")).collect();
        assert_eq!(reports.len(), 5, "{said}");
        let names = [
            "onto the current set",
            "onto a set",
            "in a join set",
            "in a join set, onto a set",
            "onto a local runtime",
        ];
        for name in names {
            let place = format!("\"{name}\" (spawned at tests/it/task_observe.rs:");
            assert!(reports.iter().any(|report| report.contains(&place)), "{name}: {said}");
        }
    }
}

#[test]
fn a_seed_of_bytes_is_the_scheduler_s() {
    let seeds = |bytes: &[u8]| {
        both().map(|mut builder| {
            let rt = builder.rng_seed(RngSeed::from_bytes(bytes)).build().unwrap();
            rt.handle().boot_record().seed
        })
    };
    let [one, same] = seeds(b"one");
    assert_eq!(one, same);
    assert_eq!(seeds(b"one"), [one; 2]);
    assert_ne!(seeds(b"other"), [one; 2]);
}
