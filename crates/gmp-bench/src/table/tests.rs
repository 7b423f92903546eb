//! Tests of the rendered text.

use std::time::Duration;

use super::{align, figure, list, ratio, render};
use crate::catalogue::{self, Runtime};
use crate::keep::Keep;
use crate::plan::{Plan, Side, Skipped};
use crate::results::{FailedRun, Outcome, Results, State};
use crate::scenario::{Figure, Measurement, Params, Run, Scenario, Unit};

/// One with a yield and a cost.
static SERVER: Scenario = Scenario {
    figures: &[Figure::named("requests", Unit::PerSecond).target(1.05), Figure::named("p99", Unit::Micros).target(1.0)],
    run: Run::All(|_| Vec::new()),
    ..Scenario::timed("server", "serves", |_| Measurement { amount: 1.0, per: 1.0 })
};

fn side(label: &str, runtime: Runtime) -> Side {
    Side { label: label.to_owned(), runtime, pin: None }
}

fn plan(scenarios: usize) -> Plan {
    Plan {
        sides: vec![side("gmp", Runtime::Gmp), side("tokio", Runtime::Tokio)],
        absent: Vec::new(),
        toolchain: None,
        scenarios: catalogue::all().iter().take(scenarios).collect(),
        skipped: Vec::new(),
        params: Params { workers: 2, scale: 1.0, cold: false },
        rounds: 3,
        instructions: false,
        limit: Duration::from_secs(60),
        keep: Keep::default(),
    }
}

fn row(scenario: &str, values: &[(f64, f64)]) -> Outcome {
    let mut outcome = Outcome::new(catalogue::find(Runtime::Gmp, scenario).expect("there is such a scenario"));
    for &(left, right) in values {
        outcome.push(&[Some(vec![left]), Some(vec![right])]);
    }
    outcome
}

/// Rounds of [`SERVER`], in which gmp's and tokio's requests and percentiles are these.
fn served(rounds: &[([f64; 2], [f64; 2])]) -> Outcome {
    let mut outcome = Outcome::new(&SERVER);
    for (left, right) in rounds {
        outcome.push(&[Some(left.to_vec()), Some(right.to_vec())]);
    }
    outcome
}

fn rendered(plan: &Plan, outcomes: Vec<Outcome>) -> String {
    let results = Results { outcomes, state: State::Done };
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
    assert_eq!(
        words(&text, "scenario"),
        ["scenario", "unit", "gmp", "tokio", "gmp/tokio", "95%", "better", "verdict", "target"]
    );
    assert_eq!(
        words(&text, "burst"),
        ["burst", "ns/op", "50.0", "500", "0.10", "0.050..0.12", "<1", "too", "few", "rounds"]
    );
    assert!(text.starts_with("gmp beside tokio: 2 workers, 3 rounds"));
}

#[test]
fn a_failure_keeps_the_other_sides_figures() {
    let mut failed = row("burst", &[]);
    failed.push(&[None, Some(vec![500.0])]);
    failed.failed.push(FailedRun {
        side: "gmp".to_owned(),
        round: 1,
        reason: "exit status: 101".to_owned(),
        stderr: Vec::new(),
    });
    let text = rendered(&plan(1), vec![failed]);
    let line = words(&text, "burst").join(" ");
    assert_eq!(line, "burst ns/op - 500 - - <1 - FAILED gmp in round 1: exit status: 101");
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
    static IDLE: Scenario = Scenario {
        figures: &[Figure::only(Unit::CpuMicrosPerSecond).target(1.0)],
        ..Scenario::timed("idle", "does nothing", |_| Measurement { amount: 1.0, per: 1.0 })
    };
    let idle = |rounds: [(f64, f64); 2]| {
        let mut outcome = Outcome::new(&IDLE);
        rounds.into_iter().for_each(|(left, right)| outcome.push(&[Some(vec![left]), Some(vec![right])]));
        words(&rendered(&plan(1), vec![outcome]), "idle").join(" ")
    };
    let noise = "no ratio: tokio is within the noise (10 µs/s)";
    assert_eq!(idle([(500.0, 0.4), (510.0, 0.0)]), format!("idle µs/s 505 0.20 - - <1 - ≤1.00 {noise}"));
    // Two that are within the noise are equal.
    assert_eq!(idle([(6.0, 0.4), (4.0, 0.0)]), format!("idle µs/s 5.00 0.20 - - <1 - ≤1.00 met {noise}"));
}

#[test]
fn every_peer_has_its_columns_and_its_part_of_the_verdict() {
    let mut plan = plan(1);
    plan.sides.push(side("smol", Runtime::Smol));
    plan.sides.push(side("go", Runtime::Go));
    plan.scenarios = ["burst", "block_in_place_empty"].map(|name| row(name, &[]).scenario).to_vec();
    let mut burst = row("burst", &[]);
    let mut block = row("block_in_place_empty", &[]);
    for _ in 0..6 {
        burst.push(&[1.0, 2.0, 0.5, 4.0].map(|value| Some(vec![value])));
        block.push(&[Some(vec![1.0]), Some(vec![1.0]), None, None]);
    }
    block.interrupted = true;
    plan.drop_sides(Runtime::Tokio, "");
    plan.sides.insert(1, side("tokio", Runtime::Tokio));
    plan.absent[0].reason = "there is no such thing".to_owned();
    let text = rendered(&plan, vec![burst, block]);
    assert!(text.starts_with("gmp beside tokio, smol, go: 2 workers"), "{text}");
    assert_eq!(words(&text, "scenario")[2..9], ["gmp", "tokio", "smol", "go", "gmp/tokio", "95%", "gmp/smol"]);
    assert_eq!(
        words(&text, "burst")[2..].join(" "),
        "1.00 2.00 0.50 4.00 0.50 0.50..0.50 2.00 2.00..2.00 0.25 0.25..0.25 <1 behind smol; ahead of tokio, go"
    );
    let line = words(&text, "block_in_place_empty").join(" ");
    assert!(line.contains("1.00 1.00 - - 1.00 1.00..1.00 - - - - <1 no difference seen: tokio"), "{line}");
    // Those that haven't it are not missed in its rounds.
    assert!(line.ends_with("interrupted, 6 of 3 rounds"), "{line}");
    assert!(text.contains("\nwithout tokio: there is no such thing\n"), "{text}");
    assert!(text.contains("\nnot on go: block_in_place_empty: it has no call for that"), "{text}");
}

#[test]
fn gmp_alone_has_figures_only() {
    let mut plan = plan(1);
    plan.sides.truncate(1);
    let mut burst = row("burst", &[]);
    burst.push(&[Some(vec![1.5])]);
    let text = rendered(&plan, vec![burst]);
    assert!(text.starts_with("gmp alone: "), "{text}");
    assert_eq!(words(&text, "burst").join(" "), "burst ns/op 1.50 <1 -");
}

#[test]
fn what_was_skipped_is_told() {
    let mut plan = plan(1);
    plan.skipped.push(Skipped { scenario: "main_spawns", reason: "has no such main" });
    let text = rendered(&plan, vec![row("burst", &[(1.0, 1.0)])]);
    assert!(text.contains("skipped: main_spawns has no such main"));
}

#[test]
fn every_figure_has_a_row_that_says_which_way_is_better() {
    let outcome = served(&[([110.0, 80.0], [100.0, 100.0]), ([120.0, 90.0], [100.0, 100.0])]);
    let text = rendered(&plan(1), vec![outcome]);
    let line = |name| words(&text, name).join(" ");
    assert_eq!(line("server/requests"), "server/requests op/s 115 100 1.15 1.10..1.20 >1 too few rounds ≥1.05 met");
    assert_eq!(line("server/p99"), "server/p99 µs 85.0 100 0.85 0.80..0.90 <1 too few rounds ≤1.00 met");
}

#[test]
fn a_missed_target_is_told_and_the_bound_itself_is_met() {
    let text = rendered(&plan(1), vec![served(&[([104.0, 100.0], [100.0, 100.0])])]);
    assert!(words(&text, "server/requests").join(" ").ends_with("≥1.05 missed"), "{text}");
    assert!(words(&text, "server/p99").join(" ").ends_with("≤1.00 met"), "{text}");
}

#[test]
fn a_quick_run_decides_about_no_target() {
    let mut quick = plan(1);
    quick.params.scale = 0.05;
    let text = rendered(&quick, vec![served(&[([104.0, 80.0], [100.0, 100.0])])]);
    assert!(words(&text, "server/requests").join(" ").ends_with("rounds ≥1.05"), "{text}");
    assert!(words(&text, "server/p99").join(" ").ends_with("rounds ≤1.00"), "{text}");
}

#[test]
fn a_run_that_was_cut_short_decides_about_no_target() {
    let mut cut = served(&[([104.0, 80.0], [100.0, 100.0])]);
    cut.interrupted = true;
    let text = rendered(&plan(1), vec![cut]);
    assert!(words(&text, "server/requests").join(" ").contains("≥1.05 interrupted, 1 of 3 rounds"), "{text}");
    let reason = "exit status: 101".to_owned();
    let mut failed = served(&[([104.0, 80.0], [100.0, 100.0])]);
    failed.failed.push(FailedRun { side: "gmp".to_owned(), round: 2, reason, stderr: Vec::new() });
    let text = rendered(&plan(1), vec![failed]);
    assert!(words(&text, "server/p99").join(" ").contains("≤1.00 FAILED gmp"), "{text}");
}

#[test]
fn gmp_beside_gmp_has_no_targets() {
    let mut pins = plan(1);
    pins.sides[1].runtime = Runtime::Gmp;
    let text = rendered(&pins, vec![served(&[([104.0, 80.0], [100.0, 100.0])])]);
    assert!(!text.contains("target"), "{text}");
    assert!(words(&text, "server/requests").join(" ").ends_with(">1 too few rounds"), "{text}");
}

#[test]
fn a_failure_stands_beside_every_figure() {
    let mut failed = served(&[]);
    failed.push(&[None, Some(vec![100.0, 200.0])]);
    let reason = "exit status: 101".to_owned();
    failed.failed.push(FailedRun { side: "gmp".to_owned(), round: 1, reason, stderr: Vec::new() });
    let text = rendered(&plan(1), vec![failed]);
    assert!(words(&text, "server/requests").join(" ").starts_with("server/requests op/s - 100 - - >1"), "{text}");
    assert!(words(&text, "server/p99").join(" ").starts_with("server/p99 µs - 200 - - <1"), "{text}");
    assert_eq!(text.matches("FAILED gmp in round 1").count(), 2, "{text}");
}

#[test]
fn a_list_has_units_targets_and_peers() {
    let burst = catalogue::find(Runtime::Gmp, "burst").expect("it is there");
    let peers = [side("tokio", Runtime::Tokio), side("go", Runtime::Go)];
    let text = list(&[&SERVER, burst], &peers);
    assert_eq!(words(&text, "server")[..4], ["server", "op/s,µs", "≥1.05,≤1.00", "tokio"]);
    assert_eq!(words(&text, "burst")[..4], ["burst", "ns/op", "-", "tokio,go"]);
    assert!(text.ends_with("\n\nnot on go: server: it has no twin as yet\n"), "{text}");
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
    assert_eq!([0.0, 0.000_617, 0.0123, 0.123, 12.3].map(ratio), ["0.000", "0.00062", "0.012", "0.12", "12.30"]);
}

#[test]
fn a_target_of_gmps_own_value_is_judged_by_that() {
    static LONE: Scenario = Scenario {
        figures: &[Figure::only(Unit::Micros).target_value(5_000.0)],
        ..Scenario::timed("lone", "serves", |_| Measurement { amount: 1.0, per: 1.0 })
    };
    let lone = |left: f64, right: Option<f64>| {
        let mut outcome = Outcome::new(&LONE);
        outcome.push(&[Some(vec![left]), right.map(|right| vec![right])]);
        rendered(&plan(1), vec![outcome])
    };
    // The ratio has no say, nor has its absence.
    assert_eq!(words(&lone(4_000.0, Some(10.0)), "lone")[10..], ["gmp≤5000", "met"]);
    assert_eq!(words(&lone(6_000.0, Some(1e9)), "lone")[10..], ["gmp≤5000", "missed"]);
    assert_eq!(words(&lone(4_000.0, None), "lone")[1..], ["µs", "4000", "-", "-", "-", "<1", "-", "gmp≤5000", "met"]);
}

#[test]
fn a_scenario_without_counterpart_counts_its_own_rounds() {
    static LONE: Scenario = Scenario {
        has_counterpart: false,
        ..Scenario::timed("lone", "serves", |_| Measurement { amount: 1.0, per: 1.0 })
    };
    let mut outcome = Outcome::new(&LONE);
    outcome.push(&[Some(vec![1.0]), None]);
    outcome.push(&[None, None]);
    outcome.interrupted = true;
    let line = words(&rendered(&plan(1), vec![outcome]), "lone").join(" ");
    assert!(line.ends_with("interrupted, 1 of 3 rounds"), "{line}");
}

#[test]
fn a_verdict_is_told_and_may_be_that_there_is_none() {
    let seen = |left: f64| words(&rendered(&plan(1), vec![row("burst", &[(left, 10.0); 6])]), "burst")[7..].join(" ");
    assert_eq!(seen(9.0), "gmp ahead");
    assert_eq!(seen(11.0), "tokio ahead");
    assert_eq!(seen(10.0), "no difference seen");
}
