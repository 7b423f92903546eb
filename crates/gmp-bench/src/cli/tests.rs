//! Tests of what the arguments come to.

use clap::{CommandFactory, Parser};

use super::{Cli, Command};
use crate::catalogue::Runtime;
use crate::plan::{Pin, Plan, Skipped, lacks};

fn plan(arguments: &str) -> Result<Plan, String> {
    let arguments = ["gmp-bench", "run"].into_iter().chain(arguments.split_ascii_whitespace());
    let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
    match cli.command {
        Command::Run(run) => run.into_plan(),
        other => panic!("run became {other:?}"),
    }
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn defaults() {
    let plan = plan("").expect("no arguments are fine");
    assert_eq!(plan.rounds, 9);
    assert_eq!(plan.params.workers, 2);
    assert!((plan.params.scale - 1.0).abs() < f64::EPSILON);
    assert_eq!(plan.sides[0].label, "gmp");
    assert_eq!(plan.sides[1].label, "tokio");
    assert!(skipped(&plan, "main_spawns").is_none());
}

#[test]
fn quick_is_less_of_everything_but_rounds_can_be_given() {
    let quick = plan("--quick").expect("fine");
    assert_eq!(quick.rounds, 2);
    assert!(quick.params.scale < 0.1);
    assert_eq!(plan("--quick --rounds 7").expect("fine").rounds, 7);
}

#[test]
fn globs_may_be_many_and_separated_by_commas() {
    let plan = plan("--only burst,fib skynet --workers 1").expect("fine");
    let names: Vec<_> = plan.scenarios.iter().map(|s| s.name).collect();
    assert_eq!(names, ["burst", "skynet", "fib"]);
}

#[test]
fn comparing_pins_has_gmp_on_both_sides() {
    let compared = plan("--compare-pin").expect("fine");
    assert_eq!(compared.sides[0].pin, Some(Pin::Core));
    assert_eq!(compared.sides[1].pin, Some(Pin::None));
    assert_eq!(compared.sides[0].runtime, compared.sides[1].runtime);
    assert!(plan("--compare-pin --pin llc").is_err());
    assert!(plan("--compare-pin --against tokio").is_err());
}

#[test]
fn gmp_is_set_beside_each_that_is_named_in_that_order() {
    let labels = |arguments: &str| {
        let plan = plan(arguments).expect("fine");
        plan.sides.into_iter().map(|side| side.label).collect::<Vec<_>>()
    };
    assert_eq!(labels("--against smol"), ["gmp", "smol"]);
    assert_eq!(labels("--against smol,go,tokio"), ["gmp", "smol", "go", "tokio"]);
    // Not what --only takes.
    assert_eq!(labels("--against smol --only fib"), ["gmp", "smol"]);
}

#[test]
fn targets_are_of_tokio() {
    assert_eq!(plan("--against smol,tokio").expect("fine").target_side(), Some(2));
    assert_eq!(plan("--against smol").expect("fine").target_side(), None);
    assert_eq!(plan("--compare-pin").expect("fine").target_side(), None);
}

#[test]
fn a_side_runs_what_it_has() {
    let plan = plan("--against tokio,smol --only block_in_place_empty,busy_sysmon,fib").expect("fine");
    let sides: Vec<_> = plan.scenarios.iter().map(|scenario| (scenario.name, plan.sides_of(scenario))).collect();
    assert_eq!(sides, [("fib", vec![0, 1, 2]), ("busy_sysmon", vec![0]), ("block_in_place_empty", vec![0, 1]),]);
    let lacks: Vec<_> = lacks(&plan.sides, &plan.scenarios).iter().map(ToString::to_string).collect();
    assert_eq!(lacks.len(), 3, "{lacks:?}");
    assert_eq!(lacks[0], "not on tokio: busy_sysmon: it asks what only gmp can tell");
    assert!(lacks[2].starts_with("not on smol: block_in_place_empty: it has no way"), "{lacks:?}");
}

#[test]
fn a_side_that_cannot_run_is_left_out_and_told() {
    let mut plan = plan("--against tokio,go --go /some/go --only block_in_place_empty,fib").expect("fine");
    assert_eq!(plan.toolchain.as_deref(), Some("/some/go".as_ref()));
    assert!(plan.needs(Runtime::Go));
    plan.drop_sides(Runtime::Go, "it is gone");
    assert!(!plan.needs(Runtime::Go) && plan.needs(Runtime::Tokio));
    assert_eq!((plan.absent[0].side.as_str(), plan.absent[0].reason.as_str()), ("go", "it is gone"));
    let lacking = self::plan("--against go --only block_in_place_empty").expect("fine");
    assert!(!lacking.needs(Runtime::Go), "there is nothing to build");
}

#[test]
fn the_pin_is_gmps_alone() {
    let plan = plan("--pin llc").expect("fine");
    assert_eq!(plan.sides[0].pin, Some(Pin::Llc));
    assert_eq!(plan.sides[1].pin, None);
}

/// The reason for skipping that scenario.
fn skipped<'a>(plan: &'a Plan, name: &str) -> Option<&'a Skipped> {
    plan.skipped.iter().find(|skipped| skipped.scenario == name)
}

#[test]
fn what_cannot_run_is_skipped() {
    let all = plan("--workers 3").expect("the others can run");
    let main_spawns = skipped(&all, "main_spawns").expect("it is skipped");
    assert!(main_spawns.reason.contains("1, 2 and 4"));
    assert!(all.scenarios.iter().all(|s| s.name != "main_spawns"));
    let named = plan("--workers 3 --only main_spawns").expect("it is told why");
    assert!(named.scenarios.is_empty());
    assert_eq!(skipped(&named, "main_spawns"), Some(main_spawns));
    assert!(!named.needs(Runtime::Tokio));
}

#[test]
fn bad_numbers_and_names_are_refused() {
    for arguments in [
        "--workers 0",
        "--workers two",
        "--rounds 0",
        "--limit 0",
        "--limit nan",
        "--pin everywhere",
        "--against goroutines",
        "--against tokio,goroutines",
        "--against tokio,tokio",
        "--against",
        "--go go",
        "--compare-pin --go go",
        "--only bogus",
    ] {
        assert!(plan(arguments).is_err(), "{arguments} was accepted");
    }
}
