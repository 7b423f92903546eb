//! What the transitions of a G's [`Status`](super::Status) leave to who makes them.
//!
//! Go: none — there a transition says only whether it happened (casgstatus)

/// What [`Status::park`](super::Status::park) found.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Park {
    /// The G waits; it must not be touched any more, it may be running elsewhere already.
    Parked,
    /// It was woken during the poll: it is runnable, and the caller has the right to queue it.
    Again {
        /// It was also cancelled.
        cancelled: bool,
    },
    /// It is locked to the caller's M: only the caller runs it.
    Locked {
        /// It was woken during the poll: it is runnable, and the right to run it is the caller's. If not, it waits.
        again: bool,
        /// It was also cancelled.
        cancelled: bool,
    },
}

/// What [`Status::complete`](super::Status::complete) leaves to its caller.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Complete {
    /// Nobody else has a reference: drop the output and free the cell.
    Sole,
    /// The join handle has the output, and the life reference is given up: nothing is left to do.
    Released,
    /// Wake the join waker, then drop the life reference.
    WakeJoiner,
    /// Nobody will read the output: drop it, then the life reference.
    DropOutput,
}

/// What a wake leaves to its caller.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Nothing.
    Nothing,
    /// Queue the G, which isn't locked.
    Submit,
    /// Tell the M that the G is locked to.
    SubmitLocked,
    /// That was the last reference, and it was given up: free the cell.
    Free,
}

impl Wake {
    /// Whether the right to queue the G is the caller's.
    #[inline]
    pub fn is_submit(self) -> bool {
        matches!(self, Wake::Submit | Wake::SubmitLocked)
    }

    /// Of a G that was waiting. Its lock is what the word said when the right to queue it was won, and nobody changes it until that
    /// is used.
    #[inline(always)]
    pub(super) fn of_waiting(locked: bool) -> Self {
        if locked { Wake::SubmitLocked } else { Wake::Submit }
    }
}

/// What dropping the join handle leaves to its caller.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum JoinDropped {
    /// Nothing; the reference is given up.
    Nothing,
    /// The join waker is the caller's: drop it, then the reference.
    DropWaker,
    /// The output is the caller's: drop it, then the reference.
    DropOutput,
}
