//! The scenarios on tokio: `scenarios.rs` compiled with `rt` naming tokio.

use tokio as rt;

/// What hyper needs of the runtime.
mod hyper_rt {
    pub(super) use hyper_util::rt::{TokioIo as Io, TokioTimer as Timer};
}

/// What only gmp can tell: the scenarios that ask for it don't run here.
mod own {
    use tokio::runtime::{Builder, Runtime};

    pub(super) fn unwatched(_: &mut Builder) {}

    pub(super) fn retakes(_: &Runtime) -> u64 {
        0
    }

    pub(super) fn looks(_: &Runtime) -> u64 {
        0
    }
}

/// What is called by another name elsewhere.
mod socket {
    use std::io;

    use super::rt::net::TcpStream;

    /// Makes the close of the connection a reset.
    pub(super) fn set_zero_linger(stream: &TcpStream) -> io::Result<()> {
        stream.set_zero_linger()
    }
}

#[expect(clippy::duplicate_mod, reason = "one source for both runtimes is the point; only `rt` differs")]
#[path = "mains.rs"]
mod mains;

#[expect(clippy::duplicate_mod, reason = "one source for all runtimes is the point; only `rt` differs")]
#[path = "scenarios.rs"]
pub(crate) mod scenarios;
