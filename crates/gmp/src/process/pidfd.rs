//! [`Pidfd`]: a descriptor of a process, for the poller.
//!
//! Go: os/pidfd_linux.go

use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

/// Readable when the process has ended.
#[derive(Debug)]
pub(super) struct Pidfd(OwnedFd);

impl Pidfd {
    /// The descriptor of a child that nobody has waited for yet.
    #[cfg(target_os = "linux")]
    pub(super) fn open(pid: u32) -> io::Result<Self> {
        #[cfg(feature = "__fault-injection")]
        if std::env::var_os("GMP_FAULT").is_some_and(|fault| fault == "no-pidfd") {
            return Err(io::ErrorKind::Unsupported.into());
        }
        gmp_netpoll::fd::pidfd_open(pid).map(Self)
    }

    /// There is no such thing.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn open(_pid: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Source for Pidfd {
    fn register(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, interest)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interest: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interest)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}
