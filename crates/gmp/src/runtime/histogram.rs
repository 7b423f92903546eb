//! Histograms of how long polls take, and how long tasks wait for them: what is counted in which bucket.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Whether the buckets of a histogram are equally wide, or each twice as wide as the one before.
///
/// # Examples
/// ```
/// # #![allow(deprecated, reason = "the knob is tokio's older one")]
/// use gmp::runtime::{Builder, HistogramScale};
///
/// let linear = Builder::new_current_thread()
///     .enable_metrics_poll_time_histogram()
///     .metrics_poll_count_histogram_scale(HistogramScale::Linear)
///     .build()?;
/// let log = Builder::new_current_thread()
///     .enable_metrics_poll_time_histogram()
///     .metrics_poll_count_histogram_scale(HistogramScale::Log)
///     .build()?;
/// let width = |rt: gmp::runtime::Runtime, bucket| {
///     let range = rt.metrics().poll_time_histogram_bucket_range(bucket);
///     range.end - range.start
/// };
/// assert_eq!(width(linear, 3).as_micros(), 100);
/// assert!(width(log, 3).as_micros() > 400);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HistogramScale {
    /// Equally wide.
    Linear,
    /// Each twice as wide as the one before.
    Log,
}

/// Which buckets a histogram has.
///
/// # Examples
/// ```
/// use gmp::runtime::{Builder, HistogramConfiguration};
/// use std::time::Duration;
///
/// let rt = Builder::new_multi_thread()
///     .enable_metrics_poll_time_histogram()
///     .metrics_poll_time_histogram_configuration(HistogramConfiguration::linear(Duration::from_micros(10), 100))
///     .build()?;
/// assert_eq!(rt.metrics().poll_time_histogram_num_buckets(), 100);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HistogramConfiguration(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Linear {
        width: u64,
        buckets: usize,
    },
    /// Each bucket is twice as wide as the one before.
    Doubling {
        first: u64,
        buckets: usize,
    },
    Log(LogHistogram),
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl HistogramConfiguration {
    /// So many buckets of this width; the last one counts everything above, too.
    pub fn linear(bucket_width: Duration, num_buckets: usize) -> Self {
        Self(Kind::Linear { width: nanos(bucket_width), buckets: num_buckets })
    }

    /// Buckets that are wider the longer what they count is, so that the error is a fraction of it.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::{HistogramConfiguration, LogHistogram};
    /// use std::time::Duration;
    ///
    /// let log = LogHistogram::builder().max_value(Duration::from_secs(10)).max_error(0.25).build();
    /// let rt = gmp::runtime::Builder::new_multi_thread()
    ///     .enable_metrics_poll_time_histogram()
    ///     .metrics_poll_time_histogram_configuration(HistogramConfiguration::log(log))
    ///     .build()?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn log(configuration: impl Into<LogHistogram>) -> Self {
        Self(Kind::Log(configuration.into()))
    }

    /// What the older knobs say.
    ///
    /// # Panics
    /// If the resolution is 0.
    #[track_caller]
    pub(crate) fn legacy(scale: HistogramScale, resolution: Duration, buckets: usize) -> Self {
        let resolution = nanos(resolution);
        assert!(resolution > 0, "the resolution of a histogram is more than 0");
        Self(match scale {
            HistogramScale::Linear => Kind::Linear { width: resolution, buckets },
            HistogramScale::Log => Kind::Doubling { first: resolution.next_power_of_two(), buckets },
        })
    }

    /// Where each bucket but the last ends.
    pub(crate) fn ends(&self) -> Vec<u64> {
        match &self.0 {
            Kind::Linear { width, buckets } => (1..*buckets as u64).map(|i| width.saturating_mul(i)).collect(),
            Kind::Doubling { first, buckets } => {
                let end = |i| u32::try_from(i).ok().and_then(|i| first.checked_mul(1_u64.checked_shl(i)?));
                (0..buckets.saturating_sub(1)).map(|i| end(i).unwrap_or(u64::MAX)).collect()
            }
            Kind::Log(log) => log.ends(),
        }
    }
}

impl Default for HistogramConfiguration {
    /// Ten buckets of 100 microseconds.
    fn default() -> Self {
        Self::linear(Duration::from_micros(100), 10)
    }
}

/// Buckets whose width is a bounded fraction of what they count (an H2 histogram).
///
/// Between two powers of two there are equally many buckets. The first bucket counts everything that is too short, the last
/// one everything that is too long.
///
/// # Examples
/// ```
/// use gmp::runtime::LogHistogram;
/// use std::time::Duration;
///
/// let log = LogHistogram::builder()
///     .min_value(Duration::from_micros(1))
///     .max_value(Duration::from_secs(1))
///     .precision_exact(2) // four buckets between two powers of two
///     .build();
/// assert!(log.max_value() >= 1_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHistogram {
    /// There are 2 to this many buckets between two powers of two.
    precision: u32,
    /// Where the first bucket ends.
    first_end: u64,
    /// Where the last one begins.
    last_start: u64,
}

impl LogHistogram {
    /// A builder with the defaults.
    pub fn builder() -> LogHistogramBuilder {
        LogHistogramBuilder::default()
    }

    /// Nanoseconds from which on everything is in the last bucket.
    pub fn max_value(&self) -> u64 {
        self.last_start
    }

    fn ends(&self) -> Vec<u64> {
        let mut ends = vec![self.first_end];
        while let Some(&end) = ends.last().filter(|&&end| end < self.last_start) {
            ends.push(end + width_at(end, self.precision));
        }
        ends
    }
}

/// How wide the bucket is that has this value.
fn width_at(value: u64, precision: u32) -> u64 {
    1 << value.max(1).ilog2().saturating_sub(precision)
}

impl Default for LogHistogram {
    fn default() -> Self {
        LogHistogramBuilder::default().build()
    }
}

impl From<LogHistogramBuilder> for LogHistogram {
    fn from(builder: LogHistogramBuilder) -> Self {
        builder.build()
    }
}

/// Builds a [`LogHistogram`].
///
/// The defaults: from 100 nanoseconds to 60 seconds with an error of at most a quarter, which takes 119 buckets.
///
/// # Examples
/// ```
/// use gmp::runtime::LogHistogram;
/// use std::time::Duration;
///
/// let histogram = LogHistogram::builder()
///     .min_value(Duration::from_nanos(100))
///     .max_value(Duration::from_secs(120))
///     .max_error(0.1)
///     .max_buckets(1024)
///     .expect("fewer than 1024 buckets are enough");
/// assert!(histogram.max_value() >= 120_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LogHistogramBuilder {
    max_value: Option<Duration>,
    min_value: Option<Duration>,
    precision: Option<u32>,
}

impl LogHistogramBuilder {
    /// The width of a bucket is at most this fraction of what it counts: the next smaller power of a half, from a quarter to
    /// a thousandth.
    ///
    /// # Panics
    /// If it isn't between 0 and 1.
    #[track_caller]
    pub fn max_error(mut self, max_error: f64) -> Self {
        assert!(max_error > 0.0, "max_error must be greater than 0");
        assert!(max_error < 1.0, "max_error must be less than 1");
        let bound = |&p: &u32| 0.5_f64.powf(f64::from(p)) <= max_error;
        self.precision = (2..MAX_PRECISION).find(bound).or(Some(MAX_PRECISION));
        self
    }

    /// There are 2 to the power of `p` buckets between two powers of two. With 0 each is twice as wide as the one before.
    ///
    /// # Panics
    /// If it is more than 10.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::LogHistogram;
    ///
    /// // Each bucket twice as wide as the one before: few are enough.
    /// assert!(LogHistogram::builder().precision_exact(0).max_buckets(40).is_ok());
    /// ```
    #[track_caller]
    pub fn precision_exact(mut self, p: u32) -> Self {
        assert!(p <= MAX_PRECISION, "precision must be <= {MAX_PRECISION}");
        self.precision = Some(p);
        self
    }

    /// What is shorter than this is all counted together.
    pub fn min_value(mut self, duration: Duration) -> Self {
        self.min_value = Some(duration);
        self
    }

    /// What is longer than this may be counted together.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn max_value(mut self, duration: Duration) -> Self {
        assert!(!duration.is_zero(), "max value must be greater than 0");
        self.max_value = Some(duration);
        self
    }

    /// The histogram, if it needs no more buckets than that.
    ///
    /// # Errors
    /// If it needs more.
    pub fn max_buckets(&mut self, max_buckets: usize) -> Result<LogHistogram, InvalidHistogramConfiguration> {
        let histogram = self.build();
        let required_bucket_count = histogram.ends().len() + 1;
        if required_bucket_count > max_buckets {
            return Err(InvalidHistogramConfiguration::TooManyBuckets { required_bucket_count });
        }
        Ok(histogram)
    }

    /// The histogram.
    ///
    /// # Examples
    /// ```
    /// use gmp::runtime::LogHistogram;
    ///
    /// assert_eq!(LogHistogram::builder().build(), LogHistogram::default());
    /// ```
    pub fn build(&self) -> LogHistogram {
        let precision = self.precision.unwrap_or(2);
        let min = nanos(self.min_value.unwrap_or(Duration::from_nanos(100))).max(1);
        let max = nanos(self.max_value.unwrap_or(Duration::from_secs(60))).min(1 << 62);
        // The bounds are where buckets begin that a histogram of everything would have.
        let down = |value: u64| value & !(width_at(value, precision) - 1);
        let up = |value: u64| {
            let start = down(value);
            if start == value { value } else { start + width_at(value, precision) }
        };
        let first_end = down(min);
        LogHistogram { precision, first_end, last_start: up(max).max(first_end) }
    }
}

/// The finest that is offered: an error of a thousandth.
const MAX_PRECISION: u32 = 10;

/// Error building a histogram.
///
/// # Examples
/// ```
/// use gmp::runtime::{InvalidHistogramConfiguration, LogHistogram};
///
/// let error = LogHistogram::builder().max_error(0.001).max_buckets(5).unwrap_err();
/// assert!(matches!(error, InvalidHistogramConfiguration::TooManyBuckets { .. }));
/// println!("{error}");
/// ```
#[derive(Debug)]
pub enum InvalidHistogramConfiguration {
    /// It would need more buckets than it may have.
    TooManyBuckets {
        /// How many it would need.
        required_bucket_count: usize,
    },
}

impl fmt::Display for InvalidHistogramConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooManyBuckets { required_bucket_count } = self;
        write!(f, "The configuration for this histogram would have required {required_bucket_count} buckets")
    }
}

impl Error for InvalidHistogramConfiguration {}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(builder: LogHistogramBuilder) -> usize {
        builder.build().ends().len() + 1
    }

    #[test]
    fn the_defaults_are_tokios() {
        assert_eq!(buckets(LogHistogram::builder()), 119);
        assert_eq!(HistogramConfiguration::default().ends().len() + 1, 10);
    }

    /// tokio's table of bounds for precision 2: units up to 8, then steps of 2, of 4, and so on.
    #[test]
    fn buckets_widen_with_what_they_count() {
        let log =
            LogHistogram::builder().precision_exact(2).min_value(Duration::ZERO).max_value(Duration::from_nanos(40));
        assert_eq!(log.build().ends(), [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40]);
        let log = log.min_value(Duration::from_nanos(11)).build();
        assert_eq!(log.ends(), [10, 12, 14, 16, 20, 24, 28, 32, 40]);
        assert_eq!(log.max_value(), 40);
    }

    #[test]
    fn no_bucket_is_wider_than_the_error_allows() {
        for (error, precision) in [(0.9, 2), (0.25, 2), (0.2, 3), (0.01, 7), (0.000_1, 10)] {
            let ends = LogHistogram::builder().max_error(error).build().ends();
            for pair in ends.windows(2) {
                let width = pair[1] - pair[0];
                let fraction = width as f64 / pair[0] as f64;
                // A nanosecond is the least that there is.
                assert!(width == 1 || fraction <= 0.5_f64.powi(precision), "{error}: {pair:?}");
            }
        }
    }

    #[test]
    fn extremes_have_a_histogram_too() {
        let log = LogHistogram::builder().min_value(Duration::MAX).max_value(Duration::MAX).build();
        assert!(log.ends().is_sorted());
        let doubling = HistogramConfiguration::legacy(HistogramScale::Log, Duration::from_nanos(3), 100).ends();
        assert_eq!((doubling[0], doubling[1], doubling.len()), (4, 8, 99));
        assert!(doubling.is_sorted());
        let required = LogHistogram::builder().precision_exact(10).max_buckets(100).unwrap_err();
        assert!(required.to_string().contains("would have required"), "{required}");
    }
}
