//! The scenarios on gmp: `scenarios.rs` compiled with `rt` naming gmp.

use gmp as rt;

/// What hyper needs of the runtime.
mod hyper_rt {
    pub(super) use gmp_hyper::{GmpIo as Io, GmpTimer as Timer};
}

/// What only gmp can tell.
mod own {
    use gmp::runtime::RuntimeMetrics;

    /// How many Ps have been taken from their Ms so far.
    pub(super) fn retakes(metrics: &RuntimeMetrics) -> u64 {
        metrics.retired_count()
    }

    /// How often sysmon has looked at the workers so far.
    pub(super) fn looks(metrics: &RuntimeMetrics) -> u64 {
        metrics.watcher_tick_count()
    }
}

#[expect(clippy::duplicate_mod, reason = "one source for both runtimes is the point; only `rt` differs")]
#[path = "scenarios.rs"]
pub(crate) mod scenarios;
