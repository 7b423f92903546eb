//! Clocks that don't go back, and rates by arithmetic alone.

use super::*;
use crate::cpuid::TscFence;

#[test]
fn nanotime_is_monotone_and_never_zero() {
    let first = nanotime();
    assert!(first > 0);
    assert!((0..1000).map(|_| nanotime()).is_sorted());
    assert!(nanotime() >= first);
}

#[test]
fn cputicks_exist_exactly_where_the_probe_says() {
    let fence = cpuid::host().tsc_fence;
    if fence == TscFence::None {
        assert_eq!(cputicks(), None);
    } else if os::tsc_enabled() {
        assert!(cputicks().is_some());
    }
}

#[test]
fn every_way_of_reading_moves_forward() {
    let ways = if os::tsc_enabled() { sys::Tsc::all_ways() } else { Vec::new() };
    for tsc in ways {
        let readings: Vec<u64> = (0..100).map(|_| tsc.read()).collect();
        // A CPU without an invariant TSC may be migrated from between two readings, and go back.
        if cpuid::host().invariant_tsc {
            assert!(readings.is_sorted(), "{tsc:?}: {readings:?}");
        }
        assert!(readings.iter().any(|&ticks| ticks != readings[0]), "{tsc:?} stands still");
    }
}

#[test]
fn samples_need_an_invariant_tsc() {
    let possible = cpuid::host().invariant_tsc && cputicks().is_some();
    assert_eq!(Sample::take().is_some(), possible);
}

const fn sample(ticks: u64, nanos: u64) -> Sample {
    Sample { ticks, nanos }
}

#[test]
fn the_rate_is_ticks_over_time() {
    let rate = Calibration::between(sample(1_000, 1), sample(1_000 + 25_960_000, 10_000_001)).unwrap();
    assert_eq!(rate.ticks_per_second(), 2_596_000_000);
    assert_eq!(rate.duration(2_596_000_000), Duration::from_secs(1));
    assert_eq!(rate.duration(2_596), Duration::from_micros(1));
    assert_eq!(rate.duration(0), Duration::ZERO);
}

#[test]
fn a_short_window_or_a_clock_that_goes_back_is_no_calibration() {
    let start = sample(1_000, 1_000);
    let short = Calibration::MIN_WINDOW.as_nanos() as u64 - 1;
    assert_eq!(Calibration::between(start, sample(u64::MAX, 1_000 + short)), None);
    assert!(Calibration::between(start, sample(u64::MAX / 2, 1_000 + short + 1)).is_none(), "no CPU ticks at 10^21 Hz");
    assert_eq!(Calibration::between(start, sample(999, 100_000_000)), None);
    assert_eq!(Calibration::between(start, sample(2_000, 999)), None);
    assert_eq!(Calibration::between(start, sample(1_000, 100_000_000)), None);
}

#[test]
fn long_times_do_not_overflow() {
    let slowest = Calibration::between(sample(0, 0), sample(1, 1_000_000_000)).unwrap();
    assert_eq!(slowest.ticks_per_second(), 1);
    assert_eq!(slowest.duration(u64::MAX), Duration::from_secs(u64::MAX));
}
