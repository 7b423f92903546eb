//! A note on Linux: one word and the futex system call.
//!
//! ```text
//! CLEAR ──sleep──────────▶ SLEEPING ──wakeup──▶ SIGNALLED ──(sleeper returns)──▶ CLEAR
//!   ├─────start_polling──▶ POLLING ───wakeup──────▲
//!   └─────wakeup───────────────────────────────────▲
//! ```
//!
//! Go: runtime/lock_futex.go

use super::Woken;
use crate::loom::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const CLEAR: u32 = 0;
const SIGNALLED: u32 = 1;
const SLEEPING: u32 = 2;
const POLLING: u32 = 3;

/// One sleeper, any number of wakers. See the [module](super).
#[derive(Debug, Default)]
pub struct Note {
    word: AtomicU32,
}

impl Note {
    /// A note without a wake-up in it.
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(CLEAR) }
    }

    /// Sleeps until there is a wake-up and consumes it.
    pub fn sleep(&self) {
        self.sleep_until(None);
    }

    /// As [`sleep`](Self::sleep) for at most `timeout`; says whether a wake-up came.
    pub fn sleep_timeout(&self, timeout: Duration) -> bool {
        // A time too far to be represented is no limit at all.
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.sleep_until(Some(deadline)),
            None => self.sleep_until(None),
        }
    }

    /// Consumes a wake-up if there is one.
    #[inline]
    pub fn take(&self) -> bool {
        // ORDERING: acquires what the waker published by its swap in `wakeup`.
        self.word.compare_exchange(SIGNALLED, CLEAR, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Empties the note, which is signalled.
    fn consume(&self) -> bool {
        // ORDERING: a swap and not a store: a second waker may have signalled since we looked, finding the note signalled
        // already and waking nobody. What it published must be ours too, for its signal is gone after this.
        self.word.swap(CLEAR, Ordering::Acquire) == SIGNALLED
    }

    fn sleep_until(&self, deadline: Option<Instant>) -> bool {
        // ORDERING: the failure case finds SIGNALLED and acquires what `wakeup` published. The success case publishes
        // nothing; only the word itself matters to the waker.
        if self.word.compare_exchange(CLEAR, SLEEPING, Ordering::Relaxed, Ordering::Acquire).is_err() {
            return self.consume();
        }
        loop {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if left.is_some_and(|l| l.is_zero()) {
                // ORDERING: acquires `wakeup`'s swap if it came just before the limit.
                return self.word.swap(CLEAR, Ordering::Acquire) == SIGNALLED;
            }
            futex_wait(&self.word, SLEEPING, left);
            // ORDERING: acquires `wakeup`'s swap. A wake for another reason leaves SLEEPING and we sleep again.
            if self.word.load(Ordering::Acquire) == SIGNALLED {
                return self.consume();
            }
        }
    }

    /// The owner is about to wait for something else. False if there is a wake-up, which is consumed: it must not wait.
    #[must_use]
    pub fn start_polling(&self) -> bool {
        // ORDERING: as in `sleep_until`.
        let polling = self.word.compare_exchange(CLEAR, POLLING, Ordering::Relaxed, Ordering::Acquire).is_ok();
        if !polling {
            self.consume();
        }
        polling
    }

    /// The owner waits no more. Consumes a wake-up if one has come, and says so.
    pub fn stop_polling(&self) -> bool {
        self.consume()
    }

    /// Leaves a wake-up and wakes the sleeper if there is one. Says whom it found.
    pub fn wakeup(&self) -> Woken {
        // ORDERING: publishes everything before it to the sleeper's acquire; the swap also is a full barrier on every
        // target, so that a second waker that finds SIGNALLED has published too (it continues the release sequence).
        match self.word.swap(SIGNALLED, Ordering::AcqRel) {
            SLEEPING => {
                futex_wake_one(&self.word);
                Woken::Sleeper
            }
            POLLING => Woken::Poller,
            _ => Woken::Nobody,
        }
    }
}

fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    let ts = timeout.map(|t| libc::timespec {
        tv_sec: libc::time_t::try_from(t.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: t.subsec_nanos().into(),
    });
    let ts_ptr = ts.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: FUTEX_WAIT needs a valid aligned word, which the reference is, and a null or valid timeout, which `ts`
    // (alive until after the call) is. Errors (EAGAIN, EINTR, ETIMEDOUT) only mean "look at the word again".
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, expected, ts_ptr);
    }
}

fn futex_wake_one(word: &AtomicU32) {
    // SAFETY: FUTEX_WAKE only uses the address as a key; waking a key nobody waits on is harmless.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1);
    }
}
