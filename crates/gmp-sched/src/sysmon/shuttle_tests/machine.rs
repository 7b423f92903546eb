//! An M of the model.

use super::{G, Record, World, chance};
use crate::proc::idle::{GiveUp, Leave};
use gmp_base::loom::{Ordering, thread};
use gmp_queue::Put;
use gmp_task::status::Park;
use shuttle::rand::{Rng, thread_rng};
use std::ptr::NonNull;

pub(super) struct M<'a> {
    pub(super) w: &'a World,
    pub(super) me: usize,
    /// Slot and record.
    pub(super) p: Option<(usize, usize)>,
    pub(super) spinning: bool,
}

impl M<'_> {
    fn acquirep(&mut self, slot: usize) {
        let p = self.w.slots[slot].load(Ordering::SeqCst);
        assert!(self.p.is_none() && self.w.records[p].tenure.acquire(), "p{slot} is held by another M");
        self.p = Some((slot, p));
        self.as_owner(|| ());
        if !self.w.sysmon.is_awake() {
            self.w.sysmon.rouse();
        }
    }

    /// Nobody else does this with the same record at the same time.
    fn as_owner<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        let (_, p) = self.p?;
        assert!(!self.w.records[p].is_used.swap(true, Ordering::SeqCst), "a record with two owners");
        let result = f();
        self.w.records[p].is_used.store(false, Ordering::SeqCst);
        Some(result)
    }

    fn releasep(&mut self) -> Option<usize> {
        self.as_owner(|| ());
        let (slot, p) = self.p.take().expect("it has a P");
        if self.w.records[p].tenure.release() {
            return Some(slot);
        }
        let any = self.w.drain(p);
        self.w.records[p].tenure.give_back();
        self.w.spares.lock().push(p);
        if any {
            self.w.submitted();
        }
        None
    }

    fn handoffp(&mut self) {
        let Some((_, p)) = self.p else { return };
        let has_work = !self.w.records[p].runq.is_empty() || self.w.records[p].runq.has_next();
        let Some(slot) = self.releasep() else { return };
        if has_work {
            return self.w.startm(slot);
        }
        let _ = self.w.idle.give_up(slot, None, false);
        if self.w.has_work() {
            self.w.wakep();
        }
    }

    /// A G is ours to queue.
    fn ready(&mut self, gp: NonNull<G>, next: bool) {
        let put = self.as_owner(|| {
            let (_, p) = self.p.expect("it has a P");
            let record = &self.w.records[p];
            // SAFETY: the M holds the record; the G is its to queue.
            (!record.tenure.is_retired()).then(|| unsafe { record.runq.put(gp, next) })
        });
        match put.flatten() {
            Some(Put::Next) => return,
            Some(Put::Ring) => {}
            Some(Put::Overflow(mut batch)) => self.w.global.put_batch(&mut batch),
            // SAFETY: the caller's promise.
            None => unsafe { self.w.global.put(gp) },
        }
        self.w.submitted();
    }

    fn send(&mut self) {
        if let Some(gp) = self.w.send() {
            self.ready(gp, chance(2));
        }
    }

    fn execute(&mut self, gp: NonNull<G>) {
        // SAFETY: Gs live as long as the world.
        let g = unsafe { gp.as_ref() };
        if let Some((_, p)) = self.p {
            self.w.records[p].turn.fetch_add(1, Ordering::SeqCst);
        }
        // Throws if anybody else does.
        g.status.enter();
        let received = g.inbox.swap(0, Ordering::SeqCst);
        for _ in 0..received {
            self.send();
            match thread_rng().gen_range(0..5) {
                // It blocks for a while.
                0 => (0..thread_rng().gen_range(1..6)).for_each(|_| thread::yield_now()),
                // A `block_on` in a blocking section, which waits once.
                1 => {
                    self.handoffp();
                    thread::yield_now();
                    if let Some(slot) = self.w.idle.acquire(g.number % self.w.slots.len()) {
                        self.acquirep(slot);
                    }
                    self.send();
                    self.handoffp();
                }
                2 => self.send(),
                _ => {}
            }
        }
        if let Park::Again { .. } = g.status.park() {
            self.ready(gp, false);
        }
        if received > 0 && self.w.to_receive.fetch_sub(received, Ordering::SeqCst) == received {
            self.w.done.wakeup();
        }
    }

    fn find(&self) -> Option<NonNull<G>> {
        let (_, p) = self.p?;
        // SAFETY: the M holds the record.
        let own = self.as_owner(|| unsafe { self.w.records[p].runq.get() }).flatten().map(|(gp, _)| gp);
        own.or_else(|| self.w.global.get()).or_else(|| {
            let others = self.w.records.iter().filter(|r| !r.tenure.is_idle());
            // SAFETY: the M holds the record, whose ring is empty.
            let steal = |r: &Record| self.as_owner(|| unsafe { self.w.records[p].runq.steal_from(&r.runq) });
            let stolen =
                others.clone().filter(|r| !std::ptr::eq(*r, &self.w.records[p])).find_map(|r| steal(r).flatten());
            stolen.map(|stolen| stolen.item).or_else(|| others.clone().find_map(|r| r.runq.take_next()))
        })
    }

    fn stop_spinning(&mut self, found: bool) {
        if std::mem::take(&mut self.spinning) && self.w.idle.stop_spinning() && found {
            self.w.wakep();
        }
    }

    /// The loop of an M; it is in the list of idle ones at first.
    pub(super) fn run(mut self) {
        self.sleep();
        while !self.is_done() {
            let Some((slot, p)) = self.p else {
                self.stop_spinning(false);
                self.w.idle.join(self.me);
                self.sleep();
                continue;
            };
            if self.w.records[p].tenure.is_retired() {
                assert!(self.releasep().is_none());
                if let Some(slot) = self.w.idle.acquire(slot) {
                    self.acquirep(slot);
                }
                continue;
            }
            if !self.spinning && chance(2) {
                self.spinning = true;
                self.w.idle.become_spinning();
            }
            if let Some(gp) = self.find() {
                self.stop_spinning(true);
                self.execute(gp);
                continue;
            }
            if self.releasep().is_none() {
                continue;
            }
            match self.w.idle.give_up(slot, Some(self.me), self.spinning) {
                GiveUp::SpinInstead => {
                    self.spinning = true;
                    self.acquirep(slot);
                }
                GiveUp::Idle => {
                    self.spinning = false;
                    self.sleep();
                }
            }
        }
        self.stop_spinning(false);
        if self.p.is_some() {
            if let Some(slot) = self.releasep() {
                let _ = self.w.idle.give_up(slot, None, false);
            }
        }
    }

    fn is_dismissed(&self) -> bool {
        self.w.ms[self.me].is_dismissed.load(Ordering::SeqCst)
    }

    fn is_done(&self) -> bool {
        self.w.closing.is_closing() || self.is_dismissed()
    }

    /// In the list of idle Ms: as `second_look` and `mpark`.
    fn sleep(&mut self) {
        let closing = self.w.closing.is_closing();
        if closing || self.w.has_work() {
            let left = if closing { self.w.idle.leave(self.me, 0) } else { self.w.idle.leave_with_p(self.me, 0) };
            match left {
                Leave::WithP(slot) => {
                    self.acquirep(slot);
                    self.spinning = true;
                    return;
                }
                Leave::WithoutP => return,
                Leave::Stayed | Leave::Claimed => {}
            }
        }
        loop {
            let next = self.w.ms[self.me].nextp.swap(0, Ordering::SeqCst);
            if next != 0 {
                self.acquirep((next - 2) / 2);
                self.spinning = next % 2 == 1;
                return;
            }
            if self.is_dismissed() {
                if self.w.has_work() {
                    self.w.wakep();
                }
                return;
            }
            if self.w.closing.is_closing() {
                match self.w.idle.leave(self.me, 0) {
                    Leave::WithP(slot) => {
                        self.acquirep(slot);
                        self.spinning = true;
                        return;
                    }
                    Leave::WithoutP => return,
                    Leave::Stayed | Leave::Claimed => {}
                }
            }
            self.w.ms[self.me].note.sleep();
        }
    }
}
