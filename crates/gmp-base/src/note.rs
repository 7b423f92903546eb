//! [`Note`]: where one thread sleeps and others wake it.
//!
//! A note holds one wake-up. [`Note::wakeup`] before [`Note::sleep`] makes the sleep return at once; two wake-ups
//! before a sleep count as one. Only the note's owner may sleep on it.
//!
//! An owner that waits for something else than the note, such as events, says so before and after
//! ([`Note::start_polling`], [`Note::stop_polling`]); a waker that finds it there is told to break that off. So sleeping
//! and polling are one state word, and a wake-up can't fall between the two.
//!
//! What the waker wrote before `wakeup` is visible after the `sleep` that consumed it.
//!
//! Go: runtime/lock_futex.go (notesleep, notewakeup, notetsleep, noteclear)

#[cfg(all(target_os = "linux", not(any(gmp_loom, gmp_shuttle))))]
#[path = "note/futex.rs"]
mod sys;

#[cfg(not(all(target_os = "linux", not(any(gmp_loom, gmp_shuttle)))))]
#[path = "note/condvar.rs"]
mod sys;

pub use sys::Note;

/// Whom a wake-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Nobody asleep: the wake-up waits in the note.
    Nobody,
    /// The owner may have been asleep, and has been woken.
    Sleeper,
    /// The owner waits for something else, as it has said: the caller must break that off.
    Poller,
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
