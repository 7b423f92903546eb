//! The lists and counts, one thread at a time; the races are in `loom_tests.rs`.

use super::{Claim, GiveUp, Idle, Leave};

fn busy(procs: usize) -> Idle<u32> {
    let idle = Idle::new(procs);
    for slot in 0..procs {
        assert_eq!(idle.acquire(slot), Some(slot));
    }
    idle
}

#[test]
fn one_submitter_wakes_one_m() {
    let idle = busy(2);
    assert!(!idle.should_wake(), "no P is idle");
    assert_eq!(idle.give_up(1, Some(7), false), GiveUp::Idle);
    assert!(idle.should_wake());
    assert_eq!(idle.claim_spinning(|_| None), Some(Claim { slot: 1, mp: Some(7) }));
    assert!(!idle.should_wake(), "one is on its way");
    assert_eq!(idle.claim_spinning(|_| None), None);
    assert!(idle.stop_spinning(), "it was the last");
    assert_eq!((idle.npidle(), idle.nmspinning(), idle.nmidle()), (0, 0, 0));
}

#[test]
fn the_last_m_of_a_slot_is_preferred() {
    let idle = busy(3);
    for (slot, m) in [(0, 10), (1, 11), (2, 12)] {
        assert_eq!(idle.give_up(slot, Some(m), false), GiveUp::Idle);
    }
    assert_eq!(idle.claim_spinning(|slot| Some(slot as u32 + 10)), Some(Claim { slot: 0, mp: Some(10) }));
    assert_eq!(idle.take_idle_m(Some(11)), Some(11));
    assert_eq!(idle.take_idle_m(Some(99)), Some(12), "anyone will do");
    assert_eq!(idle.take_idle_m(None), None);
}

#[test]
fn a_spinner_without_an_idle_p_asks_for_another() {
    let idle = busy(2);
    idle.become_spinning();
    assert!(idle.stop_spinning());
    assert_eq!(idle.claim_spinning(|_| None), None);
    assert!(idle.needs_spinning());
    assert_eq!(idle.give_up(0, Some(1), false), GiveUp::SpinInstead);
    assert_eq!((idle.nmspinning(), idle.needs_spinning()), (1, false));
    assert_eq!(idle.give_up(0, Some(1), true), GiveUp::Idle, "a spinner has looked already");
    assert_eq!(idle.nmspinning(), 0);
}

#[test]
fn leaving_the_list() {
    let idle = busy(2);
    assert_eq!(idle.give_up(1, Some(5), false), GiveUp::Idle);
    assert_eq!(idle.leave_with_p(5, 1), Leave::WithP(1));
    assert_eq!(idle.nmspinning(), 1);
    let _ = idle.stop_spinning();
    idle.join(5);
    assert_eq!(idle.leave_with_p(5, 1), Leave::Stayed);
    assert_eq!(idle.leave(5, 1), Leave::WithoutP);
    assert_eq!(idle.leave(5, 1), Leave::Claimed, "it isn't in the list");
    assert_eq!(idle.leave_with_p(5, 1), Leave::Claimed);
}

#[test]
fn a_claim_that_cannot_be_honoured() {
    let idle = busy(1);
    assert_eq!(idle.give_up(0, None, false), GiveUp::Idle);
    assert_eq!(idle.claim_spinning(|_| None), Some(Claim { slot: 0, mp: None }));
    assert_eq!(idle.unclaim(0), None);
    assert_eq!((idle.npidle(), idle.nmspinning()), (1, 0));
    assert!(idle.should_wake(), "the next submission tries again");
    assert_eq!(idle.claim_spinning(|_| None), Some(Claim { slot: 0, mp: None }));
    idle.join(3);
    assert_eq!(idle.unclaim(0), Some(3), "an M that has come meanwhile takes it over");
    assert_eq!((idle.npidle(), idle.nmspinning()), (0, 1));
}
