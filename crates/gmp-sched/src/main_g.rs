//! The main G: newproc(mainPC) and mstart on M0.
//!
//! A main future that is `Send` is an ordinary G, the first one: it goes into P0's `runnext`, M0 enters the scheduler like
//! any other M and runs whatever it finds, and the main G may move to another M. When it is dead, M0 returns its output.
//!
//! Go: runtime/proc.go (main, 153), asm_amd64.s (the last lines of rt0_go)

use crate::budget;
use crate::getg;
use crate::proc::needm::{self, Dropm, Kick, Registered};
use crate::proc::schedule::{self, Until};
use crate::proc::{acquirep, newproc};
use crate::runtime2::m::{G0, M};
use crate::runtime2::schedt::Sched;
use crate::shutdown;
use std::future::Future;
use std::panic::{Location, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Runs `main_pc` as the first G, and the calling thread as M0, until that G is dead.
///
/// # Panics
/// Passes on the panic of the main G; panics in tokio's words if another task's panic shut the runtime down.
#[track_caller]
pub fn rt0_main<F>(sched: &Arc<Sched>, main_pc: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    if sched.fifo {
        return needm::block_on_current(sched, main_pc);
    }
    let spawned_at = Location::caller();
    let m0 = needm::needm(sched);
    // SAFETY: the caller holds the scheduler for the whole call.
    let _bound = unsafe { getg::bind(m0) };
    let _entered = getg::enter_frame(sched.clone());
    let result = budget::scope(|budget| {
        let mut g0 = G0::enter(m0, budget);
        let _dropm = Dropm { sched, mp: m0 };
        if let Some(slot) = sched.idle.acquire(0) {
            acquirep::acquirep_pinned(sched, m0, slot);
        }
        // Step 15: into P0's runnext; nobody is woken for it.
        let mut main_g = pin!(newproc::newproc1(sched, main_pc, spawned_at));
        let kick = Kick::new(sched, m0, false);
        let waker = Waker::from(kick.clone());
        let _registered = Registered::new(sched, &waker);
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(result) = main_g.as_mut().poll(&mut cx) {
                return Some(result);
            }
            if shutdown::closed_by_panic(sched) {
                // A main G that only yields would go on for ever: what ends it is that M0 leaves, which cancels it.
                return None;
            }
            // Step 16: mstart. It returns when the main G is dead (step 17), or for no reason.
            schedule::schedule(sched, &mut g0, &mut UntilKicked(&kick));
        }
    });
    match result {
        None => needm::shut_down_by_panic(),
        Some(Ok(output)) => output,
        Some(Err(error)) => match error.try_into_panic() {
            Ok(payload) => resume_unwind(payload),
            Err(_) if shutdown::closed_by_panic(sched) => needm::shut_down_by_panic(),
            Err(_) => panic!("the main task was cancelled by the shutdown of its runtime"),
        },
    }
}

struct UntilKicked<'a>(&'a Kick);

impl Until for UntilKicked<'_> {
    #[inline]
    fn is_done(&mut self, _sched: &Sched, _g0: &mut G0<'_>) -> bool {
        self.0.take_woken()
    }

    #[inline]
    fn is_kicked(&mut self, _sched: &Sched, _mp: &M) -> bool {
        self.0.is_woken()
    }
}
