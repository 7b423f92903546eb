//! The scenarios on tokio: `scenarios.rs` compiled with `rt` naming tokio.

use tokio as rt;

/// What hyper needs of the runtime.
mod hyper_rt {
    pub(super) use hyper_util::rt::{TokioIo as Io, TokioTimer as Timer};
}

#[expect(clippy::duplicate_mod, reason = "one source for both runtimes is the point; only `rt` differs")]
#[path = "scenarios.rs"]
pub(crate) mod scenarios;
