//! Every transition from every state that it may start in.

use super::{BORN, Complete, JoinDropped, Park, REF, RUNNABLE, Status, Wake};

#[test]
fn a_turn_without_a_wake() {
    let s = Status::born();
    assert!(!s.enter());
    assert_eq!(s.park(), Park::Parked);
    assert!(s.wake_by_ref().is_submit(), "a waiting g is to be queued");
    assert!(!s.wake_by_ref().is_submit(), "only once");
    assert!(!s.enter());
    assert!(!s.wake_by_ref().is_submit(), "a running g isn't queued by its waker");
    assert!(s.is_woken());
    assert_eq!(s.park(), Park::Again { cancelled: false });
    assert!(!s.enter());
    assert_eq!(s.complete(), Complete::Released);
    assert!(s.load().is_dead());
    assert!(!s.wake_by_ref().is_submit() && !s.abort());
}

#[test]
fn abort_in_each_state() {
    let runnable = Status::born();
    assert!(!runnable.abort());
    assert!(runnable.enter(), "seen when it runs next");

    let running = Status::born();
    running.enter();
    assert!(!running.abort());
    assert_eq!(running.park(), Park::Again { cancelled: true });

    let waiting = Status::born();
    waiting.enter();
    assert_eq!(waiting.park(), Park::Parked);
    assert!(waiting.abort(), "a waiting g has to run to be cancelled");
    assert!(!waiting.abort());
    assert!(waiting.enter());
    assert!(!waiting.abort() && !waiting.is_woken(), "a second abort changes nothing");
}

#[test]
fn join_handle_dropped_in_each_state() {
    let s = Status::born();
    assert_eq!(s.drop_join_handle(), JoinDropped::Nothing);
    assert_eq!(s.0.load(std::sync::atomic::Ordering::Relaxed), RUNNABLE | REF);
    s.enter();
    assert_eq!(s.complete(), Complete::Sole);

    let s = Status::born();
    s.enter();
    s.ref_inc();
    assert_eq!(s.drop_join_handle(), JoinDropped::Nothing);
    assert_eq!(s.complete(), Complete::DropOutput);

    let s = Status::born();
    s.set_join_waker().unwrap();
    assert!(s.has_join_waker());
    assert_eq!(s.drop_join_handle(), JoinDropped::DropWaker);
    assert!(!s.has_join_waker());

    let s = Status::born();
    s.enter();
    s.set_join_waker().unwrap();
    assert_eq!(s.complete(), Complete::WakeJoiner);
    assert!(s.unset_join_waker().is_err() && s.set_join_waker().is_err());
    assert_eq!(s.drop_join_handle(), JoinDropped::DropOutput);
    assert!(!s.ref_dec());
    assert!(s.ref_dec(), "the life reference was the last");
}

#[test]
fn wakes_that_give_up_a_reference() {
    let s = Status::born();
    s.enter();
    assert_eq!(s.park(), Park::Parked);
    (0..4).for_each(|_| s.ref_inc());
    assert_eq!(s.wake_by_val(), Wake::Submit);
    assert_eq!(s.wake_by_val(), Wake::Nothing);
    s.enter();
    assert_eq!(s.wake_by_val(), Wake::Nothing);
    assert_eq!(s.park(), Park::Again { cancelled: false });
    s.enter();
    assert_eq!(s.complete(), Complete::Released);
    assert_eq!(s.wake_by_val(), Wake::Nothing);
    assert!(s.ref_dec(), "the join handle's was the last");
}

#[test]
fn the_last_waker_of_a_dead_g_frees() {
    let s = Status::born();
    s.ref_inc();
    assert_eq!(s.drop_join_handle(), JoinDropped::Nothing);
    s.enter();
    assert_eq!(s.complete(), Complete::DropOutput);
    assert!(!s.ref_dec());
    assert_eq!(s.wake_by_val(), Wake::Free);
}

#[test]
fn a_snapshot_reads_well() {
    assert_eq!(format!("{:?}", super::Snapshot(BORN)), "{runnable, join-interest, refs=2}");
    assert_eq!(format!("{:?}", super::Snapshot(REF)), "{waiting, refs=1}");
}

/// Two pollers would share a future. The word sees the second one and ends the process, in release too.
#[test]
#[cfg_attr(miri, ignore = "needs processes")]
fn a_second_poller_is_thrown_at() {
    const CHILD: &str = "GMP_TASK_SECOND_POLLER";
    type Way = (&'static str, fn(&Status));
    let ways: [Way; 4] = [
        ("running", |_| ()),
        ("running, runnable", |s| assert!(!s.wake_by_ref().is_submit())),
        ("waiting", |s| assert_eq!(s.park(), Park::Parked)),
        ("dead", |s| assert_eq!(s.complete(), Complete::Released)),
    ];
    if let Ok(way) = std::env::var(CHILD) {
        let s = Status::born();
        s.enter();
        ways[way.parse::<usize>().unwrap()].1(&s);
        s.enter();
        return;
    }
    for (way, (status, _)) in ways.iter().enumerate() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "status::tests::a_second_poller_is_thrown_at", "--nocapture"])
            .env(CHILD, way.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert!(!child.status.success(), "entered twice: {status}");
        assert!(said.contains(&format!("fatal error: gmp: execute: bad g status {{{status}")), "{said}");
    }
}
