//! Model: push ∥ retire ∥ steal ∥ return. Each element comes out exactly once, and the ring has one producer.

use super::Tenure;
use crate::runq::{Put, Runq};
use crate::testing::{Item, take};
use gmp_base::loom::{Mutex, thread};
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
