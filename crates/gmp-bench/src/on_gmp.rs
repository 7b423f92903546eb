//! The scenarios on gmp: `scenarios.rs` compiled with `rt` naming gmp.

use gmp as rt;

/// What hyper needs of the runtime.
mod hyper_rt {
    pub(super) use gmp_hyper::{GmpIo as Io, GmpTimer as Timer};
}

/// What only gmp can tell.
mod own {
    use gmp::runtime::{Builder, Runtime};

    /// Has nobody look for tasks that keep their threads. Where instructions are counted everything takes fifty times as long,
    /// and every long poll would be one: what is done about it then, at chance times, is no part of an operation.
    pub(super) fn unwatched(builder: &mut Builder) {
        builder.stall_detection(false);
    }

    /// How many Ps have been taken from their Ms so far.
    pub(super) fn retakes(runtime: &Runtime) -> u64 {
        runtime.handle().metrics().retired_count()
    }

    /// How often sysmon has looked at the workers so far.
    pub(super) fn looks(runtime: &Runtime) -> u64 {
        runtime.handle().metrics().watcher_tick_count()
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
