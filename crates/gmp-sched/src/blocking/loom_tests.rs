//! Models of submit ∥ park ∥ keep-alive's end ∥ a thread that can't be made ∥ shutdown. A job that is left lying is a submitter that waits
//! for ever, which loom reports as a deadlock.
//!
//! The [`Crew`] and the notes are the real ones. The queue is reduced to a list under a lock and a length that is read without one, as weak
//! as a queue's look at its own indices may be. loom has no clock: a thread whose keep-alive time ends does so at once.

use super::crew::{Call, Crew, Sleeper};
use gmp_base::loom::{AtomicBool, AtomicUsize, Mutex, Ordering, fence, thread};
use gmp_base::note::Note;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a job is to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    Nothing,
    /// Waits for the others.
    WaitFor(usize),
}

struct World {
    crew: Crew,
    jobs: Mutex<VecDeque<Job>>,
    len: AtomicUsize,
    done: AtomicUsize,
    cancelled: AtomicUsize,
    /// Told when a job is done.
    submitter: Note,
    waiting_job: Note,
    /// The first so many threads can't be made.
    failures: AtomicUsize,
    retrying: AtomicBool,
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
    expire: bool,
}

impl World {
    fn new(max_threads: usize, expire: bool) -> Arc<Self> {
        Arc::new(Self {
            crew: Crew::new(max_threads, 1),
            jobs: Mutex::default(),
            len: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
            submitter: Note::new(),
            waiting_job: Note::new(),
            failures: AtomicUsize::new(0),
            retrying: AtomicBool::new(false),
            threads: Mutex::default(),
            expire,
        })
    }

    fn is_empty(&self) -> bool {
        self.len.load(Ordering::Relaxed) == 0
    }

    fn push(&self, job: Job) {
        let mut jobs = self.jobs.lock();
        jobs.push_back(job);
        self.len.store(jobs.len(), Ordering::Relaxed);
    }

    fn pop(&self) -> Option<Job> {
        if self.is_empty() {
            return None;
        }
        let mut jobs = self.jobs.lock();
        let job = jobs.pop_front();
        self.len.store(jobs.len(), Ordering::Relaxed);
        job
    }

    fn submit(self: &Arc<Self>, job: Job) {
        self.push(job);
        self.call();
    }

    fn call(self: &Arc<Self>) {
        let may_start = || !self.retrying.load(Ordering::Relaxed);
        if self.attempt(may_start) && !self.retrying.swap(true, Ordering::Relaxed) {
            self.try_again();
        }
    }

    /// Says whether there are jobs and no thread to be had for them.
    fn attempt(self: &Arc<Self>, may_start: impl Fn() -> bool) -> bool {
        match self.crew.call(|| self.len.load(Ordering::Relaxed), may_start) {
            Call::Nobody => {}
            Call::Wake(sleeper) => drop(sleeper.note.wakeup()),
            Call::Closed => _ = self.discard_one(),
            Call::Start => {
                if self.failures.load(Ordering::Relaxed) == 0 {
                    self.start(true);
                    return false;
                }
                self.failures.fetch_sub(1, Ordering::Relaxed);
                match self.crew.failed() {
                    Some(sleeper) => drop(sleeper.note.wakeup()),
                    None if self.crew.counts().is_closed() => _ = self.discard_one(),
                    None => return !self.is_empty(),
                }
            }
        }
        false
    }

    /// What `retry::now` does, at once.
    fn try_again(self: &Arc<Self>) {
        self.retrying.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !self.is_empty() {
            assert!(!self.attempt(|| true), "only the first attempts fail");
        }
    }

    fn discard_one(&self) -> bool {
        let any = self.pop().is_some();
        self.cancelled.fetch_add(usize::from(any), Ordering::Relaxed);
        any
    }

    fn start(self: &Arc<Self>, searching: bool) {
        let world = self.clone();
        let handle = thread::spawn(move || world.run(searching));
        self.threads.lock().push(handle);
    }

    /// A thread that is there from the beginning.
    fn begin_with_a_thread(self: &Arc<Self>, searching: bool) {
        assert!(matches!(self.crew.call(|| 1, || true), Call::Start));
        if !searching {
            self.crew.found();
        }
        self.start(searching);
    }

    /// What `thread::run` and `find_job` do.
    fn run(self: &Arc<Self>, mut searching: bool) {
        let me: Arc<Sleeper> = Arc::default();
        loop {
            if let Some(job) = self.pop() {
                if std::mem::take(&mut searching) {
                    self.crew.found();
                }
                if !self.is_empty() {
                    self.call();
                }
                if let Job::WaitFor(others) = job {
                    while self.done.load(Ordering::Acquire) < others {
                        self.waiting_job.sleep();
                    }
                }
                self.done.fetch_add(1, Ordering::AcqRel);
                self.waiting_job.wakeup();
                self.submitter.wakeup();
                continue;
            }
            if !self.crew.park(&me, std::mem::take(&mut searching)) {
                return;
            }
            if !self.is_empty() {
                self.call();
            }
            if self.expire && self.crew.expire(&me) {
                return;
            }
            me.note.sleep();
            searching = true;
        }
    }

    /// Waits until all `jobs` are done.
    fn wait(&self, jobs: usize) {
        while self.done.load(Ordering::Acquire) < jobs {
            self.submitter.sleep();
        }
    }

    fn close(&self) {
        for sleeper in self.crew.close() {
            sleeper.note.wakeup();
        }
        while self.discard_one() {}
    }

    fn join_all(&self) {
        loop {
            let Some(handle) = self.threads.lock().pop() else { break };
            handle.join().unwrap();
        }
        let counts = self.crew.counts();
        assert_eq!((counts.threads(), counts.asleep(), counts.searching()), (0, 0, 0));
        assert!(self.jobs.lock().is_empty());
    }
}

/// One thread, which may be searching or about to sleep, and no other to be had.
#[test]
fn loom_pool_submit_against_park() {
    for searching in [true, false] {
        loom::model(move || {
            let w = World::new(1, false);
            w.begin_with_a_thread(searching);
            w.submit(Job::Nothing);
            w.submit(Job::Nothing);
            w.wait(2);
            w.close();
            w.join_all();
        });
    }
}

#[test]
fn loom_pool_two_submitters_against_park() {
    loom::model(move || {
        let w = World::new(1, false);
        w.begin_with_a_thread(true);
        let other = w.clone();
        let t = thread::spawn(move || other.submit(Job::Nothing));
        w.submit(Job::Nothing);
        w.wait(2);
        t.join().unwrap();
        w.close();
        w.join_all();
    });
}

/// The thread's time is up when it goes to sleep; it is claimed before, or another one is made.
#[test]
fn loom_pool_submit_against_the_end_of_keep_alive() {
    for max_threads in [1, 2] {
        loom::model(move || {
            let w = World::new(max_threads, true);
            w.begin_with_a_thread(true);
            w.submit(Job::Nothing);
            w.wait(1);
            w.submit(Job::Nothing);
            w.wait(2);
            w.close();
            w.join_all();
        });
    }
}

/// The first job waits for the second: it must get a thread of its own.
#[test]
fn loom_pool_jobs_that_wait_for_each_other() {
    for searching in [true, false] {
        loom::model(move || {
            let w = World::new(2, false);
            w.begin_with_a_thread(searching);
            w.submit(Job::WaitFor(1));
            w.submit(Job::Nothing);
            w.wait(2);
            w.close();
            w.join_all();
        });
    }
}

/// A thread can't be made, and meanwhile another submitter has relied on it, or on its being tried again; and the thread that there is
/// goes to sleep, or is busy until the other job is done.
#[test]
fn loom_pool_failure_against_submit_and_park() {
    for first in [Job::Nothing, Job::WaitFor(1)] {
        // Four threads: with two preemptions it doesn't end.
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(1);
        model.check(move || {
            let w = World::new(2, false);
            w.failures.store(1, Ordering::Relaxed);
            w.begin_with_a_thread(false);
            let other = w.clone();
            let t = thread::spawn(move || other.submit(Job::Nothing));
            w.submit(first);
            w.wait(2);
            t.join().unwrap();
            w.close();
            w.join_all();
        });
    }
}

/// No thread at all can be made at first.
#[test]
fn loom_pool_failure_without_any_thread() {
    loom::model(move || {
        let w = World::new(1, false);
        w.failures.store(1, Ordering::Relaxed);
        let other = w.clone();
        let t = thread::spawn(move || other.submit(Job::Nothing));
        w.submit(Job::Nothing);
        w.wait(2);
        t.join().unwrap();
        w.close();
        w.join_all();
    });
}

/// Each job is done or cancelled, once, and no thread sleeps on.
#[test]
fn loom_pool_shutdown_against_submit_and_park() {
    for expire in [true, false] {
        loom::model(move || {
            let w = World::new(1, expire);
            w.begin_with_a_thread(true);
            let other = w.clone();
            let t = thread::spawn(move || other.submit(Job::Nothing));
            w.close();
            t.join().unwrap();
            w.join_all();
            let (done, cancelled) = (w.done.load(Ordering::Relaxed), w.cancelled.load(Ordering::Relaxed));
            assert_eq!(done + cancelled, 1);
        });
    }
}
