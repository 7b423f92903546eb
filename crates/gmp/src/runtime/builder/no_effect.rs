//! Knobs of tokio's for which there is nothing to turn here: they are accepted, and say why they change nothing.

use crate::runtime::Builder;

impl Builder {
    /// Has no effect: a worker that is busy collects what is ready after its [`event_interval`](Self::event_interval), and takes
    /// as much as any other.
    ///
    /// # Panics
    /// If `capacity` is 0.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread().enable_io().max_io_events_per_busy_tick(8).build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn max_io_events_per_busy_tick(&mut self, capacity: usize) -> &mut Self {
        assert!(capacity > 0, "max_io_events_per_busy_tick must be non-zero");
        self
    }

    /// Has no effect: what tokio's users turn the slot off for doesn't happen, since other workers take from it what
    /// isn't run soon.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().disable_lifo_slot().build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "rt-multi-thread")]
    pub fn disable_lifo_slot(&mut self) -> &mut Self {
        self
    }

    /// Has no effect but that of [`enable_time`](Self::enable_time): each worker has timers of its own in any case.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_alt_timer().build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(all(feature = "time", feature = "rt-multi-thread"))]
    pub fn enable_alt_timer(&mut self) -> &mut Self {
        self.enable_time()
    }

    /// Has no effect: no worker owns the netpoller, so none has to hand it over.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_eager_driver_handoff().build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "rt-multi-thread")]
    pub fn enable_eager_driver_handoff(&mut self) -> &mut Self {
        self
    }

    /// Has no effect: there is one queue of blocking jobs, made for this.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_sharded_blocking_queue().build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "rt-multi-thread")]
    pub fn enable_sharded_blocking_queue(&mut self) -> &mut Self {
        self
    }
}
