//! The histograms of a runtime.

use crate::runtime::RuntimeMetrics;
use gmp_sched::observe::histogram::Histogram;
use std::ops::Range;
use std::time::Duration;

impl RuntimeMetrics {
    fn poll_times(&self) -> Option<&Histogram> {
        self.handle.sched().config.observer.as_ref()?.poll_times.as_deref()
    }

    fn latencies(&self) -> Option<&Histogram> {
        self.handle.sched().config.observer.as_ref()?.latencies.as_deref()
    }

    #[track_caller]
    fn assert_worker(&self, worker: usize) {
        assert!(worker < self.num_workers(), "worker index out of range");
    }

    /// Whether the runtime counts how long polls take: see
    /// [`Builder::enable_metrics_poll_time_histogram`](crate::runtime::Builder::enable_metrics_poll_time_histogram).
    pub fn poll_time_histogram_enabled(&self) -> bool {
        self.poll_times().is_some()
    }

    /// How many buckets the histogram of poll times has; none if it isn't enabled.
    pub fn poll_time_histogram_num_buckets(&self) -> usize {
        self.poll_times().map_or(0, Histogram::num_buckets)
    }

    /// How long the polls take that a bucket counts.
    ///
    /// # Panics
    /// If there is no such bucket in the histogram.
    #[track_caller]
    pub fn poll_time_histogram_bucket_range(&self, bucket: usize) -> Range<Duration> {
        self.poll_times().map_or_else(Range::default, |histogram| histogram.range(bucket))
    }

    /// How many polls of a worker are counted in a bucket.
    ///
    /// # Panics
    /// If there is no such worker, or no such bucket.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::Builder;
    ///
    /// let rt = Builder::new_multi_thread().worker_threads(1).enable_metrics_poll_time_histogram().build()?;
    /// rt.block_on(rt.spawn(gmp::task::yield_now())).unwrap();
    /// let metrics = rt.metrics();
    /// let buckets = 0..metrics.poll_time_histogram_num_buckets();
    /// let polls: u64 = buckets.map(|bucket| metrics.poll_time_histogram_bucket_count(0, bucket)).sum();
    /// assert!(polls >= 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn poll_time_histogram_bucket_count(&self, worker: usize, bucket: usize) -> u64 {
        self.assert_worker(worker);
        self.poll_times().map_or(0, |histogram| histogram.count(worker, bucket))
    }

    /// Whether the runtime counts how long tasks wait for their polls: see
    /// [`Builder::enable_metrics_schedule_latency_histogram`](crate::runtime::Builder::enable_metrics_schedule_latency_histogram).
    pub fn schedule_latency_histogram_enabled(&self) -> bool {
        self.latencies().is_some()
    }

    /// How many buckets that histogram has; none if it isn't enabled.
    pub fn schedule_latency_histogram_num_buckets(&self) -> usize {
        self.latencies().map_or(0, Histogram::num_buckets)
    }

    /// How long the tasks have waited that a bucket counts.
    ///
    /// # Panics
    /// If there is no such bucket in the histogram.
    #[track_caller]
    pub fn schedule_latency_histogram_bucket_range(&self, bucket: usize) -> Range<Duration> {
        self.latencies().map_or_else(Range::default, |histogram| histogram.range(bucket))
    }

    /// How many waits of tasks that a worker then polled are counted in a bucket.
    ///
    /// # Panics
    /// If there is no such worker, or no such bucket.
    #[track_caller]
    pub fn schedule_latency_histogram_bucket_count(&self, worker: usize, bucket: usize) -> u64 {
        self.assert_worker(worker);
        self.latencies().map_or(0, |histogram| histogram.count(worker, bucket))
    }
}
