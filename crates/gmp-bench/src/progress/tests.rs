//! Tests of the bar and of the time that is left.

use std::time::Duration;

use super::{Progress, seconds};

#[test]
fn the_bar_fills() {
    let mut progress = Progress::new(4);
    assert_eq!(progress.bar(), "[....................]   0 %");
    progress.done();
    assert_eq!(progress.bar(), "[#####...............]  25 %");
    // What won't run is not waited for.
    progress.dropped(2);
    assert_eq!(progress.bar(), "[##########..........]  50 %");
    progress.done();
    assert_eq!(progress.bar(), "[####################] 100 %");
}

#[test]
fn the_time_left_is_that_of_the_runs_so_far() {
    let mut progress = Progress::new(10);
    let estimate =
        |progress: &Progress, all, own| progress.estimate(Duration::from_secs(all), Duration::from_secs(own));
    progress.begin(4);
    assert_eq!(estimate(&progress, 3, 3), None);
    progress.done();
    progress.done();
    assert_eq!(estimate(&progress, 6, 6), Some(Duration::from_secs(24)));
    progress.dropped(2);
    assert_eq!(estimate(&progress, 6, 6), Some(Duration::from_secs(18)));

    // The next one's runs take longer: those that it has left will, too, and of the last one nothing is known but the mean.
    progress.begin(4);
    assert_eq!(estimate(&progress, 6, 0), Some(Duration::from_secs(18)));
    progress.done();
    progress.done();
    assert_eq!(estimate(&progress, 26, 20), Some(Duration::from_secs(2 * 10) + Duration::from_millis(2 * 6_500)));
}

#[test]
fn times_are_short() {
    assert_eq!(seconds(Duration::from_secs(24)), "24 s");
    assert_eq!(seconds(Duration::from_secs(65)), "1 min 05 s");
}
