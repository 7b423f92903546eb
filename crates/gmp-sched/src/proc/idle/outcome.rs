//! What calls of [`Idle`](super::Idle) come to.
//!
//! Go: none — there they are pairs of results

/// Whether the M in the seat wakes in time.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Cover<T> {
    /// It does.
    Covered,
    /// It doesn't: kick it.
    Kick(T),
    /// Nobody is in the seat. Who is awake will look before it sleeps.
    Empty,
}

/// A P slot that is no longer idle, for an M that is counted as spinning.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub struct Claim<T> {
    /// The slot.
    pub slot: usize,
    /// An M that was idle; if there was none, one has to be made.
    pub mp: Option<T>,
}

/// What became of an M's attempt to give its P up.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The P is idle now. The caller must look into all queues again.
    Idle,
    /// The caller keeps its P and is counted as spinning: somebody asked for one.
    SpinInstead,
}

/// What became of an M's attempt to leave the list of idle Ms on its own.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Leave {
    /// It has left the list, and takes this slot, counted as spinning.
    WithP(usize),
    /// It has left the list; there is no idle P.
    WithoutP,
    /// It is still in the list; there is no idle P.
    Stayed,
    /// It isn't in the list: a waker has taken it out and will give it a P.
    Claimed,
}
