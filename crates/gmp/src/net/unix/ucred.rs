//! [`UCred`]: who is at the other end.
//!
//! Go: syscall (Ucred)

use crate::net::unix::{gid_t, pid_t, uid_t};
use gmp_netpoll::fd::PeerCred;

/// Who a process is: the answer of [`UnixStream::peer_cred`](crate::net::UnixStream::peer_cred).
///
/// # Examples
/// ```
/// use gmp::net::UnixStream;
///
/// # #[gmp::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (here, _there) = UnixStream::pair()?;
/// let peer = here.peer_cred()?;
/// println!("user {}, group {}, process {:?}", peer.uid(), peer.gid(), peer.pid());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct UCred {
    pid: Option<pid_t>,
    uid: uid_t,
    gid: gid_t,
}

impl UCred {
    pub(super) fn new(cred: PeerCred) -> Self {
        Self { pid: cred.pid, uid: cred.uid, gid: cred.gid }
    }

    /// The effective user of the process.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// assert_eq!(here.peer_cred()?.uid(), there.peer_cred()?.uid());
    /// # Ok(())
    /// # }
    /// ```
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// The effective group of the process.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, there) = gmp::net::UnixStream::pair()?;
    /// assert_eq!(here.peer_cred()?.gid(), there.peer_cred()?.gid());
    /// # Ok(())
    /// # }
    /// ```
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// The id of the process, where the system tells: on Linux, Android, Apple's systems, the BSDs but DragonFly (FreeBSD
    /// since 13), Solaris, illumos, Haiku, Redox and Cygwin. Elsewhere it is `None`.
    ///
    /// # Examples
    /// ```
    /// # #[gmp::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (here, _there) = gmp::net::UnixStream::pair()?;
    /// if let Some(pid) = here.peer_cred()?.pid() {
    ///     assert_eq!(pid, std::process::id() as i32);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }
}
