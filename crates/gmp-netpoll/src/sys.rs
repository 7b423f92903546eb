//! The operating system's selector: what mio has, and on Linux what it hasn't.
//!
//! Go: runtime/netpoll_epoll.go, runtime/netpoll_kqueue.go

#[cfg_attr(all(target_os = "linux", not(miri)), path = "sys/epoll.rs")]
#[cfg_attr(not(all(target_os = "linux", not(miri))), path = "sys/mio_poll.rs")]
mod imp;

pub(crate) use imp::Selector;
