//! A descriptor by itself, without a kernel: the word, the two direct wakers, the list.

use super::{Direction, PollDesc, ReadyEvent, Waiting};
use crate::ready::Ready;
use gmp_base::lockrank::assert_no_locks;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

/// Counts its wakes; user code, so it runs without a lock. The `Arc`'s count tells how many of its wakers there are.
#[derive(Default)]
struct Task {
    wakes: AtomicUsize,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
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
    fn wakes(&self) -> usize {
        self.wakes.load(Ordering::Relaxed)
    }
}

fn wakers(task: &Arc<Task>) -> usize {
    Arc::strong_count(task) - 1
}

fn poll(desc: &PollDesc, task: &Arc<Task>, direction: Direction) -> Poll<ReadyEvent> {
    let waker = Waker::from(task.clone());
    desc.poll(&Context::from_waker(&waker), direction)
}

fn poll_with(desc: &PollDesc, task: &Arc<Task>, asked: Ready, waiting: &mut Waiting) -> Poll<ReadyEvent> {
    let waker = Waker::from(task.clone());
    desc.poll_with(&Context::from_waker(&waker), asked, waiting)
}

fn set(desc: &PollDesc, ready: Ready) {
    desc.set_ready(desc.generation(), ready, Waker::wake);
}

#[test]
fn an_event_wakes_its_direction() {
    let desc = PollDesc::new(0);
    let (reader, writer) = (Arc::<Task>::default(), Arc::<Task>::default());
    assert!(poll(&desc, &reader, Direction::Read).is_pending());
    assert!(poll(&desc, &writer, Direction::Write).is_pending());
    set(&desc, Ready::READABLE);
    assert_eq!((reader.wakes(), writer.wakes()), (1, 0));
    assert!(poll(&desc, &reader, Direction::Read).is_ready());
    assert!(poll(&desc, &writer, Direction::Write).is_pending());
    set(&desc, Ready::WRITE_CLOSED);
    assert_eq!((reader.wakes(), writer.wakes()), (1, 1));
    assert_eq!((wakers(&reader), wakers(&writer)), (0, 0));
}

#[test]
fn the_last_waker_of_a_direction_counts() {
    let desc = PollDesc::new(0);
    let (first, last) = (Arc::<Task>::default(), Arc::<Task>::default());
    assert!(poll(&desc, &first, Direction::Read).is_pending());
    assert!(poll(&desc, &last, Direction::Read).is_pending());
    assert_eq!(wakers(&first), 0);
    set(&desc, Ready::READABLE);
    assert_eq!((first.wakes(), last.wakes()), (0, 1));
}

/// A waker without a task, whose clones are counted.
fn counted_waker() -> Waker {
    const fn of(_: *const ()) -> RawWaker {
        RawWaker::new(std::ptr::null(), &VTABLE)
    }
    unsafe fn clone(data: *const ()) -> RawWaker {
        CLONES.set(CLONES.get() + 1);
        of(data)
    }
    unsafe fn nothing(_: *const ()) {}
    static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, nothing, nothing, nothing);
    // SAFETY: without data there is nothing that the functions could do wrong.
    unsafe { Waker::from_raw(of(std::ptr::null())) }
}

thread_local!(static CLONES: Cell<usize> = const { Cell::new(0) });

#[test]
fn the_same_waker_stays_where_it_is() {
    let desc = PollDesc::new(0);
    let waker = counted_waker();
    let wait = |direction| desc.poll(&Context::from_waker(&waker), direction).is_pending();
    assert!(wait(Direction::Read) && wait(Direction::Read) && wait(Direction::Read));
    assert_eq!(CLONES.get(), 1);
    assert!(wait(Direction::Write) && wait(Direction::Write));
    assert_eq!(CLONES.get(), 2);
    // Another one in between, an event, and the end of the wait: then it isn't there any more.
    let other = Arc::<Task>::default();
    assert!(poll(&desc, &other, Direction::Read).is_pending() && wait(Direction::Read));
    assert_eq!((CLONES.get(), wakers(&other)), (3, 0));
    set(&desc, Ready::READABLE);
    desc.clear(desc.look(Ready::READ));
    assert!(wait(Direction::Read) && wait(Direction::Read));
    assert_eq!(CLONES.get(), 4);
    desc.clear_wakers();
    assert!(wait(Direction::Read) && wait(Direction::Write));
    assert_eq!(CLONES.get(), 6);
    desc.recycle();
    assert!(wait(Direction::Read));
    assert_eq!(CLONES.get(), 7);
}

/// A waker that is the last to hold its task drops it, wherever the descriptor lets go of it.
#[test]
fn tasks_are_dropped_outside_the_lock() {
    let desc = PollDesc::new(0);
    let wait = |direction| poll(&desc, &Arc::default(), direction).is_pending();
    assert!(wait(Direction::Read) && wait(Direction::Read) && wait(Direction::Write));
    desc.clear_wakers();
    let mut waiting = Waiting::default();
    let mut wait_with = || poll_with(&desc, &Arc::default(), Ready::READ, &mut waiting).is_pending();
    assert!(wait_with() && wait_with());
    desc.forget(&mut waiting);
    assert!(wait(Direction::Read) && poll_with(&desc, &Arc::default(), Ready::READ, &mut waiting).is_pending());
    desc.recycle();
    assert!(wait(Direction::Read));
    desc.set_ready(desc.generation(), Ready::READABLE, drop);
}

#[test]
fn clear_takes_what_was_seen_and_not_what_is_final() {
    let desc = PollDesc::new(0);
    set(&desc, Ready::READABLE | Ready::WRITABLE | Ready::READ_CLOSED);
    desc.clear(desc.look(Ready::READ));
    assert_eq!(desc.look(Ready::READ).ready, Ready::READ_CLOSED);
    assert_eq!(desc.look(Ready::WRITE).ready, Ready::WRITABLE);
}

#[test]
fn clear_of_an_older_event_does_nothing() {
    let desc = PollDesc::new(0);
    set(&desc, Ready::READABLE);
    let older = desc.look(Ready::READ);
    set(&desc, Ready::READABLE);
    desc.clear(older);
    assert_eq!(desc.look(Ready::READ).ready, Ready::READABLE);
}

/// The tick has a field of its own: when it is full, the generation above and the end below stay as they are.
#[test]
fn the_tick_wraps_within_its_field() {
    let desc = PollDesc::new(0);
    desc.recycle();
    desc.set(None, |word| word | super::TICK);
    let older = desc.look(Ready::READ);
    set(&desc, Ready::READABLE);
    assert_eq!((desc.generation(), desc.look(Ready::READ).tick), (1, 0));
    assert!(!desc.look(Ready::READ).is_shutdown);
    desc.clear(older);
    assert_eq!(desc.look(Ready::READ).ready, Ready::READABLE);
}

#[test]
fn the_generation_wraps() {
    let desc = PollDesc::new(0);
    desc.set(None, |_| u64::from(u32::MAX) << super::GENERATION_SHIFT);
    set(&desc, Ready::READABLE);
    desc.recycle();
    assert_eq!(desc.generation(), 0);
    assert!(desc.look(Ready::READ).ready.is_empty());
}

#[test]
fn an_event_of_an_older_generation_is_void() {
    let desc = PollDesc::new(0);
    let old = desc.generation();
    desc.recycle();
    let task = Arc::<Task>::default();
    assert!(poll(&desc, &task, Direction::Read).is_pending());
    desc.set_ready(old, Ready::READABLE, Waker::wake);
    assert_eq!(task.wakes(), 0);
    assert!(desc.look(Ready::READ).ready.is_empty());
}

#[test]
fn waiters_on_the_list_are_woken_by_what_they_asked_for() {
    let desc = PollDesc::new(0);
    let tasks: [Arc<Task>; 3] = Default::default();
    let mut waiting: [Waiting; 3] = Default::default();
    let asked = [Ready::READ, Ready::PRIORITY, Ready::READ | Ready::WRITE];
    for i in 0..3 {
        assert!(poll_with(&desc, &tasks[i], asked[i], &mut waiting[i]).is_pending());
        // Again: it is the same waiter.
        assert!(poll_with(&desc, &tasks[i], asked[i], &mut waiting[i]).is_pending());
        assert_eq!(wakers(&tasks[i]), 1);
    }
    set(&desc, Ready::READABLE);
    assert_eq!(tasks.each_ref().map(|t| t.wakes()), [1, 0, 1]);
    desc.forget(&mut waiting[1]);
    desc.forget(&mut waiting[1]);
    set(&desc, Ready::PRIORITY);
    assert_eq!(tasks.each_ref().map(|t| t.wakes()), [1, 0, 1]);
    assert_eq!(tasks.each_ref().map(wakers), [0; 3]);
}

#[test]
fn first_come_first_woken() {
    struct Named(usize, std::sync::mpsc::Sender<usize>);

    impl Wake for Named {
        fn wake(self: Arc<Self>) {
            self.1.send(self.0).unwrap();
        }
    }

    let desc = PollDesc::new(0);
    let (tx, rx) = std::sync::mpsc::channel();
    for i in 0..5 {
        let waker = Waker::from(Arc::new(Named(i, tx.clone())));
        let asked = if i == 2 { Ready::WRITE } else { Ready::READ };
        assert!(desc.poll_with(&Context::from_waker(&waker), asked, &mut Waiting::default()).is_pending());
    }
    set(&desc, Ready::READABLE);
    set(&desc, Ready::WRITABLE);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [0, 1, 3, 4, 2]);
}

#[test]
fn the_end_wakes_all_and_stays() {
    let desc = PollDesc::new(0);
    let tasks: [Arc<Task>; 3] = Default::default();
    assert!(poll(&desc, &tasks[0], Direction::Read).is_pending());
    assert!(poll(&desc, &tasks[1], Direction::Write).is_pending());
    assert!(poll_with(&desc, &tasks[2], Ready::PRIORITY, &mut Waiting::default()).is_pending());
    desc.shut_down(Waker::wake);
    assert_eq!(tasks.each_ref().map(|t| t.wakes()), [1; 3]);
    desc.clear(desc.look(Ready::READ));
    set(&desc, Ready::READABLE);
    assert!(desc.look(Ready::READ).is_shutdown);
    assert!(poll(&desc, &tasks[1], Direction::Write).is_ready());
}

#[test]
fn what_is_assumed_is_no_event() {
    let desc = PollDesc::new(0);
    desc.assume(Ready::WRITABLE);
    let event = desc.look(Ready::WRITE);
    assert_eq!(event.ready, Ready::WRITABLE);
    desc.clear(event);
    assert!(desc.look(Ready::WRITE).ready.is_empty());
}
