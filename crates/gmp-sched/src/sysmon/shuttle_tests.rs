//! The whole of it at random: several Ps, more Ms than Ps, sysmon, a thread outside, and tasks that block, compute and wake each other, while
//! Ps are taken away and given back and the runtime ends. Queues, tenures, the state words of Gs, the list of idle Ms, sysmon's sleep and
//! the end are the real ones; Ms are reduced to what they do with them.
//!
//! Tasks send each other messages. A message that is never received is a task that was lost: then who waits for the last one sleeps for ever,
//! which shuttle reports as a deadlock. A task that is polled by two Ms is thrown at by its state word, and a record with two owners is
//! seen by a flag.
//!
//! shuttle knows sequential consistency only: orderings are loom's to check, in the smaller models.

mod machine;

use super::{AWAKE, Sysmon};
use crate::proc::closing::Closing;
use crate::proc::idle::{Claim, Idle};
use gmp_base::link::{Link, LinkCell};
use gmp_base::loom::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering, thread};
use gmp_base::note::Note;
use gmp_queue::{GQueue, GlobRunq, Runq, Tenure};
use gmp_task::status::Status;
use machine::M;
use shuttle::rand::{Rng, thread_rng};
use std::ptr::NonNull;
use std::sync::Arc;

const TASKS: usize = 6;
const MESSAGES: usize = 14;
/// Records beyond the slots, fewer than the Ms that may be stuck: some keep their Ps whatever happens.
const SPARES: usize = 3;

struct G {
    status: Status,
    link: LinkCell<G>,
    number: usize,
    inbox: AtomicUsize,
}

// SAFETY: `link` is a field of the G.
unsafe impl Link for G {
    unsafe fn link(this: NonNull<Self>) -> NonNull<LinkCell<Self>> {
        // SAFETY: the caller says that `this` is live.
        NonNull::from(unsafe { &this.as_ref().link })
    }
}

struct Record {
    tenure: Tenure,
    runq: Runq<G>,
    turn: AtomicU64,
    is_used: AtomicBool,
}

struct Machine {
    note: Note,
    /// The slot it is to take, times two, plus whether it is counted as spinning, plus two.
    nextp: AtomicUsize,
    is_dismissed: AtomicBool,
}

struct World {
    idle: Idle<usize>,
    global: GlobRunq<G>,
    records: Vec<Record>,
    slots: Vec<AtomicUsize>,
    spares: Mutex<Vec<usize>>,
    ms: Vec<Machine>,
    gs: Vec<NonNull<G>>,
    sysmon: Sysmon,
    closing: Closing,
    to_send: AtomicUsize,
    to_receive: AtomicUsize,
    /// Who waits for the last message.
    done: Note,
}

// SAFETY: all is synchronised but the rings' producers, who are the records' owners; the Gs live as long as the world.
unsafe impl Sync for World {}
// SAFETY: as above.
unsafe impl Send for World {}

impl Drop for World {
    fn drop(&mut self) {
        for &gp in &self.gs {
            // SAFETY: made in `new`, and nobody is left.
            drop(unsafe { Box::from_raw(gp.as_ptr()) });
        }
    }
}

fn chance(one_in: u32) -> bool {
    thread_rng().gen_range(0..one_in) == 0
}

impl World {
    fn new(slots: usize, ms: usize) -> Arc<Self> {
        let record = || Record {
            tenure: Tenure::new(),
            runq: Runq::new(),
            turn: AtomicU64::new(0),
            is_used: AtomicBool::new(false),
        };
        let machine =
            || Machine { note: Note::new(), nextp: AtomicUsize::new(0), is_dismissed: AtomicBool::new(false) };
        let g = |number| G { status: Status::born(), link: LinkCell::new(None), number, inbox: AtomicUsize::new(0) };
        let sysmon = Sysmon::new(true);
        sysmon.state.store(AWAKE, Ordering::SeqCst);
        Arc::new(Self {
            idle: Idle::new(slots),
            global: GlobRunq::new(),
            records: (0..slots + SPARES).map(|_| record()).collect(),
            slots: (0..slots).map(AtomicUsize::new).collect(),
            spares: Mutex::new((slots..slots + SPARES).collect()),
            ms: (0..ms).map(|_| machine()).collect(),
            gs: (0..TASKS).map(|i| NonNull::from(Box::leak(Box::new(g(i))))).collect(),
            sysmon,
            closing: Closing::new(),
            to_send: AtomicUsize::new(MESSAGES),
            to_receive: AtomicUsize::new(MESSAGES),
            done: Note::new(),
        })
    }

    fn g(&self, number: usize) -> &G {
        // SAFETY: Gs live as long as the world.
        unsafe { self.gs[number].as_ref() }
    }

    fn hand_over(&self, mp: usize, slot: usize, spinning: bool) {
        let old = self.ms[mp].nextp.swap(2 + slot * 2 + usize::from(spinning), Ordering::SeqCst);
        assert_eq!(old, 0, "an M was given two Ps");
        self.ms[mp].note.wakeup();
    }

    fn wakep(&self) {
        if let Some(Claim { slot, mp }) = self.idle.claim_spinning(|_| None) {
            if let Some(mp) = mp.or_else(|| self.idle.unclaim(slot)) {
                self.hand_over(mp, slot, true);
            }
        }
    }

    fn submitted(&self) {
        if self.idle.should_wake() {
            self.wakep();
        }
    }

    fn startm(&self, slot: usize) {
        match self.idle.take_idle_m(None) {
            Some(mp) => self.hand_over(mp, slot, false),
            None => self.strand(slot),
        }
    }

    fn strand(&self, slot: usize) {
        self.drain(self.slots[slot].load(Ordering::SeqCst));
        let _ = self.idle.give_up(slot, None, false);
        if self.has_work() {
            self.wakep();
        }
    }

    fn has_work(&self) -> bool {
        !self.global.is_empty()
            || self.slots.iter().any(|r| !self.records[r.load(Ordering::SeqCst)].runq.is_empty())
            || self.records.iter().any(|r| r.tenure.is_retired() && !r.runq.is_empty())
    }

    fn drain(&self, record: usize) -> bool {
        let (mut any, runq) = (false, &self.records[record].runq);
        while let Some(gp) = runq.take_oldest().or_else(|| runq.take_next()) {
            any = true;
            // SAFETY: it was in the queue and is in none now.
            unsafe { self.global.put(gp) };
        }
        any
    }

    fn drain_retired(&self) {
        let Some(_moving) = self.closing.start_moving() else { return };
        let mut any = false;
        for i in 0..self.records.len() {
            if self.records[i].tenure.is_retired() {
                any |= self.drain(i);
            }
        }
        if any {
            self.submitted();
        }
    }

    fn retire(&self, slot: usize, next: fn(&World, usize)) {
        let Some(_moving) = self.closing.start_moving() else { return };
        let stuck = self.slots[slot].load(Ordering::SeqCst);
        let Some(spare) = self.spares.lock().pop() else { return };
        if !self.records[stuck].tenure.retire() {
            return self.spares.lock().push(spare);
        }
        self.slots[slot].store(spare, Ordering::SeqCst);
        self.drain_retired();
        next(self, slot);
    }

    fn share(&self, slot: usize) {
        let Some(_moving) = self.closing.start_moving() else { return };
        let mut hand = GQueue::new();
        let runq = &self.records[self.slots[slot].load(Ordering::SeqCst)].runq;
        while let Some(gp) = runq.take_oldest().or_else(|| runq.take_next()) {
            // SAFETY: it was in the queue and is in none now.
            unsafe { hand.push_back(gp) };
        }
        let any = !hand.is_empty();
        self.global.put_batch(&mut hand);
        if any {
            self.submitted();
        }
    }

    /// Sysmon: what it does depends on chance, not on clocks.
    fn watch(&self) {
        let mut turns = vec![0; self.slots.len()];
        while !self.closing.is_closing() {
            if self.sysmon.may_sleep(&self.idle) {
                while !self.closing.is_closing() && !self.sysmon.is_roused() {
                    self.sysmon.note.sleep();
                }
                continue;
            }
            for (slot, turn) in turns.iter_mut().enumerate() {
                let record = self.slots[slot].load(Ordering::SeqCst);
                let now = self.records[record].turn.load(Ordering::SeqCst);
                if now == std::mem::replace(turn, now) || chance(8) {
                    match thread_rng().gen_range(0..4) {
                        0 => self.retire(slot, World::strand),
                        1 => self.share(slot),
                        _ => self.retire(slot, World::startm),
                    }
                }
            }
            // So many go that there are as many as Ps, and one.
            let gone = self.ms.iter().filter(|m| m.is_dismissed.load(Ordering::SeqCst)).count();
            if chance(6) && self.ms.len() - gone > self.slots.len() + 1 {
                if let Some(mp) = self.idle.take_oldest(|_| true) {
                    self.ms[mp].is_dismissed.store(true, Ordering::SeqCst);
                    self.ms[mp].note.wakeup();
                }
            }
            self.drain_retired();
            thread::yield_now();
        }
    }

    /// A thread that is no M sends a few.
    fn outside(&self) {
        for _ in 0..3 {
            if let Some(gp) = self.send() {
                // SAFETY: the right to queue it is ours.
                unsafe { self.global.put(gp) };
                self.submitted();
            }
            thread::yield_now();
        }
    }

    /// A message to somebody, if any may be sent: the G is the caller's to queue.
    fn send(&self) -> Option<NonNull<G>> {
        let left = self.to_send.load(Ordering::SeqCst);
        let taken =
            left > 0 && self.to_send.compare_exchange(left, left - 1, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !taken {
            return None;
        }
        let to = thread_rng().gen_range(0..TASKS);
        self.g(to).inbox.fetch_add(1, Ordering::SeqCst);
        self.g(to).status.wake_by_ref().is_submit().then_some(self.gs[to])
    }
}

fn model(slots: usize, ms: usize) {
    let w = World::new(slots, ms);
    let mut threads = Vec::new();
    for me in 0..ms {
        // Before anybody may be dismissed.
        w.idle.join(me);
    }
    for me in 0..ms {
        let w = w.clone();
        threads.push(thread::spawn(move || M { w: &w, me, p: None, spinning: false }.run()));
    }
    let (sysmon, outside) = (w.clone(), w.clone());
    threads.push(thread::spawn(move || sysmon.watch()));
    // All Gs are born runnable, and are queued by us.
    for &gp in &w.gs {
        // SAFETY: each is queued once.
        unsafe { w.global.put(gp) };
        w.submitted();
    }
    threads.push(thread::spawn(move || outside.outside()));
    // Should the outside have sent none that set others off.
    while w.to_receive.load(Ordering::SeqCst) > 0 {
        if w.to_send.load(Ordering::SeqCst) > 0 {
            w.outside();
        } else {
            w.done.sleep();
        }
    }
    // The end.
    assert!(w.closing.close());
    w.sysmon.note.wakeup();
    for mp in w.idle.idle_ms() {
        w.ms[mp].note.wakeup();
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(w.closing.is_quiet());
    assert_eq!((w.idle.npidle(), w.idle.nmspinning()), (slots, 0));
    assert!(w.records.iter().all(|r| r.tenure.is_idle()), "a record is held by nobody");
    assert_eq!(w.spares.lock().len(), SPARES);
}

#[test]
fn shuttle_one_p_taken_from_tasks_that_block() {
    shuttle::check_random(|| model(1, 4), 10_000);
}

#[test]
fn shuttle_ps_taken_from_tasks_that_block() {
    shuttle::check_random(|| model(2, 5), 10_000);
}

#[test]
fn shuttle_many_ps_taken_from_tasks_that_block() {
    shuttle::check_random(|| model(4, 10), 5_000);
}

/// Each interleaving as likely as any other, rather than each step.
#[test]
fn shuttle_ps_taken_at_unlikely_moments() {
    shuttle::check_urw(|| model(2, 5), 10_000);
}
