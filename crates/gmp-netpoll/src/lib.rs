//! The netpoller: which descriptors are ready, and who waits for that.
//!
//! | type | what |
//! |---|---|
//! | [`Netpoll`] | a runtime's selector: [`open`](Netpoll::open), [`deregister`](Netpoll::deregister), [`free`](Netpoll::free), [`netpoll`](Netpoll::netpoll), [`netpoll_break`](Netpoll::netpoll_break) |
//! | [`PollDesc`] | a descriptor: one word of readiness, two direct wakers (a reader's, a writer's), a list of further waiters |
//! | [`Ready`] | what a descriptor is ready for, as bits |
//! | [`fd`] | system calls on descriptors that no library offers safely |
//!
//! Registration is edge-triggered and done once, for everything; an operation that learns from the kernel that it would
//! block clears the readiness that it relied on, unless a newer event has come. Any number of threads may poll at the same time;
//! what they find they return as wakers.
//!
//! Internal to gmp: no semver promise.
//!
//! Go: runtime/netpoll.go, runtime/netpoll_epoll.go

#[cfg(unix)]
pub mod fd;
pub mod ready;
pub mod poll_desc;
mod poll_cache;
mod sys;
pub mod netpoll;

pub use mio::Interest;
pub use mio::event::Source;
pub use netpoll::{Netpoll, Polled, is_shutdown_error, shutdown_error};
pub use poll_desc::{Direction, PollDesc, ReadyEvent, Waiting};
pub use ready::Ready;
