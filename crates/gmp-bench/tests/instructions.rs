//! `run --instructions`: without valgrind, with a script in its place, and with valgrind itself where it is installed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A folder for the PATH in which `valgrind` is this shell script.
fn path_with_valgrind(name: &str, script: &str) -> PathBuf {
    let folder = temporary(name);
    fs::create_dir_all(&folder).expect("a folder");
    let valgrind = folder.join("valgrind");
    fs::write(&valgrind, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&valgrind, fs::Permissions::from_mode(0o755)).expect("an executable script");
    folder
}

/// Runs the child and counts a million instructions, and so many for each operation: `COST` on gmp and 200 on tokio.
const COUNTS: &str = r#"
file=${2#--callgrind-out-file=}
[ "$1" = --tool=callgrind ] && [ "$file" != "$2" ] || exit 9
shift 2
line=$("$@") || exit $?
cost=200
case "$*" in *" --runtime gmp "*) cost=${COST:-100} ;; esac
case "$*" in *" --workers 1 "*" --cold"*) ;; *) exit 8 ;; esac
operations=$(echo "$line" | sed 's/.*"per":\([0-9]*\).*/\1/')
printf 'events: Ir\ntotals: %s\n' $((1000000 + cost * operations)) >"$file"
echo "$line"
"#;

/// Counts `fib` with only that folder and the system's utilities in the PATH.
fn counted(folder: &Path, cost: u32, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    command.args(["run", "--quick", "--only", "fib", "--instructions", "--limit", "600"]).args(more);
    command.env("PATH", format!("{}:/bin", folder.display())).env("COST", cost.to_string());
    command.output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("stdout is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is UTF-8")
}

/// The cells of the line of that name, in one string.
fn row(table: &str, name: &str) -> String {
    let lines = table.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let found = lines.into_iter().find(|cells| cells.first() == Some(&name));
    found.unwrap_or_else(|| panic!("no row {name} in:\n{table}")).join(" ")
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn without_valgrind_a_line_says_so_and_nothing_runs() {
    let folder = temporary("no-valgrind");
    fs::create_dir_all(&folder).expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    let output = command.args(["run", "--quick", "--only", "fib", "--instructions"]).env("PATH", &folder).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let expected = "gmp-bench: --instructions needs the program valgrind, which is not in the PATH (Debian and Ubuntu: \
                    apt-get install valgrind)\n";
    assert_eq!((stderr(&output).as_str(), stdout(&output).as_str()), (expected, ""));
}

#[test]
fn nothing_to_count_is_an_error_too() {
    let folder = path_with_valgrind("valgrind-without-work", COUNTS);
    for (arguments, part) in [
        (&["--only", "idle_cpu", "--instructions"][..], "none of the scenarios that were selected, but of burst, "),
        (&["--only", "fib", "--rounds", "0"], "--rounds 0 leaves nothing to do without --instructions"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
        let output = command.arg("run").args(arguments).env("PATH", &folder).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}

#[test]
fn counts_are_a_row_of_their_own_in_table_file_and_page() {
    let folder = path_with_valgrind("valgrind-that-counts", COUNTS);
    let report = temporary("counted");
    let output = counted(&folder, 100, &["--rounds", "1", "--report", utf8(&report)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("fib, instructions, tokio: "), "{}", stderr(&output));
    let table = stdout(&output);
    assert_eq!(row(&table, "fib/instructions"), "fib/instructions instr/op 100 200 0.50 ±2% <1 gmp ahead");
    assert!(row(&table, "fib").starts_with("fib ns/op"), "{table}");

    let text = |name: &str| fs::read_to_string(report.join(name)).expect("the file is there");
    let json: Value = serde_json::from_str(&text("results.json")).expect("it is JSON");
    let figure = &json["scenarios"][0]["figures"][1];
    assert_eq!((&figure["figure"], &figure["within"]), (&Value::from("instructions"), &Value::from(0.02)));
    assert_eq!(figure["rounds"], serde_json::json!([[100.0, 200.0]]));
    assert_eq!(figure["comparisons"][0]["verdict"], "left");
    let page = text("index.html");
    assert!(page.contains("<h2>Instructions: gmp beside tokio</h2>"), "{page}");
    assert!(page.contains("gmp/tokio 0.50, a count that repeats within 2 %"), "{page}");
    assert!(text("results.csv").contains("fib,instructions,instr/op,less,gmp,tokio,100.00,200.00,0.50000,,,"));
}

#[test]
fn counts_alone_are_compared_by_themselves() {
    let folder = path_with_valgrind("valgrind-twice", COUNTS);
    let runs = [("before", 1_000), ("same", 1_010), ("after", 1_030)].map(|(name, cost)| {
        let file = temporary(&format!("counts-{name}.json"));
        let output = counted(&folder, cost, &["--rounds", "0", "--json", utf8(&file)]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        // Nothing was timed, so there is no row of times.
        assert_eq!(stdout(&output).matches("fib").count(), 1, "{}", stdout(&output));
        file
    });
    let compare = |other: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
        let output = command.arg("compare").arg(&runs[0]).arg(other).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        row(&stdout(&output), "fib/instructions")
    };
    assert!(compare(&runs[1]).ends_with("no difference seen"), "{}", compare(&runs[1]));
    assert!(compare(&runs[2]).ends_with("worse"), "{}", compare(&runs[2]));
}

#[test]
fn a_count_that_fails_is_the_scenarios_failure() {
    let folder = path_with_valgrind("valgrind-that-fails", "echo 'no such tool' >&2; exit 1");
    let output = counted(&folder, 100, &["--rounds", "1"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("fib failed on gmp under callgrind: exit status: 1\n  | no such tool"));
    assert!(row(&stdout(&output), "fib").contains("FAILED gmp under callgrind: exit status: 1; tokio under callgrind"));
}

#[test]
fn valgrind_counts_what_an_operation_takes() {
    let is_there = Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("skipped: there is no valgrind to count instructions with (Debian: apt-get install valgrind)");
        return;
    }
    let file = temporary("counted-by-valgrind.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    command.args(["run", "--only", "fib", "--instructions", "--rounds", "0", "--limit", "600", "--json", utf8(&file)]);
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json: Value = serde_json::from_str(&fs::read_to_string(&file).expect("the file is there")).expect("JSON");
    let counts = &json["scenarios"][0]["figures"][1]["rounds"][0];
    for side in [0, 1] {
        let count = counts[side].as_f64().unwrap_or_else(|| panic!("no count in {json}"));
        // A spawn, a poll, an end and a join are no less than a hundred instructions, and no more than a hundred thousand even
        // in a debug build; the start of the process, which must not be in it, is millions for each of few operations.
        assert!((100.0..100_000.0).contains(&count), "{count}");
    }
}
