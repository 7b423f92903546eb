//! Run queues, generic over the element.
//!
//! | queue | producer | consumers | file |
//! |---|---|---|---|
//! | [`Runq`]: ring of 256 and `runnext` | the P's owner only | anyone | [`runq`], [`runqsteal`] |
//! | [`GlobRunq`]: FIFO under a lock | anyone | anyone | [`globrunq`] |
//! | [`GQueue`]: plain FIFO list | its holder | its holder | [`glist`] |
//!
//! [`Pmask`] is a set of P numbers that many read and few write; [`Tenure`] is the word by which an M learns that it
//! has lost its P (retire and replace).
//!
//! No policy and no metrics here: what happened is returned. Internal to gmp: no semver promise.
//!
//! Go: runtime/proc.go:7251-7905

pub mod pmask;
pub mod glist;
pub mod runq;
pub mod runqsteal;
pub mod globrunq;
pub mod tenure;

pub use glist::GQueue;
pub use globrunq::GlobRunq;
pub use pmask::Pmask;
pub use runq::{Put, Runq};
pub use runqsteal::Stolen;
pub use tenure::Tenure;

#[cfg(test)]
mod testing;
