//! Models: push ∥ retire ∥ steal ∥ return, where each element comes out exactly once and the ring has one producer; and
//! what each arrow publishes, where the plain fields of a record are a watched cell.

use super::Tenure;
use crate::runq::{Put, Runq};
use crate::testing::{Item, take};
use gmp_base::loom::{AtomicUsize, Mutex, Ordering, UnsafeCell, thread};
use std::sync::Arc;

struct Record {
    tenure: Tenure,
    runq: Runq<Item>,
    global: Mutex<Vec<usize>>,
}

impl Record {
    /// What `runqput` in the scheduler does.
    fn push(&self, value: usize, next: bool) {
        if self.tenure.is_retired() {
            self.global.lock().push(value);
            return;
        }
        // SAFETY: the caller is the record's M; a fresh item, queued once.
        match unsafe { self.runq.put(Item::leak(value), next) } {
            Put::Next | Put::Ring => {}
            Put::Overflow(batch) => self.global.lock().extend(batch.map(take)),
        }
    }

    fn drain_as_thief(&self) {
        while let Some(item) = self.runq.take_oldest() {
            self.global.lock().push(take(item));
        }
        if let Some(item) = self.runq.take_next() {
            self.global.lock().push(take(item));
        }
    }
}

fn model(next: bool) {
    loom::model(move || {
        let record =
            Arc::new(Record { tenure: Tenure::new(), runq: Runq::starting_at(usize::MAX), global: Mutex::new(vec![]) });
        assert!(record.tenure.acquire());
        record.push(1, false);
        let sysmon = {
            let record = record.clone();
            thread::spawn(move || {
                if record.tenure.retire() {
                    record.drain_as_thief();
                    true
                } else {
                    false
                }
            })
        };
        // The M, inside a poll that goes on after the retirement.
        record.push(2, next);
        record.push(3, next);
        // The poll ends.
        let returned = if record.tenure.release() {
            false
        } else {
            record.drain_as_thief();
            record.tenure.give_back();
            true
        };
        let retired = sysmon.join().unwrap();
        assert_eq!(retired, returned, "the two ends of the tenure disagree");
        // The next holder.
        assert!(record.tenure.acquire());
        if retired {
            assert!(record.runq.is_empty() && !record.runq.has_next(), "the next holder found something");
        }
        record.drain_as_thief();
        let mut seen = record.global.lock().clone();
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3]);
    });
}

#[test]
fn loom_push_retire_steal_return_tail() {
    model(false);
}

#[test]
fn loom_push_retire_steal_return_next() {
    model(true);
}

/// A record's plain fields, which the word alone protects, and the slot that the retirer has given to another.
struct Plain {
    tenure: Tenure,
    fields: UnsafeCell<usize>,
    replacement: UnsafeCell<usize>,
    tenures: AtomicUsize,
}

// SAFETY: loom reports any access to the cells that the word doesn't order.
unsafe impl Sync for Plain {}

impl Plain {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            tenure: Tenure::new(),
            fields: UnsafeCell::new(0),
            replacement: UnsafeCell::new(0),
            tenures: AtomicUsize::new(0),
        })
    }

    fn write_fields(&self) {
        // SAFETY: the caller holds the record.
        self.fields.with_mut(|fields| unsafe { *fields += 1 });
    }
}

#[test]
fn loom_release_publishes_to_acquire() {
    loom::model(|| {
        let record = Plain::new();
        let hold = |record: &Plain| {
            let held = record.tenure.acquire();
            if held {
                record.write_fields();
                assert!(record.tenure.release());
            }
            held
        };
        let t = {
            let record = record.clone();
            thread::spawn(move || hold(&record))
        };
        let here = hold(&record);
        assert!(t.join().unwrap() || here, "neither got a free record");
    });
}

/// The M returns a retired record: its writes reach the next holder, and the retirer's have reached it.
#[test]
fn loom_give_back_publishes_and_acquires() {
    loom::model(|| {
        let record = Plain::new();
        assert!(record.tenure.acquire());
        let sysmon = {
            let record = record.clone();
            thread::spawn(move || {
                // SAFETY: nobody looks at it before the record is retired.
                record.replacement.with_mut(|replacement| unsafe { *replacement = 1 });
                record.tenure.retire() && record.tenure.acquire() && {
                    record.write_fields();
                    true
                }
            })
        };
        record.write_fields();
        let retired = !record.tenure.release();
        if retired {
            record.write_fields();
            record.tenure.give_back();
            // SAFETY: the retirer wrote it before it retired the record.
            assert_eq!(record.replacement.with(|replacement| unsafe { *replacement }), 1);
        }
        let held_again = sysmon.join().unwrap();
        assert!(retired || !held_again);
    });
}

/// The retirer of a later tenure sees what the earlier holders wrote.
#[test]
fn loom_retire_acquires_earlier_tenures() {
    loom::model(|| {
        let record = Plain::new();
        let m = {
            let record = record.clone();
            thread::spawn(move || {
                assert!(record.tenure.acquire());
                record.write_fields();
                assert!(record.tenure.release());
                assert!(record.tenure.acquire());
                record.tenures.store(2, Ordering::Relaxed);
            })
        };
        if record.tenures.load(Ordering::Relaxed) == 2 && record.tenure.retire() {
            // SAFETY: the second tenure writes nothing.
            assert_eq!(record.fields.with(|fields| unsafe { *fields }), 1);
        }
        m.join().unwrap();
    });
}
