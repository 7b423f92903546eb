//! Cases 15 to 22: panics of futures, of their drops, of payloads, of hooks.

use crate::support::{Census, in_child, multi_builder, on_each, panic_of, stderr, text_of};
use gmp::runtime::Builder;
use gmp::sync::oneshot;
use std::panic::panic_any;

/// Panics when it is dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// The runtime still works, all of it.
#[track_caller]
fn assert_well(rt: &gmp::runtime::Runtime) {
    for i in 0..8 {
        assert_eq!(rt.block_on(rt.spawn(async move { i })).unwrap(), i);
    }
    assert_eq!(rt.block_on(rt.spawn_blocking(|| 9)).unwrap(), 9);
}

#[test]
fn case_15_future_panics() {
    on_each(|rt| {
        let census = Census::default();
        for i in 0..50 {
            let live = census.live();
            let task = rt.spawn(async move {
                let _live = live;
                if i % 2 == 0 {
                    gmp::task::yield_now().await;
                }
                panic!("case 15");
            });
            assert_eq!(text_of(&*rt.block_on(task).unwrap_err().into_panic()), "case 15");
        }
        census.assert_all_dropped();
        assert_eq!(rt.metrics().panicked_tasks_count(), 50);
        assert_well(&rt);
    });
}

#[test]
fn case_16_payload_panics_in_its_drop() {
    on_each(|rt| {
        // Nobody takes the payload: it is swallowed, and so is its panic.
        for _ in 0..10 {
            drop(rt.spawn(async { panic_any(Bomb("payload, detached")) }));
        }
        let kept = rt.spawn(async { panic_any(Bomb("payload, kept")) });
        let error = rt.block_on(kept).unwrap_err();
        assert!(error.is_panic());
        // Who keeps the error has its drop, too.
        assert_eq!(panic_of(|| drop(error)).text, "payload, kept");
        // The join handle is dropped after the end.
        let late = rt.spawn(async { panic_any(Bomb("payload, late")) });
        let abort = late.abort_handle();
        rt.block_on(async {
            while !abort.is_finished() {
                gmp::task::yield_now().await;
            }
        });
        drop(late);
        assert_well(&rt);
    });
}

#[test]
fn case_17_drop_panics_at_abort() {
    on_each(|rt| {
        let mut tasks = Vec::new();
        for _ in 0..10 {
            let (began, begun) = oneshot::channel();
            let bad = rt.spawn(async move {
                let _bomb = Bomb("at abort");
                began.send(()).unwrap();
                std::future::pending::<()>().await;
            });
            rt.block_on(begun).unwrap();
            tasks.push(bad);
        }
        for (i, task) in tasks.into_iter().enumerate() {
            task.abort();
            if i % 2 == 0 {
                assert!(rt.block_on(task).unwrap_err().is_panic());
            }
        }
        assert_well(&rt);
    });
}

#[test]
fn case_18_drop_panics_at_shutdown() {
    on_each(|rt| {
        let census = Census::default();
        for i in 0..100 {
            let live = census.live();
            rt.spawn(async move {
                let _live = live;
                let _bomb = (i % 3 == 0).then_some(Bomb("at shutdown"));
                std::future::pending::<()>().await;
            });
        }
        rt.block_on(gmp::task::yield_now());
        drop(rt);
        census.assert_all_dropped();
    });
}

#[test]
fn case_19_output_panics_in_its_drop() {
    on_each(|rt| {
        for _ in 0..10 {
            drop(rt.spawn(async { Bomb("output, detached") }));
        }
        assert_well(&rt);
        let late = rt.spawn(async { Bomb("output, late") });
        let abort = late.abort_handle();
        rt.block_on(async {
            while !abort.is_finished() {
                gmp::task::yield_now().await;
            }
        });
        // Swallowed here too, as in tokio: a handle's drop doesn't panic.
        drop(late);
        let kept = rt.spawn(async { Bomb("output, kept") });
        let output = rt.block_on(kept).unwrap();
        assert_eq!(panic_of(|| drop(output)).text, "output, kept");
        assert_well(&rt);
    });
}

/// A future that isn't an `async` block panics in its poll, and again in its drop: two panics, one after the other.
#[test]
fn case_20_panic_in_poll_and_in_drop() {
    struct Both(Census);
    impl Future for Both {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
            panic!("in poll");
        }
    }
    impl Drop for Both {
        fn drop(&mut self) {
            drop(self.0.live());
            panic!("in drop");
        }
    }
    on_each(|rt| {
        let census = Census::default();
        for i in 0..10 {
            let task = rt.spawn(Both(census.clone()));
            if i % 2 == 0 {
                assert_eq!(text_of(&*rt.block_on(task).unwrap_err().into_panic()), "in poll");
            }
        }
        assert_well(&rt);
        drop(rt);
        assert_eq!(census.dropped(), 10, "each has been dropped once");
    });
}

#[test]
fn case_21_block_ons_future_panics() {
    on_each(|rt| {
        let census = Census::default();
        for _ in 0..10 {
            let live = census.live();
            let caught = panic_of(|| {
                rt.block_on(async move {
                    let _live = live;
                    gmp::spawn(async {}).await.unwrap();
                    panic!("case 21");
                })
            });
            assert_eq!(caught.text, "case 21");
            census.assert_all_dropped();
            assert_well(&rt);
        }
    });
}

/// The documentation says that a hook that panics aborts.
fn hook_panics(build: fn(&mut Builder)) {
    let mut builder = multi_builder(1);
    build(&mut builder);
    let rt = builder.build().unwrap();
    rt.block_on(async {
        let _ = gmp::spawn(async {}).await;
        let _ = gmp::task::spawn_blocking(|| {}).await;
    });
    // Until the worker has gone to sleep and has ended.
    while rt.metrics().worker_park_count(0) == 0 {
        std::thread::yield_now();
    }
    drop(rt);
}

#[track_caller]
fn assert_hook_aborts(test: &str, play: fn()) {
    if let Some(output) = in_child(test, &[], play) {
        use std::os::unix::process::ExitStatusExt;
        let said = stderr(&output);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
        assert!(said.contains("fatal error: gmp: a thread hook of the embedder panicked"), "{said}");
        assert!(said.contains("the hook's own words"), "{said}");
    }
}

#[test]
fn case_22_start_hook_panics() {
    assert_hook_aborts("hostile::panics::case_22_start_hook_panics", || {
        hook_panics(|b| _ = b.on_thread_start(|| panic!("the hook's own words")));
    });
}

#[test]
fn case_22_stop_hook_panics() {
    assert_hook_aborts("hostile::panics::case_22_stop_hook_panics", || {
        hook_panics(|b| _ = b.on_thread_stop(|| panic!("the hook's own words")));
    });
}

#[test]
fn case_22_park_hook_panics() {
    assert_hook_aborts("hostile::panics::case_22_park_hook_panics", || {
        hook_panics(|b| _ = b.on_thread_park(|| panic!("the hook's own words")));
    });
}

#[test]
fn case_22_unpark_hook_panics() {
    assert_hook_aborts("hostile::panics::case_22_unpark_hook_panics", || {
        hook_panics(|b| _ = b.on_thread_unpark(|| panic!("the hook's own words")));
    });
}
