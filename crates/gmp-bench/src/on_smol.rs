//! The scenarios on smol: `scenarios.rs` compiled with `rt` naming smol's parts by the words that the scenarios use.

mod rt;

/// What hyper needs of the runtime.
mod hyper_rt {
    pub(super) use smol_hyper::rt::{FuturesIo as Io, SmolTimer as Timer};
}

/// What only gmp can tell: the scenarios that ask for it don't run here.
mod own {
    use super::rt::runtime::{Builder, Runtime};

    pub(super) fn unwatched(_: &mut Builder) {}

    pub(super) fn retakes(_: &Runtime) -> u64 {
        0
    }

    pub(super) fn looks(_: &Runtime) -> u64 {
        0
    }
}

/// What smol leaves to others.
mod socket {
    use std::io;
    use std::time::Duration;

    use super::rt::net::TcpStream;

    /// Makes the close of the connection a reset.
    pub(super) fn set_zero_linger(stream: &TcpStream) -> io::Result<()> {
        socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
    }
}

/// smol has no attribute for `main`: programs call `block_on` there.
mod mains {
    use super::scenarios::{main_thread, runtime};
    use crate::scenario::{Measurement, Params};

    pub(super) fn run(params: Params) -> Measurement {
        runtime(params).block_on(main_thread::body(params))
    }
}

#[expect(clippy::duplicate_mod, reason = "one source for all runtimes is the point; only `rt` differs")]
#[path = "scenarios.rs"]
pub(crate) mod scenarios;
