//! [`Note`]: where one thread sleeps and others wake it.
//!
//! A note holds one wake-up. [`Note::wakeup`] before [`Note::sleep`] makes the sleep return at once; two wake-ups
//! before a sleep count as one. Only the note's owner may sleep on it.
//!
//! What the waker wrote before `wakeup` is visible after the `sleep` that consumed it.
//!
//! Go: runtime/lock_futex.go (notesleep, notewakeup, notetsleep, noteclear)

#[cfg(all(target_os = "linux", not(gmp_loom)))]
#[path = "note/futex.rs"]
mod sys;

#[cfg(not(all(target_os = "linux", not(gmp_loom))))]
#[path = "note/condvar.rs"]
mod sys;

pub use sys::Note;

#[cfg(all(test, not(gmp_loom)))]
mod tests;
