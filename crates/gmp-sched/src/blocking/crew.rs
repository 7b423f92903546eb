//! [`Crew`]: which threads of the pool sleep, and how many look for a job.
//!
//! A thread of the pool is *asleep*, *searching* or *busy* with a job. The three figures that matter, how many search, how
//! many sleep and how many there are, share one word, so that a submitter who reads it sees them as they were at one
//! moment. Sleeping threads are a stack: the one that went to sleep last is woken first, its caches are warm; the others get the
//! chance to outlive their use.
//!
//! A job doesn't wake a thread of its own: it makes sure that somebody searches. Who has found a job and leaves others behind makes sure of
//! the same before it begins (as Go's Ms do). So a job never waits for another one to end unless all threads that there may be
//! are busy, and a burst of small jobs costs few wakes.
//!
//! # Proof: no job is left lying
//! Claim: when a job has been submitted, it has been taken, or a searching thread will look at the queue, or all threads that there may
//! be are busy and each will look when it is through, or starting a thread has failed and whoever failed has been told.
//!
//! Submitting is: push; full fence; read the word ([`call`](Crew::call)). It wakes nobody only if the word says
//! (a) somebody searches, or (b) nobody sleeps and there are as many threads as there may be.
//!
//! Whoever changes the word away from that looks at the queue behind a full fence: a searcher that has found a job
//! ([`found`](Crew::found)), one that goes to sleep ([`park`](Crew::park)), a busy thread that goes to sleep (the same),
//! and a thread's maker that fails ([`failed`](Crew::failed)). Of the submitter's fence and that one either the submitter's
//! is first, then the job is seen; or the other's is, then the submitter reads the changed word. As the last searcher to
//! leave does so, (a) is safe; as each busy thread does so before it sleeps, (b) is.
//!
//! A claim (a sleeper taken off the stack, or a thread to be made) counts as searching from the moment it is made, and others rely
//! on it. A sleeper taken off the stack wakes: its time may be up at the same moment, but it can only end by taking itself
//! off the stack ([`expire`](Crew::expire)), under the same lock. A thread that can't be made is given back by `failed`,
//! under that lock too: threads that went to sleep before are woken by it, those that do later have the changed word before their fence.
//!
//! # Proof: nor after the end
//! Closing is: set the mark in the word; full fence; empty the queue. So a submitter reads the mark and takes a job out of the queue itself,
//! or the closer finds its job. (One for one is enough: if such a submitter finds the queue empty, its job has been taken.) The mark is set under the lock and the stack is emptied with it, so nobody is asleep from then on.
//!
//! Model: `blocking/loom_tests.rs`.
//!
//! Go: runtime/proc.go (wakep, resetspinning, mput, mget), as far as there are threads without a P

use gmp_base::CachePadded;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::{AtomicU64, Ordering, fence};
use gmp_base::note::Note;
use std::fmt;
use std::sync::Arc;

const SEARCHING: u64 = 1;
const ASLEEP: u64 = 1 << 20;
const THREAD: u64 = 1 << 40;
const CLOSED: u64 = 1 << 63;
const COUNT: u64 = ASLEEP - 1;

/// More threads than any system has.
const MOST_THREADS: usize = COUNT as usize;

/// Where one thread of the pool sleeps.
#[derive(Debug, Default)]
pub(crate) struct Sleeper {
    pub(crate) note: Note,
}

/// A copy of the word.
#[derive(Clone, Copy)]
pub(crate) struct Counts(u64);

impl Counts {
    /// Threads that look for a job or have been called to.
    pub(crate) fn searching(self) -> usize {
        (self.0 & COUNT) as usize
    }

    /// Threads in the stack.
    pub(crate) fn asleep(self) -> usize {
        ((self.0 / ASLEEP) & COUNT) as usize
    }

    /// All threads, those that are being made included.
    pub(crate) fn threads(self) -> usize {
        ((self.0 / THREAD) & COUNT) as usize
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counts")
            .field("searching", &self.searching())
            .field("asleep", &self.asleep())
            .field("threads", &self.threads())
            .field("closed", &self.is_closed())
            .finish()
    }
}

/// What a call for a searcher leaves to its caller.
#[must_use]
#[derive(Debug)]
pub(crate) enum Call {
    /// Nothing.
    Nobody,
    /// To wake this thread, which is counted as searching.
    Wake(Arc<Sleeper>),
    /// To make a thread, which is counted as searching; or to say that this [failed](Crew::failed).
    Start,
    /// To take a job out of the queue and to cancel it.
    Closed,
}

/// See the [module](self).
pub(crate) struct Crew {
    word: CachePadded<AtomicU64>,
    /// The stack; the word's figures of sleepers and threads change under its lock.
    asleep: Lock<Vec<Arc<Sleeper>>>,
    max_threads: usize,
    /// So many may search at a time.
    max_searching: usize,
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl Crew {
    pub(crate) fn new(max_threads: usize, max_searching: usize) -> Self {
        Self {
            word: CachePadded::new(AtomicU64::new(0)),
            asleep: Lock::new(LockRank::Leaf, Vec::new()),
            max_threads: max_threads.min(MOST_THREADS),
            max_searching: max_searching.max(1),
        }
    }

    /// The figures as they are now.
    #[inline]
    pub(crate) fn counts(&self) -> Counts {
        // ORDERING: where others are relied on because of it, a full fence stands before it.
        Counts(self.word.load(Ordering::Relaxed))
    }

    /// Whether one more is to search, with so many jobs in the queue.
    #[inline]
    fn is_called_for(&self, counts: Counts, backlog: impl Fn() -> usize) -> bool {
        let searching = counts.searching();
        (counts.asleep() > 0 || counts.threads() < self.max_threads)
            && (searching == 0 || (searching < self.max_searching && backlog() > searching))
    }

    /// There are jobs in the queue: makes sure that somebody searches. `may_start`, asked if
    /// nobody sleeps: whether a thread may be made.
    #[inline]
    pub(crate) fn call(&self, backlog: impl Fn() -> usize, may_start: impl Fn() -> bool) -> Call {
        // ORDERING: between the push, by this thread or by one whose push it has seen, and the read of the word.
        fence(Ordering::SeqCst);
        let counts = self.counts();
        if counts.is_closed() {
            return Call::Closed;
        }
        if !self.is_called_for(counts, &backlog) {
            return Call::Nobody;
        }
        self.claim(backlog, may_start)
    }

    #[cold]
    fn claim(&self, backlog: impl Fn() -> usize, may_start: impl Fn() -> bool) -> Call {
        let mut asleep = self.asleep.lock();
        let counts = self.counts();
        if counts.is_closed() {
            return Call::Closed;
        }
        if !self.is_called_for(counts, backlog) {
            return Call::Nobody;
        }
        if let Some(sleeper) = asleep.pop() {
            // ORDERING: nothing but the figures; the order of their changes is what the fences are for.
            self.word.fetch_sub(ASLEEP - SEARCHING, Ordering::Relaxed);
            return Call::Wake(sleeper);
        }
        if !may_start() {
            return Call::Nobody;
        }
        // ORDERING: as above.
        self.word.fetch_add(THREAD + SEARCHING, Ordering::Relaxed);
        Call::Start
    }

    /// The thread that was to be made can't be: a sleeper that there is by now takes its part. If there is none, the caller must
    /// look at the queue.
    pub(crate) fn failed(&self) -> Option<Arc<Sleeper>> {
        let mut asleep = self.asleep.lock();
        let sleeper = asleep.pop();
        let change = if sleeper.is_some() { THREAD + ASLEEP } else { THREAD + SEARCHING };
        // ORDERING: as in `claim`.
        self.word.fetch_sub(change, Ordering::Relaxed);
        drop(asleep);
        // ORDERING: between the change and the look.
        fence(Ordering::SeqCst);
        sleeper
    }

    /// A busy thread is through and searches, so that nobody else need be woken.
    pub(crate) fn search(&self) {
        // ORDERING: as in `claim`.
        self.word.fetch_add(SEARCHING, Ordering::Relaxed);
    }

    /// A searcher has found a job, or stops for another reason. The caller must look at the queue, and [`call`](Self::call) if there is
    /// something in it.
    #[inline]
    pub(crate) fn found(&self) {
        // ORDERING: as in `claim`.
        self.word.fetch_sub(SEARCHING, Ordering::Relaxed);
        // ORDERING: between the change and the look.
        fence(Ordering::SeqCst);
    }

    /// The calling thread goes to sleep: the caller must look at the queue and [`call`](Self::call) if there is something
    /// in it, then sleep on the note. False if the pool is closed: the thread is to end, and isn't counted any more.
    pub(crate) fn park(&self, me: &Arc<Sleeper>, searching: bool) -> bool {
        let searching = if searching { SEARCHING } else { 0 };
        let mut asleep = self.asleep.lock();
        if self.counts().is_closed() {
            // ORDERING: as in `claim`.
            self.word.fetch_sub(THREAD + searching, Ordering::Relaxed);
            return false;
        }
        asleep.push(me.clone());
        // ORDERING: as in `claim`.
        self.word.fetch_add(ASLEEP - searching, Ordering::Relaxed);
        drop(asleep);
        // ORDERING: between the change and the look.
        fence(Ordering::SeqCst);
        true
    }

    /// The calling thread has slept long enough. True if it is to end, and isn't counted any more; false if it has been claimed: a
    /// wake-up is on its way.
    pub(crate) fn expire(&self, me: &Arc<Sleeper>) -> bool {
        let mut asleep = self.asleep.lock();
        let Some(place) = asleep.iter().position(|s| Arc::ptr_eq(s, me)) else {
            return false;
        };
        // The order stays: it is how long they have slept.
        asleep.remove(place);
        // ORDERING: as in `claim`. A submitter that reads the word before this sees a sleeper, and comes for the lock.
        self.word.fetch_sub(THREAD + ASLEEP, Ordering::Relaxed);
        true
    }

    /// No more jobs. The caller must wake those that are returned, which are counted as searching, and empty the queue.
    pub(crate) fn close(&self) -> Vec<Arc<Sleeper>> {
        let mut asleep = self.asleep.lock();
        let sleepers = std::mem::take(&mut *asleep);
        // ORDERING: as in `claim`.
        self.word.fetch_or(CLOSED, Ordering::Relaxed);
        // ORDERING: as in `claim`.
        self.word.fetch_sub(sleepers.len() as u64 * (ASLEEP - SEARCHING), Ordering::Relaxed);
        drop(asleep);
        // ORDERING: between the mark and the emptying.
        fence(Ordering::SeqCst);
        sleepers
    }
}
