//! TCP and UDP sockets, for asynchronous code.
//!
//! [`lookup_host`] resolves names; functions that take an address take whatever is [`ToSocketAddrs`].

mod addr;
mod lookup_host;

pub use addr::ToSocketAddrs;
pub use lookup_host::lookup_host;
