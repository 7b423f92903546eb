//! Tests that a file says what was measured, and that it can be read again.

use super::Document;
use super::testing::{document as of, outcome, plan};
use crate::plan::Skipped;
use crate::results::{FailedRun, Outcome, State};
use crate::stats::Verdict;

/// A run of three scenarios, of which one is done, one has failed, and one was not begun.
fn document() -> Document {
    let mut plan = plan(&["burst", "spawn_join", "yields"]);
    plan.skipped = vec![Skipped { scenario: "http", reason: "needs wrk" }];
    let done = outcome("burst", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|value| (value, value * 4.0)));
    let mut failed = Outcome::new(plan.scenarios[1]);
    failed.push(&[None, Some(vec![9.0])]);
    let reason = "exit status: 101".to_owned();
    failed.failed.push(FailedRun { side: "gmp".to_owned(), round: 1, reason, stderr: vec!["panicked".to_owned()] });
    of(&plan, vec![done, failed], State::Interrupted)
}

#[test]
fn it_has_every_round_and_what_they_come_to() {
    let document = document();
    assert_eq!(document.state, State::Interrupted);
    assert_eq!(document.began, "2001-09-09T01:46:40Z");
    let burst = &document.scenarios[0];
    assert_eq!((burst.scenario.as_str(), burst.state), ("burst", State::Done));
    assert!(burst.about[0].contains("500k tasks"), "{:?}", burst.about);
    let figure = &burst.figures[0];
    assert_eq!(figure.rounds.len(), 6);
    assert_eq!(figure.rounds[2], [Some(3.0), Some(12.0)]);
    assert_eq!(figure.medians, [Some(3.5), Some(14.0)]);
    let comparison = figure.comparisons[0].expect("there are ratios");
    assert_eq!((comparison.ratio.median, comparison.verdict), (0.25, Verdict::Left));
    assert_eq!(figure.ratios(1), [0.25; 6]);
}

#[test]
fn it_has_failures_and_what_is_missing() {
    let document = document();
    let failed = &document.scenarios[1];
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.failed[0].stderr, ["panicked"]);
    assert_eq!(failed.figures[0].medians, [None, Some(9.0)]);
    assert_eq!(failed.figures[0].comparisons, [None]);
    assert_eq!(document.not_run, ["yields"]);
    assert_eq!(document.skipped[0].reason, "needs wrk");
}

#[test]
fn it_is_the_same_when_it_is_read_again() {
    let document = document();
    let text = document.to_json().expect("it can be written");
    assert_eq!(Document::parse(&text), Ok(document));
}

#[test]
fn what_is_no_such_file_is_refused() {
    let good = document().to_json().expect("it can be written");
    for (text, part) in [
        ("{", "is not JSON"),
        ("[]", "is not a file of gmp-bench"),
        ("{\"version\": \"0.1.0\"}", "is not a file of gmp-bench"),
        ("{\"format\": 2}", "has format 2, and this program reads 1 only"),
        ("{\"format\": 1}", "is damaged: missing field"),
        (&good.replacen("\"interrupted\"", "\"exploded\"", 1), "is damaged"),
    ] {
        let error = Document::parse(text).expect_err("it is wrong");
        assert!(error.contains(part), "{error}");
    }
    let mut short = document();
    short.scenarios[0].figures[0].rounds[3].pop();
    let error = Document::parse(&short.to_json().expect("it can be written")).expect_err("a value is missing");
    assert!(error.contains("burst has not a value for each side"), "{error}");
}
