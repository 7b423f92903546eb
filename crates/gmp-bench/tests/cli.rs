//! The built binary, as users call it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn gmp_bench(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    gmp_bench(arguments).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is UTF-8")
}

/// The cells of the line of that scenario.
fn row(table: &str, scenario: &str) -> Vec<String> {
    table
        .lines()
        .map(|line| line.split_ascii_whitespace().map(str::to_owned).collect())
        .find(|cells: &Vec<String>| cells.first().is_some_and(|cell| cell == scenario))
        .unwrap_or_else(|| panic!("no row {scenario} in:\n{table}"))
}

fn listed() -> Vec<String> {
    let output = run(&["list"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output).lines().filter_map(|line| line.split_ascii_whitespace().next().map(str::to_owned)).collect()
}

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn list_names_the_scenarios() {
    let names = listed();
    for name in ["burst", "spawn_remote_4", "main_spawns", "idle_cpu"] {
        assert!(names.iter().any(|listed| listed == name), "no {name}");
    }
}

#[test]
fn help_has_examples() {
    for arguments in [&["--help"][..], &["run", "--help"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("gmp-bench run --only 'spawn_*'"));
    }
}

#[test]
fn run_prints_a_row_with_figures() {
    let output = run(&["run", "--quick", "--only", "burst", "--rounds", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let cells = row(&stdout(&output), "burst");
    assert_eq!(cells[1], "ns/op");
    for cell in &cells[2..5] {
        let figure: f64 = cell.parse().expect("a figure");
        assert!(figure > 0.0, "{cells:?}");
    }
    assert!(stderr(&output).contains("burst, round 1 of 1, tokio"));
}

#[test]
fn json_has_every_pair_and_the_summary() {
    let path = temporary("results.json");
    let file = path.to_str().expect("UTF-8");
    let output = run(&["run", "--quick", "--only", "fib", "--json", file]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json: Value = serde_json::from_str(&fs::read_to_string(&path).expect("the file is there")).expect("it is JSON");
    let fib = &json["scenarios"][0];
    assert_eq!(fib["scenario"], "fib");
    assert_eq!(fib["figures"][0]["pairs"].as_array().map(Vec::len), Some(2));
    let figure = &fib["figures"][0];
    assert_eq!((&figure["unit"], &figure["better"]), (&Value::from("ns/op"), &Value::from("less")));
    let ratio = &figure["summary"]["ratio"];
    assert!(ratio["min"].as_f64() <= ratio["median"].as_f64());
    assert!(ratio["median"].as_f64() <= ratio["max"].as_f64());
    assert_eq!(json["sides"][0]["label"], "gmp");
}

#[test]
fn pins_are_compared_on_gmp_alone() {
    let output = run(&["run", "--quick", "--only", "fib", "--rounds", "1", "--compare-pin"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let header = row(&stdout(&output), "scenario");
    assert_eq!(header[2..5], ["core", "none", "core/none"]);
}

#[test]
fn every_scenario_works_on_both_runtimes() {
    for name in listed() {
        for runtime in ["gmp", "tokio"] {
            let arguments = ["--scenario", &name, "--workers", "2", "--scale", "0.001"];
            let output = gmp_bench(&["child", "--runtime", runtime]).args(arguments).output().expect("the binary runs");
            let errors = stderr(&output);
            assert_eq!(output.status.code(), Some(0), "{name}, {runtime}: {errors}");
            let line: Value = serde_json::from_str(&stdout(&output)).expect("a line of JSON");
            assert_eq!(line["scenario"], name.as_str());
            assert_eq!(line["runtime"], runtime);
            let figures = line["figures"].as_array().expect("figures");
            assert!(!figures.is_empty(), "{name}, {runtime}");
            for figure in figures {
                assert!(figure["value"].as_f64().is_some_and(|value| value >= 0.0), "{name}, {runtime}: {figure}");
            }
        }
    }
}

#[test]
fn a_failing_scenario_is_reported_and_the_rest_goes_on() {
    // An idle runtime is watched for half a second at least, so it cannot be done in a tenth; fib in quick can take
    // longer than that on a busy machine, and then has a failure of its own to show, but a row in any case.
    let output = run(&["run", "--quick", "--only", "fib,idle_cpu", "--rounds", "3", "--limit", "0.1"]);
    assert_eq!(output.status.code(), Some(1));
    let table = stdout(&output);
    row(&table, "fib");
    let idle = row(&table, "idle_cpu").join(" ");
    assert!(idle.contains("FAILED gmp in round 1: killed at its limit of 0.1 s; tokio in round 1"), "{idle}");
    assert!(stderr(&output).contains("idle_cpu failed on gmp in round 1: killed at its limit"));
}

#[test]
fn bad_input_exits_with_2_and_runs_nothing() {
    let missing = temporary("no-such-directory/results.json");
    let missing = missing.to_str().expect("UTF-8");
    for (arguments, part) in [
        (&["run", "--only", "bogus"][..], "no scenario matches 'bogus'"),
        (&["run", "--workers", "0"], "--workers"),
        (&["run", "--rounds", "many"], "--rounds"),
        (&["run", "--against", "goroutines"], "--against"),
        (&["run", "--json", missing], "results.json"),
        (&["child", "--runtime", "go", "--scenario", "fib", "--workers", "1"], "--runtime"),
        (&["child", "--runtime", "gmp", "--scenario", "f", "--workers", "1"], "called 'f'"),
        (&["child", "--runtime", "gmp", "--scenario", "main_spawns", "--workers", "3"], "1, 2 and 4"),
        (&[], "Usage"),
    ] {
        let output = run(arguments);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(part), "{arguments:?}: {errors}");
        assert!(!errors.contains("round 1"), "{arguments:?} ran: {errors}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn ctrl_c_prints_what_is_done() {
    let arguments = ["run", "--quick", "--only", "fib,idle_cpu", "--rounds", "1000"];
    let mut child =
        gmp_bench(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut progress = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let third_round =
        progress.find(|line| line.as_ref().is_ok_and(|line| line.contains("round 3 of"))).expect("two rounds pass");
    assert!(third_round.is_ok());
    let pid = i32::try_from(child.id()).expect("a pid");
    // SAFETY: kill takes any numbers; the pid is a child's that was not waited for, so it is nobody else's.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
    progress.for_each(drop);
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(130));
    let table = stdout(&output);
    assert!(row(&table, "fib").join(" ").contains("interrupted, "), "{table}");
    assert!(table.contains("interrupted: 1 of the selected"), "{table}");
}
