//! [`Histogram`]: how many durations there were of each length, counted by P.
//!
//! A layout is a list of bounds, whatever rule made it: the rule is asked once, and a measurement is a search in the list.
//!
//! Go: runtime/histogram.go (timeHistogram)

use gmp_base::loom::unmodelled::{AtomicU64, Ordering};
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::Duration;

/// Most workers that a builder takes.
const MAX_WORKERS: usize = 1024;

/// Counts of one worker.
type Counts = OnceLock<Box<[AtomicU64]>>;

/// Counts of durations.
pub struct Histogram {
    /// Where each bucket but the last ends, in nanoseconds.
    ends: Box<[u64]>,
    /// Made when a worker counts for the first time.
    workers: Box<[Counts]>,
}

impl Histogram {
    /// With buckets that end here, in ascending order, and one more that never ends.
    pub fn new(ends: Vec<u64>) -> Self {
        debug_assert!(ends.is_sorted());
        Self { ends: ends.into(), workers: (0..MAX_WORKERS).map(|_| OnceLock::new()).collect() }
    }

    /// How many buckets there are.
    pub fn num_buckets(&self) -> usize {
        self.ends.len() + 1
    }

    /// What a bucket counts.
    ///
    /// # Panics
    /// If there is no such bucket.
    #[track_caller]
    pub fn range(&self, bucket: usize) -> Range<Duration> {
        assert!(bucket < self.num_buckets(), "bucket index out of range");
        let start = bucket.checked_sub(1).map_or(0, |before| self.ends[before]);
        let end = self.ends.get(bucket).copied().unwrap_or(u64::MAX);
        Duration::from_nanos(start)..Duration::from_nanos(end)
    }

    /// How many durations a worker has counted in a bucket.
    ///
    /// # Panics
    /// If there is no such bucket.
    #[track_caller]
    pub fn count(&self, worker: usize, bucket: usize) -> u64 {
        assert!(bucket < self.num_buckets(), "bucket index out of range");
        // ORDERING: a figure for people.
        self.workers.get(worker).and_then(OnceLock::get).map_or(0, |counts| counts[bucket].load(Ordering::Relaxed))
    }

    /// Counts one.
    pub(crate) fn record(&self, worker: usize, duration: Duration) {
        let Some(counts) = self.workers.get(worker) else { return };
        let counts = counts.get_or_init(|| (0..self.num_buckets()).map(|_| AtomicU64::new(0)).collect());
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = self.ends.partition_point(|&end| end <= nanos);
        // ORDERING: a figure for people.
        counts[bucket].fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram").field("buckets", &self.num_buckets()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_bucket_whose_range_has_it() {
        let histogram = Histogram::new(vec![10, 20, 40]);
        assert_eq!(histogram.num_buckets(), 4);
        for nanos in [0, 9, 10, 19, 20, 39, 40, 41, 1_000_000] {
            let duration = Duration::from_nanos(nanos);
            let bucket = (0..4).find(|&b| histogram.range(b).contains(&duration)).unwrap();
            let before = histogram.count(3, bucket);
            histogram.record(3, duration);
            assert_eq!(histogram.count(3, bucket), before + 1, "{nanos}");
        }
        assert_eq!((0..4).map(|b| histogram.count(3, b)).sum::<u64>(), 9);
        assert_eq!((0..4).map(|b| histogram.count(2, b)).sum::<u64>(), 0);
    }

    #[test]
    fn what_is_too_long_is_counted_last() {
        let histogram = Histogram::new(Vec::new());
        histogram.record(0, Duration::MAX);
        assert_eq!(histogram.count(0, 0), 1);
        assert_eq!(histogram.count(MAX_WORKERS, 0), 0);
    }
}
