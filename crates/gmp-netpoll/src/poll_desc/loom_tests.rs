//! Models of one descriptor: event ∥ poll, event ∥ clear, event ∥ list waiters, event ∥ recycle, shutdown ∥ poll. The kernel is
//! a thread that calls `set_ready`; a task is a waker that counts.

use super::{Direction, PollDesc, ReadyEvent, Waiting};
use crate::ready::Ready;
use gmp_base::lockrank::assert_no_locks;
use gmp_base::loom::{AtomicUsize, Ordering, thread};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// A task that only counts its wakes. The `Arc`'s count tells how many of its wakers there are.
struct Task {
    wakes: AtomicUsize,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        // Of use with debug assertions only; `poll_desc::tests` has it in every run.
        assert_no_locks();
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        assert_no_locks();
    }
}

impl Task {
    fn new() -> Arc<Self> {
        Arc::new(Self { wakes: AtomicUsize::new(0) })
    }

    fn wakes(&self) -> usize {
        self.wakes.load(Ordering::Relaxed)
    }
}

/// Wakers of the task that somebody still has.
#[track_caller]
fn assert_wakers(task: &Arc<Task>, wakers: usize) {
    assert_eq!(Arc::strong_count(task) - 1, wakers, "a waker was kept, or dropped too early");
}

fn new() -> Arc<PollDesc> {
    Arc::new(PollDesc::new(0))
}

fn poll(desc: &PollDesc, task: &Arc<Task>, direction: Direction) -> Poll<ReadyEvent> {
    let waker = Waker::from(task.clone());
    desc.poll(&Context::from_waker(&waker), direction)
}

fn poll_with(desc: &PollDesc, task: &Arc<Task>, asked: Ready, waiting: &mut Waiting) -> Poll<ReadyEvent> {
    let waker = Waker::from(task.clone());
    desc.poll_with(&Context::from_waker(&waker), asked, waiting)
}

/// The poller's side on a thread of its own.
fn event(desc: &Arc<PollDesc>, generation: u32, ready: Ready) -> thread::JoinHandle<()> {
    let desc = desc.clone();
    thread::spawn(move || desc.set_ready(generation, ready, Waker::wake))
}

#[track_caller]
fn assert_ready_or_woken(polled: Poll<ReadyEvent>, task: &Task) {
    match polled {
        Poll::Ready(event) => assert!(!event.ready.is_empty(), "ready for nothing: {event:?}"),
        Poll::Pending => assert_eq!(task.wakes(), 1, "the event was lost"),
    }
}

#[test]
fn loom_event_against_poll() {
    loom::model(|| {
        let desc = new();
        let reader = Task::new();
        let t = event(&desc, 0, Ready::READABLE);
        let polled = poll(&desc, &reader, Direction::Read);
        t.join().unwrap();
        assert_ready_or_woken(polled, &reader);
        assert!(poll(&desc, &reader, Direction::Read).is_ready(), "the readiness went away");
        assert!(poll(&desc, &reader, Direction::Write).is_pending(), "the wrong direction");
    });
}

/// What the poller knew comes with the readiness, without any other order between the two.
#[test]
fn loom_event_publishes_to_poll() {
    loom::model(|| {
        let desc = new();
        let known = Arc::new(AtomicUsize::new(0));
        let t = {
            let (desc, known) = (desc.clone(), known.clone());
            thread::spawn(move || {
                known.store(1, Ordering::Relaxed);
                desc.set_ready(0, Ready::READABLE, Waker::wake);
            })
        };
        if !desc.look(Ready::READ).ready.is_empty() {
            assert_eq!(known.load(Ordering::Relaxed), 1, "ready without what made it so");
        }
        t.join().unwrap();
    });
}

/// A reader and a writer on threads of their own, and one event for both.
#[test]
fn loom_event_against_two_directions() {
    loom::model(|| {
        let desc = new();
        let (reader, writer) = (Task::new(), Task::new());
        let t = event(&desc, 0, Ready::READABLE | Ready::WRITABLE);
        let w = {
            let (desc, writer) = (desc.clone(), writer.clone());
            thread::spawn(move || poll(&desc, &writer, Direction::Write))
        };
        let read = poll(&desc, &reader, Direction::Read);
        let write = w.join().unwrap();
        t.join().unwrap();
        assert_ready_or_woken(read, &reader);
        assert_ready_or_woken(write, &writer);
    });
}

#[test]
fn loom_event_against_clear_of_an_older_one() {
    loom::model(|| {
        let desc = new();
        desc.set_ready(0, Ready::READABLE | Ready::WRITABLE, Waker::wake);
        let older = desc.look(Ready::READ);
        let t = event(&desc, 0, Ready::READABLE);
        desc.clear(older);
        t.join().unwrap();
        let newer = desc.look(Ready::READ | Ready::WRITE);
        assert_eq!(newer.ready, Ready::READABLE | Ready::WRITABLE, "the newer event was cleared");
        desc.clear(newer.with_ready(Ready::READABLE));
        assert_eq!(desc.look(Ready::READ | Ready::WRITE).ready, Ready::WRITABLE);
    });
}

/// Two operations find that they would block, each for its own direction and after the same event.
#[test]
fn loom_clear_against_clear() {
    loom::model(|| {
        let desc = new();
        desc.set_ready(0, Ready::READABLE | Ready::WRITABLE | Ready::READ_CLOSED, Waker::wake);
        let (read, write) = (desc.look(Ready::READ), desc.look(Ready::WRITE));
        let t = {
            let desc = desc.clone();
            thread::spawn(move || desc.clear(write))
        };
        desc.clear(read);
        t.join().unwrap();
        assert_eq!(desc.look(Ready::READ | Ready::WRITE).ready, Ready::READ_CLOSED, "one of them undid the other");
    });
}

/// A whole operation on a descriptor that is taken for ready: look, would block, clear, wait; while data comes.
#[test]
fn loom_event_against_a_whole_operation() {
    loom::model(|| {
        let desc = new();
        desc.assume(Ready::READABLE);
        let data = Arc::new(AtomicUsize::new(0));
        let reader = Task::new();
        let t = {
            let (desc, data) = (desc.clone(), data.clone());
            thread::spawn(move || {
                data.store(1, Ordering::Relaxed);
                desc.set_ready(0, Ready::READABLE, Waker::wake);
            })
        };
        let mut done = false;
        // At most twice: the second time it is the event that has made it ready.
        while let Poll::Ready(event) = poll(&desc, &reader, Direction::Read) {
            if data.load(Ordering::Relaxed) == 1 {
                done = true;
                break;
            }
            desc.clear(event);
        }
        t.join().unwrap();
        assert!(done || reader.wakes() == 1, "the reader sleeps on data");
    });
}

#[test]
fn loom_event_against_two_list_waiters() {
    loom::model(|| {
        let desc = new();
        let (first, second) = (Task::new(), Task::new());
        let t = event(&desc, 0, Ready::READABLE);
        let other = {
            let (desc, second) = (desc.clone(), second.clone());
            thread::spawn(move || {
                let mut waiting = Waiting::default();
                poll_with(&desc, &second, Ready::READ, &mut waiting)
            })
        };
        let mut waiting = Waiting::default();
        let polled = poll_with(&desc, &first, Ready::READ, &mut waiting);
        let other = other.join().unwrap();
        t.join().unwrap();
        assert_ready_or_woken(polled, &first);
        assert_ready_or_woken(other, &second);
        assert_wakers(&first, 0);
        assert_wakers(&second, 0);
    });
}

/// One gives up while the event comes; the other must not be the one who pays.
#[test]
fn loom_event_against_forget() {
    loom::model(|| {
        let desc = new();
        let (fickle, patient) = (Task::new(), Task::new());
        let mut waiting = Waiting::default();
        assert!(poll_with(&desc, &fickle, Ready::READ, &mut waiting).is_pending());
        assert_wakers(&fickle, 1);
        let t = event(&desc, 0, Ready::READABLE);
        let other = {
            let (desc, patient) = (desc.clone(), patient.clone());
            thread::spawn(move || {
                let mut waiting = Waiting::default();
                poll_with(&desc, &patient, Ready::READ, &mut waiting)
            })
        };
        desc.forget(&mut waiting);
        let polled = other.join().unwrap();
        t.join().unwrap();
        assert!(fickle.wakes() <= 1);
        assert_wakers(&fickle, 0);
        assert_ready_or_woken(polled, &patient);
        assert_wakers(&patient, 0);
    });
}

/// A waiter for something else stays, and polls again with the same number.
#[test]
fn loom_event_against_a_waiter_for_something_else() {
    loom::model(|| {
        let desc = new();
        let (reader, writer) = (Task::new(), Task::new());
        let mut write = Waiting::default();
        assert!(poll_with(&desc, &writer, Ready::WRITE, &mut write).is_pending());
        let t = event(&desc, 0, Ready::READABLE);
        let mut read = Waiting::default();
        let polled = poll_with(&desc, &reader, Ready::READ, &mut read);
        assert!(poll_with(&desc, &writer, Ready::WRITE, &mut write).is_pending());
        t.join().unwrap();
        assert_ready_or_woken(polled, &reader);
        assert_eq!(writer.wakes(), 0);
        assert_wakers(&writer, 1);
        desc.set_ready(0, Ready::WRITABLE, Waker::wake);
        assert_eq!(writer.wakes(), 1);
        assert_wakers(&writer, 0);
    });
}

#[test]
fn loom_event_against_clear_wakers() {
    loom::model(|| {
        let desc = new();
        let reader = Task::new();
        assert!(poll(&desc, &reader, Direction::Read).is_pending());
        let t = event(&desc, 0, Ready::READABLE);
        desc.clear_wakers();
        t.join().unwrap();
        assert!(reader.wakes() <= 1);
        assert_wakers(&reader, 0);
        assert!(poll(&desc, &reader, Direction::Read).is_ready(), "clearing the wakers cost the event");
    });
}

/// A late event. It may wake the next user for nothing; it must not tell it anything, nor keep or lose its waker.
#[test]
fn loom_late_event_against_recycle() {
    loom::model(|| {
        let desc = new();
        let (old, next) = (Task::new(), Task::new());
        let generation = desc.generation();
        assert!(poll(&desc, &old, Direction::Read).is_pending());
        let t = event(&desc, generation, Ready::READABLE | Ready::READ_CLOSED);
        desc.recycle();
        assert_eq!(desc.generation(), generation + 1);
        assert!(poll(&desc, &next, Direction::Read).is_pending(), "ready by an event of the user before");
        t.join().unwrap();
        assert!(old.wakes() <= 1);
        assert_wakers(&old, 0);
        assert!(desc.look(Ready::READ).ready.is_empty(), "made ready by an event of the user before");
        // If the late event has woken it, it is here again.
        assert_wakers(&next, 1 - next.wakes());
        assert!(poll(&desc, &next, Direction::Read).is_pending());
        let wakes = next.wakes();
        desc.set_ready(generation + 1, Ready::READABLE, Waker::wake);
        assert_eq!(next.wakes(), wakes + 1, "its own event was lost");
    });
}

/// The late event and one of the new user's own.
#[test]
fn loom_late_event_against_a_timely_one() {
    loom::model(|| {
        let desc = new();
        let generation = desc.generation();
        let next = Task::new();
        let late = event(&desc, generation, Ready::WRITABLE);
        desc.recycle();
        let timely = event(&desc, generation + 1, Ready::READABLE);
        let polled = poll(&desc, &next, Direction::Read);
        late.join().unwrap();
        timely.join().unwrap();
        match polled {
            Poll::Ready(event) => assert_eq!(event.ready, Ready::READABLE),
            Poll::Pending => assert_eq!(next.wakes(), 1, "its own event was lost"),
        }
        assert_eq!(desc.look(Ready::READ | Ready::WRITE).ready, Ready::READABLE);
    });
}

#[test]
fn loom_shut_down_against_poll() {
    loom::model(|| {
        let desc = new();
        let (reader, waiter) = (Task::new(), Task::new());
        let t = {
            let desc = desc.clone();
            thread::spawn(move || desc.shut_down(Waker::wake))
        };
        let mut waiting = Waiting::default();
        let polls = [
            (poll(&desc, &reader, Direction::Read), &reader),
            (poll_with(&desc, &waiter, Ready::READ, &mut waiting), &waiter),
        ];
        t.join().unwrap();
        for (polled, task) in polls {
            match polled {
                Poll::Ready(event) => assert!(event.is_shutdown),
                Poll::Pending => assert_eq!(task.wakes(), 1, "it sleeps in a runtime that has ended"),
            }
        }
        // A direct waker that wasn't needed after all may stay until the descriptor is closed; one on the list doesn't.
        assert_wakers(&waiter, 0);
        assert!(desc.look(Ready::READ).is_shutdown);
    });
}

/// The end stays, whatever an event or an operation does to the rest of the word.
#[test]
fn loom_shut_down_against_event_and_clear() {
    loom::model(|| {
        let desc = new();
        desc.set_ready(0, Ready::READABLE, Waker::wake);
        let older = desc.look(Ready::READ);
        let end = {
            let desc = desc.clone();
            thread::spawn(move || desc.shut_down(Waker::wake))
        };
        let t = event(&desc, 0, Ready::WRITABLE);
        desc.clear(older);
        end.join().unwrap();
        t.join().unwrap();
        let last = desc.look(Ready::READ | Ready::WRITE);
        assert!(last.is_shutdown, "the end was forgotten");
        assert!(last.ready.intersects(Ready::WRITABLE), "the event was lost");
    });
}

/// A task that tries again what it has tried before: its waker may be there still, or an event may just have taken it.
#[test]
fn loom_event_against_two_polls_of_one_task() {
    loom::model(|| {
        let desc = new();
        let reader = Task::new();
        assert!(poll(&desc, &reader, Direction::Read).is_pending());
        let t = event(&desc, 0, Ready::READABLE);
        let first = poll(&desc, &reader, Direction::Read);
        let second = poll(&desc, &reader, Direction::Read);
        t.join().unwrap();
        // It found the waker of before, or the one of the first of these polls; never both.
        assert_eq!(reader.wakes(), 1, "the event was lost, or told twice");
        assert!(second.is_ready() || first.is_pending(), "the readiness went away");
        let third = poll(&desc, &reader, Direction::Read);
        assert!(third.is_ready());
        // One that was registered just after the event had taken the other, and saw the readiness behind the lock.
        assert!(Arc::strong_count(&reader) <= 2);
    });
}

/// Two tasks in one direction: the last that waits is the one that is woken, whoever was there before.
#[test]
fn loom_event_against_two_polls_of_two_tasks() {
    loom::model(|| {
        let desc = new();
        let (one, other) = (Task::new(), Task::new());
        assert!(poll(&desc, &one, Direction::Read).is_pending());
        let t = event(&desc, 0, Ready::READABLE);
        let polled = [&other, &one].map(|task| poll(&desc, task, Direction::Read));
        t.join().unwrap();
        if polled[1].is_pending() {
            assert!(one.wakes() >= 1, "the last one was not woken");
        }
        assert_eq!(one.wakes() + other.wakes(), 1, "one waker at a time");
    });
}
