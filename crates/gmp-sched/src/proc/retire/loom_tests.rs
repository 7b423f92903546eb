//! Models of one P slot whose M is stuck: retire and replace with all that goes on around it. Queues, tenures, notes and [`Idle`] are the
//! real ones; Ms are reduced to what they do with them.
//!
//! A G that nobody finds is a runner that sleeps for ever, which loom reports as a deadlock; one that is found twice is a double free; a
//! record with two owners is seen by the cell in it.

use crate::proc::idle::{Claim, GiveUp, Idle, Leave};
use crate::proc::testing::{Item, free, item};
use gmp_base::loom::{AtomicUsize, Mutex, Ordering, UnsafeCell, thread};
use gmp_base::note::Note;
use gmp_queue::{GQueue, GlobRunq, Runq, Tenure};
use std::ptr::NonNull;
use std::sync::Arc;

/// What the record's owner alone may touch.
struct Record {
    tenure: Tenure,
    runq: Runq<Item>,
    owned: UnsafeCell<usize>,
}

/// The M that is stuck has no number here; the one that may run its P.
const RUNNER: usize = 0;

struct World {
    idle: Idle<usize>,
    global: GlobRunq<Item>,
    records: [Record; 2],
    /// The record in the slot.
    slot: AtomicUsize,
    spares: Mutex<Vec<usize>>,
    note: Note,
    /// What the runner is to take when it wakes: 0 nothing, 1 the slot, 2 the slot, counted as spinning.
    nextp: AtomicUsize,
}

// SAFETY: all is synchronised but the rings' producers, who are the records' owners, and the cells, which loom watches.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

/// The M that holds a record.
struct M<'a> {
    w: &'a World,
    p: Option<usize>,
}

impl World {
    /// The slot isn't idle.
    fn new() -> Arc<Self> {
        let record = || Record { tenure: Tenure::new(), runq: Runq::new(), owned: UnsafeCell::new(0) };
        let idle = Idle::new(1);
        assert_eq!(idle.acquire(0), Some(0));
        Arc::new(Self {
            idle,
            global: GlobRunq::new(),
            records: [record(), record()],
            slot: AtomicUsize::new(0),
            spares: Mutex::new(vec![1]),
            note: Note::new(),
            nextp: AtomicUsize::new(0),
        })
    }

    fn hand_over(&self, spinning: bool) {
        assert_eq!(self.nextp.swap(1 + usize::from(spinning), Ordering::AcqRel), 0, "the runner was given two Ps");
        self.note.wakeup();
    }

    fn wakep(&self) {
        if let Some(Claim { slot, mp }) = self.idle.claim_spinning(|_| None) {
            // There is no thread to be had.
            if mp.or_else(|| self.idle.unclaim(slot)).is_some() {
                self.hand_over(true);
            }
        }
    }

    fn startm(&self) {
        match self.idle.take_idle_m(None) {
            Some(_) => self.hand_over(false),
            None => self.strand(),
        }
    }

    /// As `newm::strand`.
    fn strand(&self) {
        self.drain(self.slot.load(Ordering::Acquire));
        let _ = self.idle.give_up(0, None, false);
        if self.has_work() {
            self.wakep();
        }
    }

    fn has_work(&self) -> bool {
        !self.global.is_empty()
            || !self.records[self.slot.load(Ordering::Acquire)].runq.is_empty()
            || self.records.iter().any(|r| r.tenure.is_retired() && !r.runq.is_empty())
    }

    fn drain(&self, record: usize) -> bool {
        let (mut any, runq) = (false, &self.records[record].runq);
        while let Some(item) = runq.take_oldest().or_else(|| runq.take_next()) {
            any = true;
            // SAFETY: it was in the queue and is in none now.
            unsafe { self.global.put(item) };
        }
        any
    }

    /// As `drain_retired`.
    fn drain_retired(&self) {
        let mut any = false;
        for i in 0..2 {
            if self.records[i].tenure.is_retired() {
                any |= self.drain(i);
            }
        }
        if any && self.idle.should_wake() {
            self.wakep();
        }
    }

    /// As `retire::replace`: says whether it was in time.
    fn retire(&self, next: fn(&World)) -> bool {
        let stuck = self.slot.load(Ordering::Acquire);
        let Some(spare) = self.spares.lock().pop() else { return false };
        if !self.records[stuck].tenure.retire() {
            self.spares.lock().push(spare);
            return false;
        }
        self.slot.store(spare, Ordering::Release);
        self.drain_retired();
        next(self);
        true
    }

    /// As `retire::share`.
    fn share(&self) {
        let mut waiting = GQueue::new();
        let runq = &self.records[self.slot.load(Ordering::Acquire)].runq;
        while let Some(item) = runq.take_oldest().or_else(|| runq.take_next()) {
            // SAFETY: it was in the queue and is in none now.
            unsafe { waiting.push_back(item) };
        }
        let any = !waiting.is_empty();
        self.global.put_batch(&mut waiting);
        if any && self.idle.should_wake() {
            self.wakep();
        }
    }
}

impl<'a> M<'a> {
    /// The M that is stuck, with the slot's record.
    fn stuck(w: &'a World) -> Self {
        let mut m = Self { w, p: None };
        m.acquirep();
        m
    }

    fn acquirep(&mut self) {
        assert_eq!(self.p, None);
        let p = self.w.slot.load(Ordering::Acquire);
        assert!(self.w.records[p].tenure.acquire(), "the slot's record is held by another M");
        self.p = Some(p);
        self.touch();
    }

    /// Whoever else does so at the same time isn't the owner.
    fn touch(&self) {
        if let Some(p) = self.p {
            // SAFETY: the M holds the record.
            self.w.records[p].owned.with_mut(|owned| unsafe { *owned += 1 });
        }
    }

    /// `None`: the slot isn't ours to pass on.
    fn releasep(&mut self) -> Option<()> {
        self.touch();
        let p = self.p.take().expect("it has a P");
        if self.w.records[p].tenure.release() {
            return Some(());
        }
        let any = self.w.drain(p);
        self.w.records[p].owned.with_mut(|owned| {
            // SAFETY: until `give_back` the M is the owner.
            unsafe { *owned += 1 }
        });
        self.w.records[p].tenure.give_back();
        self.w.spares.lock().push(p);
        if any && self.w.idle.should_wake() {
            self.w.wakep();
        }
        None
    }

    fn handoffp(&mut self) {
        let Some(p) = self.p else { return };
        let runq = &self.w.records[p].runq;
        let has_work = !runq.is_empty() || runq.has_next();
        if self.releasep().is_none() {
            return;
        }
        if has_work {
            return self.w.startm();
        }
        let _ = self.w.idle.give_up(0, None, false);
        if self.w.has_work() {
            self.w.wakep();
        }
    }

    /// As `ready::ready`.
    fn push(&mut self, next: bool) {
        self.touch();
        match self.p {
            Some(p) if !self.w.records[p].tenure.is_retired() => {
                // SAFETY: the M holds the record; a fresh item.
                if let gmp_queue::Put::Next = unsafe { self.w.records[p].runq.put(item(), next) } {
                    return;
                }
            }
            // SAFETY: a fresh item.
            _ => unsafe { self.w.global.put(item()) },
        }
        if self.w.idle.should_wake() {
            self.w.wakep();
        }
    }

    /// An M that has no P runs what there is, until it has run so many; then it gives its P up.
    fn run(w: &'a World, mut count: usize) {
        let mut m = Self { w, p: None };
        let mut spinning = false;
        while count > 0 {
            let Some(p) = m.p else {
                if std::mem::take(&mut spinning) {
                    // It has lost its P while it looked for work.
                    let _ = w.idle.stop_spinning();
                }
                w.idle.join(RUNNER);
                spinning = m.sleep();
                continue;
            };
            if w.records[p].tenure.is_retired() {
                assert!(m.releasep().is_none());
                continue;
            }
            if let Some(item) = m.find(p) {
                if std::mem::take(&mut spinning) && w.idle.stop_spinning() {
                    w.wakep();
                }
                free(item);
                count -= 1;
                continue;
            }
            if m.releasep().is_none() {
                continue;
            }
            match w.idle.give_up(0, Some(RUNNER), spinning) {
                GiveUp::SpinInstead => {
                    spinning = true;
                    m.acquirep();
                }
                GiveUp::Idle => spinning = m.sleep(),
            }
        }
        if m.p.is_some() && m.releasep().is_some() {
            let _ = w.idle.give_up(0, None, spinning);
        } else if spinning {
            let _ = w.idle.stop_spinning();
        }
    }

    fn find(&self, p: usize) -> Option<NonNull<Item>> {
        self.touch();
        // SAFETY: the M holds the record.
        let own = unsafe { self.w.records[p].runq.get() }.map(|(item, _)| item);
        let retired = || self.w.records.iter().filter(|r| r.tenure.is_retired());
        own.or_else(|| self.w.global.get())
            .or_else(|| retired().find_map(|r| r.runq.take_oldest()))
            .or_else(|| retired().find_map(|r| r.runq.take_next()))
    }

    /// In the list of idle Ms: the second look, and sleep until there is a P. Says whether it is counted as spinning.
    fn sleep(&mut self) -> bool {
        if self.w.has_work() {
            if let Leave::WithP(_) = self.w.idle.leave_with_p(RUNNER, 0) {
                self.acquirep();
                return true;
            }
        }
        loop {
            let next = self.w.nextp.swap(0, Ordering::AcqRel);
            if next != 0 {
                self.acquirep();
                return next == 2;
            }
            self.w.note.sleep();
        }
    }
}

/// Everybody has gone: there is one P, it is idle, and nothing is left anywhere.
fn check(w: &World) {
    assert!(!w.has_work());
    assert!(w.records.iter().all(|r| r.tenure.is_idle() && !r.runq.has_next()), "a record is held by nobody");
    assert_eq!((w.idle.npidle(), w.idle.nmspinning()), (1, 0));
    assert_eq!(w.spares.lock().len(), 1);
}

/// `stuck` is what the stuck M does in its poll and after it, with something in its queue or not; `sysmon` what is done to it. One G in all
/// is pushed, which the runner runs.
fn model(is_queued: bool, stuck: fn(&World), sysmon: fn(&World)) {
    loom::model(move || {
        let w = World::new();
        let (m, runner) = (w.clone(), w.clone());
        let mut first = M::stuck(&w);
        if is_queued {
            first.push(true);
        }
        let m = thread::spawn(move || stuck(&m));
        let runner = thread::spawn(move || M::run(&runner, 1));
        sysmon(&w);
        m.join().unwrap();
        runner.join().unwrap();
        check(&w);
    });
}

/// The M that is stuck, on its thread.
fn in_poll(w: &World) -> M<'_> {
    M { w, p: Some(0) }
}

/// The poll pushes once more and ends; the M hands its P off, or gives back what it has lost.
fn pushes_and_ends(w: &World) {
    let mut m = in_poll(w);
    m.push(false);
    m.handoffp();
}

fn ends(w: &World) {
    in_poll(w).handoffp();
}

#[test]
fn loom_retire_against_push_and_return() {
    model(false, pushes_and_ends, |w| {
        w.retire(World::startm);
    });
}

/// No M is woken for the slot: it becomes idle, with the second look of one who gives a P up.
#[test]
fn loom_retire_to_idle_against_push_and_return() {
    model(false, pushes_and_ends, |w| {
        w.retire(World::strand);
    });
}

#[test]
fn loom_share_against_push_and_return() {
    model(false, pushes_and_ends, World::share);
    model(true, ends, World::share);
}

/// A `block_on` in a blocking section: the M hands off what it may have lost, takes what is idle, hands off again, and goes on without.
fn nested_block_on(w: &World) {
    let mut m = in_poll(w);
    m.handoffp();
    if w.idle.acquire(0).is_some() {
        m.acquirep();
        m.push(false);
        m.handoffp();
    } else {
        m.push(false);
    }
    // The outer poll goes on without a P.
    assert_eq!(m.p, None);
}

#[test]
fn loom_section_nested_block_on_against_retire() {
    model(false, nested_block_on, |w| {
        w.retire(World::startm);
    });
}

#[test]
fn loom_section_nested_block_on_against_retire_to_idle() {
    model(false, nested_block_on, |w| {
        w.retire(World::strand);
    });
}

/// The section ends without anything having happened in it, and another begins: each is ended by the M or by sysmon.
#[test]
fn loom_section_exit_against_two_retirements() {
    model(true, ends, |w| {
        if w.retire(World::startm) {
            w.retire(World::startm);
        }
    });
}
