//! Names of tasks: few tasks have one, so they are in a table and not in the G.
//!
//! Go: none — a goroutine has no name; pprof.Do gives it labels.

use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_task::Id;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The names of a runtime's tasks.
pub struct Names(Lock<HashMap<u64, Arc<str>>>);

impl Names {
    pub(crate) fn new() -> Self {
        Self(Lock::new(LockRank::Leaf, HashMap::new()))
    }

    /// The name of a task that is alive, if it has one.
    pub fn get(&self, id: Id) -> Option<Arc<str>> {
        self.0.lock().get(&id.as_u64()).cloned()
    }

    fn insert(&self, id: Id, name: Arc<str>) {
        self.0.lock().insert(id.as_u64(), name);
    }

    /// The name of a task that is about to be gone.
    pub(crate) fn remove(&self, id: Id) -> Option<Arc<str>> {
        self.0.lock().remove(&id.as_u64())
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

/// A task with a name, which the table has as long as this lasts.
pub(crate) struct Named<F> {
    future: Pin<Box<F>>,
    names: Arc<Names>,
    id: Id,
    /// Whoever reports the panic asks for the name, and takes it out of the table.
    panicked: bool,
}

impl<F: Future> Named<F> {
    pub(crate) fn new(names: &Arc<Names>, future: F, id: Id, name: Arc<str>) -> Self {
        let future = Box::pin(future);
        names.insert(id, name);
        Self { future, names: names.clone(), id, panicked: false }
    }
}

impl<F> Drop for Named<F> {
    fn drop(&mut self) {
        if !self.panicked {
            self.names.remove(self.id);
        }
    }
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.future.as_mut().poll(cx)));
        polled.unwrap_or_else(|payload| {
            self.panicked = true;
            resume_unwind(payload)
        })
    }
}
