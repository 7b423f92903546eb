//! A caller's mistake is a panic in tokio's words, and it points at the caller.

use crate::support::{current, multi, multi_builder, panic_of, watched};
use gmp::runtime::{Builder, Handle, Runtime};
use gmp::task::JoinSet;
use std::panic::Location;
use std::time::Duration;

const NO_RUNTIME: &str = "there is no reactor running, must be called from the context of a Tokio 1.x runtime";
const NESTED: &str = "Cannot start a runtime from within a runtime. This happens because a function (like `block_on`) \
                      attempted to block the current thread while the thread is being used to drive asynchronous tasks. If you \
                      are in an async function, use `.await` on the future instead of blocking on it.";
const DROPPED: &str = "Cannot drop a runtime in a context where blocking is not allowed. This happens when a runtime is \
                       dropped from within an asynchronous context.";

/// Runs `f`, which has to panic with `text`, and with this file as the place.
#[track_caller]
fn panics_here<R>(text: &str, f: impl FnOnce() -> R) {
    let caught = panic_of(f);
    assert_eq!(caught.text, text);
    assert_eq!(caught.file, file!(), "where the panic points");
    let here = Location::caller();
    assert!(caught.line.abs_diff(here.line()) < 12, "it points at line {}, called at {}", caught.line, here.line());
}

#[test]
fn outside_of_a_runtime() {
    panics_here(NO_RUNTIME, || Handle::current());
    panics_here(NO_RUNTIME, || gmp::spawn(async {}));
    panics_here(NO_RUNTIME, || gmp::task::spawn_blocking(|| {}));
    panics_here(NO_RUNTIME, || JoinSet::new().spawn(async {}));
    panics_here(NO_RUNTIME, || JoinSet::new().spawn_blocking(|| {}));
    let error = Handle::try_current().unwrap_err();
    assert_eq!(error.to_string(), NO_RUNTIME);
    assert!(error.is_missing_context() && !error.is_thread_local_destroyed());
}

/// tokio says the same.
#[test]
fn the_words_are_tokios() {
    assert_eq!(tokio::runtime::Handle::try_current().unwrap_err().to_string(), NO_RUNTIME);
    let theirs = panic_of(|| tokio::spawn(async {}));
    assert_eq!(theirs.text, NO_RUNTIME);
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let theirs = panic_of(|| rt.block_on(async { rt.block_on(async {}) }));
    assert_eq!(theirs.text, NESTED);
    let theirs = panic_of(|| {
        rt.block_on(async { drop(tokio::runtime::Builder::new_current_thread().build()) });
    });
    assert_eq!(theirs.text, DROPPED);
    let theirs = panic_of(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(0);
    });
    assert_eq!(theirs.text, "Worker threads cannot be set to 0");
}

#[test]
fn nested_block_on() {
    for make in [current as fn() -> Runtime, || multi(1), || multi(2)] {
        watched(move || {
            let (outer, inner) = (make(), make());
            let handle = outer.handle().clone();
            outer.block_on(async {
                panics_here(NESTED, || inner.block_on(async {}));
                panics_here(NESTED, || inner.handle().block_on(async {}));
                panics_here(NESTED, || handle.block_on(async {}));
                // In a task too.
                let (inner, own) = (inner.handle().clone(), handle.clone());
                gmp::spawn(async move {
                    panics_here(NESTED, || inner.block_on(async {}));
                    panics_here(NESTED, || own.block_on(async {}));
                })
                .await
                .unwrap();
            });
            // Both are unharmed.
            assert_eq!(outer.block_on(outer.spawn(async { 1 })).unwrap(), 1);
            assert_eq!(inner.block_on(inner.spawn(async { 2 })).unwrap(), 2);
        });
    }
}

#[test]
fn entered_is_not_driven() {
    for make in [current as fn() -> Runtime, || multi(1)] {
        watched(move || {
            let rt = make();
            let _guard = rt.enter();
            assert_eq!(rt.block_on(async { 5 }), 5);
            assert_eq!(current().block_on(async { 6 }), 6);
        });
    }
}

#[test]
fn a_runtime_dropped_or_shut_down_in_a_task() {
    for make in [current as fn() -> Runtime, || multi(1)] {
        watched(move || {
            let rt = make();
            rt.block_on(async {
                let inner = current();
                // Drop glue has no caller to point at.
                assert_eq!(panic_of(|| drop(inner)).text, DROPPED);
                let inner = multi(2);
                panics_here(DROPPED, || inner.shutdown_timeout(Duration::from_secs(1)));
            });
        });
    }
}

#[test]
fn builder_arguments() {
    panics_here("Worker threads cannot be set to 0", || Builder::new_multi_thread().worker_threads(0).build());
    panics_here("Worker threads cannot be set to more than 1024", || {
        Builder::new_multi_thread().worker_threads(1025).build()
    });
    panics_here("Max blocking threads cannot be set to 0", || {
        Builder::new_multi_thread().max_blocking_threads(0).build()
    });
    panics_here("global_queue_interval must be greater than 0", || {
        Builder::new_multi_thread().global_queue_interval(0).build()
    });
    panics_here("event_interval must be greater than 0", || Builder::new_multi_thread().event_interval(0).build());
}

#[test]
fn task_ids_outside_of_tasks() {
    const NO_TASK: &str = "Can't get a task id when not inside a task";
    panics_here(NO_TASK, || gmp::task::id());
    current().block_on(async { panics_here(NO_TASK, || gmp::task::id()) });
    multi(1).block_on(async { panics_here(NO_TASK, || gmp::task::id()) });
}

#[test]
fn join_errors() {
    watched(|| {
        let rt = multi(1);
        let cancelled = || {
            let task = rt.spawn(std::future::pending::<()>());
            task.abort();
            rt.block_on(task).unwrap_err()
        };
        let text = panic_of(|| cancelled().into_panic()).text;
        assert!(text.starts_with("`JoinError` reason is not a panic."), "{text}");
        let caught = panic_of(|| cancelled().into_panic());
        assert_eq!(caught.file, file!());
        assert!(cancelled().try_into_panic().unwrap_err().is_cancelled());
    });
}

#[test]
fn a_join_handle_polled_after_its_end() {
    watched(|| {
        let rt = multi(1);
        let mut task = rt.spawn(async { 1 });
        assert_eq!(rt.block_on(&mut task).unwrap(), 1);
        let caught = panic_of(|| rt.block_on(&mut task));
        assert_eq!(caught.text, "JoinHandle polled after completion");
    });
}

#[test]
fn metrics_of_a_worker_that_is_not_there() {
    let rt = multi(2);
    let metrics = rt.metrics();
    panics_here("worker index out of range", || metrics.worker_park_count(2));
    panics_here("worker index out of range", || metrics.worker_local_queue_depth(2));
    panics_here("worker index out of range", || metrics.worker_total_busy_duration(7));
}

#[test]
fn enter_guards_out_of_order() {
    watched(|| {
        let (a, b) = (current(), current());
        let first = a.enter();
        let second = b.enter();
        let caught = panic_of(|| drop(first));
        assert!(caught.text.starts_with("`EnterGuard` values dropped out of order."), "{}", caught.text);
        drop(second);
    });
}

/// What the user's own future throws, `block_on` passes on, payload and all, and the runtime goes on.
#[test]
fn block_on_passes_panics_on() {
    for make in [current as fn() -> Runtime, || multi(1), || multi(2)] {
        watched(move || {
            let rt = make();
            for _ in 0..10 {
                let thrown = std::panic::catch_unwind(|| {
                    rt.block_on(async {
                        gmp::task::yield_now().await;
                        std::panic::panic_any(42_u64);
                    })
                });
                assert_eq!(*thrown.unwrap_err().downcast::<u64>().unwrap(), 42);
                assert!(Handle::try_current().is_err(), "the context is gone");
                assert_eq!(rt.block_on(rt.spawn(async { 1 })).unwrap(), 1);
            }
        });
    }
}

#[test]
fn a_boot_hook_that_panics() {
    watched(|| {
        let mut builder = multi_builder(1);
        builder.on_boot(|_| panic!("the embedder's"));
        assert_eq!(panic_of(|| builder.build()).text, "the embedder's");
        assert_eq!(multi(1).block_on(async { 1 }), 1);
    });
}
