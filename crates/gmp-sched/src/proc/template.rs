//! The template thread: makes threads for Ms that must not make them themselves.
//!
//! A thread inherits affinity, signal mask, scheduling class and namespaces from the one that makes it. An M that is pinned
//! has another affinity than the process, so its children would crowd onto its CPU until they could free themselves; and who
//! knows what a task has done to its thread. So the first M that is about to be pinned starts this thread, in the state
//! that the thread has then, and pinned Ms send it their requests.
//!
//! Go: runtime/proc.go (templateThread, startTemplateThread, 2946-3003)

use crate::proc::newm;
use crate::runtime2::schedt::Sched;
use gmp_base::loom::{Condvar, Mutex};
use std::sync::Arc;

/// Requests to the template thread.
#[derive(Debug, Default)]
pub(crate) struct Template {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    started: bool,
    closed: bool,
    requests: Vec<Request>,
}

/// A P slot that waits for an M.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) slot: usize,
    pub(crate) spinning: bool,
}

/// Starts the thread if it isn't there. If the system refuses it, Ms make their threads themselves.
pub(crate) fn start(sched: &Sched) {
    let template = &sched.template;
    let mut state = template.state.lock();
    if state.started || state.closed {
        return;
    }
    state.started = true;
    drop(state);
    let sched = sched.arc();
    let of_thread = sched.clone();
    let started = newm::start_thread(&sched, None, move || {
        run(&of_thread);
        newm::leave(of_thread);
    });
    if !matches!(started, Ok(true)) {
        let mut state = template.state.lock();
        state.started = false;
        // Others have relied on it meanwhile.
        let requests = std::mem::take(&mut state.requests);
        drop(state);
        for request in requests {
            newm::make_or_give_back(&sched, request);
        }
    }
}

/// Passes a request on; false if the thread isn't there to take it.
pub(crate) fn request(sched: &Sched, request: Request) -> bool {
    let mut state = sched.template.state.lock();
    if !state.started || state.closed {
        return false;
    }
    state.requests.push(request);
    drop(state);
    sched.template.changed.notify_one();
    true
}

/// Ends the thread; what is still asked for is refused by it.
pub(crate) fn close(sched: &Sched) {
    sched.template.state.lock().closed = true;
    sched.template.changed.notify_all();
}

fn run(sched: &Arc<Sched>) {
    let template = &sched.template;
    let mut state = template.state.lock();
    loop {
        if let Some(request) = state.requests.pop() {
            drop(state);
            newm::make_or_give_back(sched, request);
            state = template.state.lock();
        } else if state.closed {
            return;
        } else {
            state = template.changed.wait(state);
        }
    }
}
