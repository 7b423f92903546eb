//! How much CPU time a thread has used, read by another thread.
//!
//! This is how the system monitor tells a thread that blocks in the kernel (its clock stands) from
//! one that computes (its clock runs with the wall) and from one that was preempted (neither).
//! About 0.3 µs a reading, so for suspects only.
//!
//! The clock outlives its thread safely: it is a number made of the kernel's thread id, not a
//! `pthread_t`, and the kernel refuses it once no thread of this process has that id. If the id has
//! been given to a new thread of this process the reading is that thread's, so whoever keeps a
//! clock drops it with the thread.
//!
//! Go: none — Go can't tell these cases apart

use std::time::Duration;

use crate::sys::os;

/// The CPU clock of one thread.
#[derive(Clone, Copy, Debug)]
pub struct ThreadCpuClock(os::CpuClock);

impl ThreadCpuClock {
    /// The calling thread's; `None` where no other thread could read it.
    #[must_use]
    pub fn current() -> Option<ThreadCpuClock> {
        os::CpuClock::current().map(ThreadCpuClock)
    }

    /// Another thread's of this process, by the number that [`gettid`](crate::affinity::gettid) gave it.
    #[must_use]
    pub fn of_thread(tid: i32) -> Option<ThreadCpuClock> {
        os::CpuClock::of_thread(tid).map(ThreadCpuClock)
    }

    /// That of all threads of this process together, those that have ended among them. `None` where it isn't to be had.
    #[must_use]
    pub fn of_process() -> Option<ThreadCpuClock> {
        os::CpuClock::of_process().map(ThreadCpuClock)
    }

    /// CPU time used so far, in user code and the kernel. `None` once the thread has ended.
    #[must_use]
    pub fn read(&self) -> Option<Duration> {
        self.0.read()
    }
}

/// Whether a thread of this process runs or would if it had a CPU; false: it waits for something else. `None` where the system
/// doesn't say. A few microseconds.
#[must_use]
pub fn wants_cpu(tid: i32) -> Option<bool> {
    os::wants_cpu(tid)
}

#[cfg(all(test, target_os = "linux", not(miri)))]
mod tests;
