//! The scenarios on tokio: `scenarios.rs` compiled with `rt` naming tokio.

use tokio as rt;

#[expect(clippy::duplicate_mod, reason = "one source for both runtimes is the point; only `rt` differs")]
#[path = "scenarios.rs"]
pub(crate) mod scenarios;
