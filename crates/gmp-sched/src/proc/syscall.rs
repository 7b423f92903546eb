//! Blocking sections: code that may block its thread, run in place.
//!
//! The M says when a section begins and ends, by counting; that is all. It keeps its P, which costs nothing while the section is
//! short. Sysmon takes the P away if it finds the M in the same section at two looks and something waits (`sysmon.rs`). The M then goes on
//! without a P to the end of its poll: it never waits for one, for its caller may hold a lock.
//!
//! Go: runtime/proc.go (entersyscall, exitsyscall, 4642-5155)

use crate::budget;
use crate::getg;

/// Runs `f` at once on the calling thread, which it may block.
#[inline]
pub fn section<R>(f: impl FnOnce() -> R) -> R {
    let Some(mp) = getg::getm() else {
        return f();
    };
    if mp.section() % 2 == 1 {
        // Part of the one that it is in.
        return f();
    }
    struct Exit(&'static crate::runtime2::m::M);
    impl Drop for Exit {
        #[inline]
        fn drop(&mut self) {
            self.0.count_section();
        }
    }
    mp.count_section();
    // Whichever way it ends.
    let _exit = Exit(mp);
    f()
}

/// As [`section`] for code of the user's that may do what a task mustn't: `block_on`, say.
pub fn section_out_of_runtime<R>(f: impl FnOnce() -> R) -> R {
    section(|| getg::while_not_driving(|| budget::unlimited(f)))
}

/// Whether the calling thread may block where it is: not if it drives the futures of a runtime that has no other thread to go on with,
/// or a set of local Gs, which can go nowhere else.
pub fn may_block_in_place() -> bool {
    !getg::is_driving() || (!getg::is_current_fifo() && !crate::local::is_entered())
}
