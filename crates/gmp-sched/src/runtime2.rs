//! The data of the scheduler, without behaviour: who owns what.
//!
//! * [`config`] — every knob, filled by the builder.
//! * [`order`] — whom an M steals from first.
//! * [`p`] — the P record: what an M needs to run Gs. And the P *slot*: one of GOMAXPROCS places for a record.
//! * `kept` — what an M keeps for those who sleep.
//! * [`m`] — the M: an OS thread with its g0.
//! * [`schedt`] — what all of them share.
//!
//! | | idle | in use | taken away |
//! |---|---|---|---|
//! | P slot | bit in the idle mask; its record is IDLE | its record is LIVE, one M holds it | out: GOMAXPROCS is less |
//! | P record | IDLE, in a slot or among the spares | LIVE, one M holds it | RETIRED, its M still holds it |
//! | M | in the list of idle Ms, asleep on its note | holds a record, or is locked to a G | runs on without a P |
//!
//! Go: runtime/runtime2.go

pub mod config;
pub mod order;
pub mod p;
pub(crate) mod kept;
pub mod m;
pub mod schedt;
