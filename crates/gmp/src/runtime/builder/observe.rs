//! Knobs for those who want to know about tasks: hooks and histograms. A runtime that has none of them pays nothing.

use crate::runtime::histogram::{HistogramConfiguration, HistogramScale};
use crate::runtime::{Builder, TaskMeta};
use gmp_sched::observe::Observer;
use gmp_sched::observe::histogram::Histogram;
use std::sync::Arc;
use std::time::Duration;

/// What the builder has been asked for.
#[derive(Default)]
pub(super) struct Observation {
    observer: Observer,
    poll_times: bool,
    poll_times_buckets: HistogramConfiguration,
    /// What the older knobs say, which stand above the newer one.
    older: Option<(HistogramScale, Duration, usize)>,
    latencies: bool,
    latencies_buckets: HistogramConfiguration,
}

impl Observation {
    fn older(&mut self) -> &mut (HistogramScale, Duration, usize) {
        self.older.get_or_insert((HistogramScale::Linear, Duration::from_micros(100), 10))
    }

    /// What a runtime gets, if it is to be observed at all.
    #[track_caller]
    pub(super) fn observer(&self) -> Option<Arc<Observer>> {
        let mut observer = self.observer.clone();
        let histogram = |buckets: &HistogramConfiguration| Arc::new(Histogram::new(buckets.ends()));
        if self.poll_times {
            let older = self.older.map(|(scale, width, buckets)| HistogramConfiguration::legacy(scale, width, buckets));
            observer.poll_times = Some(histogram(older.as_ref().unwrap_or(&self.poll_times_buckets)));
        }
        if self.latencies {
            observer.latencies = Some(histogram(&self.latencies_buckets));
        }
        let hooks = [&observer.on_spawn, &observer.on_terminate, &observer.on_before_poll, &observer.on_after_poll];
        let wanted = hooks.iter().any(|hook| hook.is_some());
        // Latency alone would be told to nobody.
        (wanted || self.poll_times || self.latencies).then(|| Arc::new(observer))
    }
}

impl Builder {
    /// Called when a task is about to be spawned, in the context of the runtime; a hook that spawns is called for that, too.
    ///
    /// It isn't called for the future of `block_on`, of `#[gmp::main]`, nor for blocking jobs. What it throws comes out of the
    /// call of `spawn`.
    ///
    /// A [`LocalSet`](crate::task::LocalSet) belongs to no runtime; the hooks that are told of a task of its are those of the runtime
    /// in whose context it is spawned.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread()
    ///     .on_task_spawn(|meta| println!("{} is spawned at {}", meta.id(), meta.spawned_at()))
    ///     .build()?;
    /// rt.block_on(async { gmp::spawn(async {}).await.unwrap() });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_task_spawn<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.observation.observer.on_spawn = Some(Arc::new(f));
        self
    }

    /// Called when a task has ended, in whichever way, after its future has been dropped.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread()
    ///     .on_task_terminate(|meta| println!("{} has ended", meta.id()))
    ///     .build()?;
    /// rt.block_on(async { gmp::spawn(async {}).await.unwrap() });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_task_terminate<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.observation.observer.on_terminate = Some(Arc::new(f));
        self
    }

    /// Called before each poll of a task.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread()
    ///     .on_before_task_poll(|meta| println!("{} is polled", meta.id()))
    ///     .build()?;
    /// rt.block_on(async { gmp::spawn(async {}).await.unwrap() });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_before_task_poll<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.observation.observer.on_before_poll = Some(Arc::new(f));
        self
    }

    /// Called after each poll of a task, one that panicked, too.
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_current_thread()
    ///     .on_after_task_poll(|meta| println!("{} has been polled", meta.id()))
    ///     .build()?;
    /// rt.block_on(async { gmp::spawn(async {}).await.unwrap() });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_after_task_poll<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn(&TaskMeta<'_>) + Send + Sync + 'static,
    {
        self.observation.observer.on_after_poll = Some(Arc::new(f));
        self
    }

    /// Counts how long polls take, in the buckets of a histogram: see
    /// [`RuntimeMetrics::poll_time_histogram_bucket_count`](crate::runtime::RuntimeMetrics::poll_time_histogram_bucket_count).
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_metrics_poll_time_histogram().build()?;
    /// assert!(rt.metrics().poll_time_histogram_enabled());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enable_metrics_poll_time_histogram(&mut self) -> &mut Self {
        self.observation.poll_times = true;
        self
    }

    /// Which buckets the histogram of poll times has, if it is enabled; ten of 100 microseconds if not said.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, HistogramConfiguration, LogHistogram};
    ///
    /// let rt = Builder::new_multi_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .metrics_poll_time_histogram_configuration(HistogramConfiguration::log(LogHistogram::default()))
    ///     .build()?;
    /// assert_eq!(rt.metrics().poll_time_histogram_num_buckets(), 119);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn metrics_poll_time_histogram_configuration(&mut self, configuration: HistogramConfiguration) -> &mut Self {
        self.observation.poll_times_buckets = configuration;
        self
    }

    /// The scale of the histogram of poll times.
    ///
    /// # Examples
    /// ```
    /// # #![allow(deprecated, reason = "that is what it shows")]
    /// use gmp::runtime::HistogramScale;
    ///
    /// let rt = gmp::runtime::Builder::new_multi_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .metrics_poll_count_histogram_scale(HistogramScale::Log)
    ///     .build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[deprecated = "use `metrics_poll_time_histogram_configuration`"]
    pub fn metrics_poll_count_histogram_scale(&mut self, histogram_scale: HistogramScale) -> &mut Self {
        self.observation.older().0 = histogram_scale;
        self
    }

    /// The width of its first bucket.
    ///
    /// # Panics
    /// If it is 0, or more than a second.
    ///
    /// # Examples
    /// ```
    /// # #![allow(deprecated, reason = "that is what it shows")]
    /// let rt = gmp::runtime::Builder::new_multi_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .metrics_poll_count_histogram_resolution(std::time::Duration::from_micros(100))
    ///     .build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[deprecated = "use `metrics_poll_time_histogram_configuration`"]
    #[track_caller]
    pub fn metrics_poll_count_histogram_resolution(&mut self, resolution: Duration) -> &mut Self {
        assert!(resolution > Duration::ZERO, "the resolution of a histogram is more than 0");
        assert!(resolution <= Duration::from_secs(1), "the resolution of a histogram is at most a second");
        self.observation.older().1 = resolution;
        self
    }

    /// How many buckets it has.
    ///
    /// # Examples
    /// ```
    /// # #![allow(deprecated, reason = "that is what it shows")]
    /// let rt = gmp::runtime::Builder::new_multi_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .metrics_poll_count_histogram_buckets(15)
    ///     .build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[deprecated = "use `metrics_poll_time_histogram_configuration`"]
    pub fn metrics_poll_count_histogram_buckets(&mut self, buckets: usize) -> &mut Self {
        self.observation.older().2 = buckets;
        self
    }

    /// Notes when tasks are woken, for [`TaskMeta::schedule_latency`].
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread()
    ///     .track_task_schedule_latency()
    ///     .on_before_task_poll(|meta| println!("{} has waited for {:?}", meta.id(), meta.schedule_latency()))
    ///     .build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn track_task_schedule_latency(&mut self) -> &mut Self {
        self.observation.observer.track_latency = true;
        self
    }

    /// Counts how long tasks wait for their poll once they are woken, in the buckets of a histogram: see
    /// [`RuntimeMetrics::schedule_latency_histogram_bucket_count`](crate::runtime::RuntimeMetrics::schedule_latency_histogram_bucket_count).
    ///
    /// # Examples
    /// ```
    /// let rt = gmp::runtime::Builder::new_multi_thread().enable_metrics_schedule_latency_histogram().build()?;
    /// assert!(rt.metrics().schedule_latency_histogram_enabled());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn enable_metrics_schedule_latency_histogram(&mut self) -> &mut Self {
        self.observation.latencies = true;
        self.track_task_schedule_latency()
    }

    /// Which buckets that histogram has, if it is enabled; ten of 100 microseconds if not said.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{Builder, HistogramConfiguration};
    /// use std::time::Duration;
    ///
    /// let rt = Builder::new_multi_thread()
    ///     .enable_metrics_schedule_latency_histogram()
    ///     .metrics_schedule_latency_histogram_configuration(HistogramConfiguration::linear(Duration::from_micros(1), 50))
    ///     .build()?;
    /// assert_eq!(rt.metrics().schedule_latency_histogram_num_buckets(), 50);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn metrics_schedule_latency_histogram_configuration(
        &mut self,
        configuration: HistogramConfiguration,
    ) -> &mut Self {
        self.observation.latencies_buckets = configuration;
        self
    }
}
