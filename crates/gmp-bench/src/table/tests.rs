//! Tests of the rendered text.

use std::time::Duration;

use super::{align, figure, render};
use crate::catalogue::{self, Runtime};
use crate::plan::{Plan, Side};
use crate::results::{FailedRun, Results, Row};
use crate::scenario::{Params, Unit};
use crate::stats::Pair;

fn side(label: &str, runtime: Runtime) -> Side {
    Side { label: label.to_owned(), runtime, pin: None }
}

fn plan(scenarios: usize) -> Plan {
    Plan {
        sides: [side("gmp", Runtime::Gmp), side("tokio", Runtime::Tokio)],
        scenarios: catalogue::all().iter().take(scenarios).collect(),
        skipped: Vec::new(),
        params: Params { workers: 2, scale: 1.0 },
        rounds: 3,
        limit: Duration::from_secs(60),
        json: None,
    }
}

fn row(scenario: &'static str, figures: &[(f64, f64)]) -> Row {
    let pair = |&(left, right)| Pair { left: Some(left), right: Some(right) };
    Row {
        scenario,
        unit: Unit::NanosPerOp,
        pairs: figures.iter().map(pair).collect(),
        failed: Vec::new(),
        interrupted: false,
    }
}

fn rendered(plan: &Plan, rows: Vec<Row>) -> String {
    let results = Results { rows, interrupted: false };
    render(plan, &results)
}

fn words<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in:\n{text}"));
    line.split_ascii_whitespace().collect()
}

#[test]
fn a_row_has_medians_and_ratios() {
    let figures = [(50.0, 500.0), (40.0, 800.0), (60.0, 500.0)];
    let text = rendered(&plan(1), vec![row("burst", &figures)]);
    assert_eq!(words(&text, "scenario"), ["scenario", "unit", "gmp", "tokio", "gmp/tokio", "min..max"]);
    assert_eq!(words(&text, "burst"), ["burst", "ns/op", "50.0", "500", "0.10", "0.050..0.12"]);
    assert!(text.starts_with("gmp beside tokio: 2 workers, 3 rounds"));
}

#[test]
fn a_failure_keeps_the_other_sides_figures() {
    let mut failed = row("burst", &[]);
    failed.pairs.push(Pair { left: None, right: Some(500.0) });
    failed.failed.push(FailedRun {
        side: "gmp".to_owned(),
        round: 1,
        reason: "exit status: 101".to_owned(),
        stderr: Vec::new(),
    });
    let text = rendered(&plan(1), vec![failed]);
    let line = words(&text, "burst").join(" ");
    assert_eq!(line, "burst ns/op - 500 - - FAILED gmp in round 1: exit status: 101");
}

#[test]
fn an_interrupted_run_says_what_is_missing() {
    let mut cut = row("spawn_join", &[(1.0, 2.0)]);
    cut.interrupted = true;
    let mut empty = row("yields", &[]);
    empty.interrupted = true;
    let text = rendered(&plan(4), vec![row("burst", &[(1.0, 2.0)]), cut, empty]);
    let line = words(&text, "spawn_join").join(" ");
    assert!(line.ends_with("interrupted, 1 of 3 rounds"), "{line}");
    assert!(!text.contains("yields"), "{text}");
    assert!(text.contains("interrupted: 2 of the selected"), "{text}");
}

#[test]
fn a_ratio_over_noise_is_left_out_and_explained() {
    let mut idle = row("idle_cpu", &[(500.0, 0.4), (510.0, 0.0)]);
    idle.unit = Unit::CpuMicrosPerSecond;
    let text = rendered(&plan(1), vec![idle]);
    assert_eq!(
        words(&text, "idle_cpu").join(" "),
        "idle_cpu µs/s 505 0.20 - - no ratio: tokio is within the noise (10 µs/s)"
    );
}

#[test]
fn what_was_skipped_is_told() {
    let mut plan = plan(1);
    plan.skipped.push(("main_spawns", "has no such main"));
    let text = rendered(&plan, vec![row("burst", &[(1.0, 1.0)])]);
    assert!(text.contains("skipped: main_spawns has no such main"));
}

#[test]
fn columns_align_by_characters_not_bytes() {
    let cells = |line: [&str; 4]| line.map(str::to_owned).to_vec();
    let text = align(&[cells(["a", "µs/s", "1", "x"]), cells(["bb", "ns/op", "20", ""])]);
    assert_eq!(text, "a   µs/s    1  x\nbb  ns/op  20\n");
}

#[test]
fn figures_keep_three_digits() {
    assert_eq!(figure(1.234), "1.23");
    assert_eq!(figure(12.34), "12.3");
    assert_eq!(figure(1234.4), "1234");
}
