//! The scenarios on tokio: `scenarios.rs` compiled with `rt` naming tokio.

use tokio as rt;

/// What hyper needs of the runtime.
mod hyper_rt {
    pub(super) use hyper_util::rt::{TokioIo as Io, TokioTimer as Timer};
}

/// What only gmp can tell: the scenarios that ask for it don't run here.
mod own {
    use tokio::runtime::RuntimeMetrics;

    pub(super) fn retakes(_: &RuntimeMetrics) -> u64 {
        0
    }

    pub(super) fn looks(_: &RuntimeMetrics) -> u64 {
        0
    }
}

#[expect(clippy::duplicate_mod, reason = "one source for both runtimes is the point; only `rt` differs")]
#[path = "scenarios.rs"]
pub(crate) mod scenarios;
