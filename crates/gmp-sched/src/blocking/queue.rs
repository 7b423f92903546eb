//! [`Queue`]: the jobs that wait, first in, first out.
//!
//! One queue and not a queue for each CPU: a pool of one thread runs jobs in the order of their submission, as programs expect that use it
//! so, and the first job is never overtaken by later ones. It has no lock: a push is a compare-exchange of the tail, a pop one
//! of the head, which stand in lines of their own, and one allocation serves 31 jobs. So submitters meet for some nanoseconds on one
//! line, where a lock that is held by a thread which has lost its CPU stops them all.
//!
//! Go: none — Go's syscalls run on the M that calls them.

use crate::blocking::Job;
use crossbeam::queue::SegQueue;

/// The jobs that wait.
#[derive(Debug, Default)]
pub(crate) struct Queue(SegQueue<Job>);

impl Queue {
    /// To the tail.
    #[inline]
    pub(crate) fn push(&self, job: Job) {
        self.0.push(job);
    }

    /// From the head.
    #[inline]
    pub(crate) fn pop(&self) -> Option<Job> {
        // The queue's own `pop` has a full fence in it even if there is nothing.
        if self.0.is_empty() { None } else { self.0.pop() }
    }

    /// Whether no push has ended whose job hasn't been taken. Behind a full fence it sees all pushes before that.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many jobs wait.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
