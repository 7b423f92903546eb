//! What is done about tasks that block or compute without a pause, and who is told.

use crate::runtime::{Builder, StalledPoll};
use std::sync::Arc;
use std::time::Duration;

impl Builder {
    /// Whether a `multi_thread` runtime watches its workers (Go: `sysmon`), so that a task that blocks or computes without a pause stalls
    /// nobody else; it does by default. The watcher sleeps while all workers are idle. Without it a task that blocks keeps its worker's
    /// place, as in other runtimes.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().stall_detection(false).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stall_detection(&mut self, on: bool) -> &mut Self {
        self.stall_detection = on;
        self
    }

    /// How long a poll may compute before it counts as stalled; 10 ms if not said (Go: `forcePreemptNS`). A poll that blocks its thread is
    /// found sooner, whatever this says.
    ///
    /// What waits behind a stalled poll goes to the other workers. If all of them compute, it gets a thread of its own after three times as long; after
    /// once as long, if a poll of the same kind of task has lasted that long before.
    ///
    /// # Panics
    /// If it is zero.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// // A program whose tasks compute for long, and don't mind.
    /// let rt = gmp::runtime::Builder::new_multi_thread().stall_threshold(Duration::from_millis(100)).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn stall_threshold(&mut self, threshold: Duration) -> &mut Self {
        assert!(!threshold.is_zero(), "stall_threshold must be greater than 0");
        self.stall_threshold = Some(threshold);
        self
    }

    /// Called when a poll is found stalled, and again when it is over; at most once a second for each place where tasks are spawned.
    /// It runs on a thread of the blocking pool. `GMP_DEBUG=stall=1` prints the same to stderr.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::Builder;
    /// use std::{sync::mpsc, thread, time::Duration};
    ///
    /// let (tell, told) = mpsc::channel();
    /// let rt = Builder::new_multi_thread().on_stalled_poll(move |stalled| drop(tell.send(stalled.clone()))).build()?;
    /// rt.spawn(async { thread::sleep(Duration::from_millis(100)) });
    /// let stalled = told.recv().unwrap();
    /// println!("{stalled}"); // task 1 (spawned at src/main.rs:6:4) has been blocked in one poll for 6.3ms
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_stalled_poll<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&StalledPoll) + Send + Sync + 'static,
    {
        self.hooks.on_stalled_poll = Some(Arc::new(f));
        self
    }
}
