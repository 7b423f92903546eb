//! The built binary, as users call it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

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
    let text = stdout(&output);
    // Below the empty line stands what is not on whom.
    let lines = text.lines().take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_ascii_whitespace().next().map(str::to_owned)).collect()
}

fn temporary(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("the file is there")).expect("it is JSON")
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
    let json = json(&path);
    assert_eq!((&json["format"], &json["state"]), (&Value::from(1), &Value::from("done")));
    assert_eq!(json["sides"][0]["label"], "gmp");
    assert_eq!(json["options"]["workers"], 2);
    assert!(json["machine"]["kernel"].as_str().is_some_and(|kernel| !kernel.is_empty()));
    assert!(json["versions"]["tokio"].as_str().is_some_and(|tokio| tokio.starts_with("1.")));
    let fib = &json["scenarios"][0];
    assert_eq!((&fib["scenario"], &fib["state"]), (&Value::from("fib"), &Value::from("done")));
    let figure = &fib["figures"][0];
    let rounds = figure["rounds"].as_array().expect("rounds");
    assert_eq!(rounds.len(), 2);
    assert!(rounds.iter().flat_map(|round| round.as_array().expect("values")).all(Value::is_f64), "{figure}");
    assert_eq!((&figure["unit"], &figure["better"]), (&Value::from("ns/op"), &Value::from("less")));
    let ratio = &figure["comparisons"][0];
    assert!(ratio["interval"]["low"].as_f64() <= ratio["median"].as_f64());
    assert!(ratio["median"].as_f64() <= ratio["interval"]["high"].as_f64());
}

#[test]
fn what_tokio_has_not_is_run_on_gmp_alone() {
    let output = run(&["run", "--quick", "--only", "false_retakes", "--rounds", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    let cells = row(&table, "false_retakes/polls");
    assert!(cells[2].parse::<f64>().expect("a figure") > 0.0, "{cells:?}");
    assert_eq!(cells[3..], ["-", "-", "-", ">1", "-"], "{table}");
    // What stands at the end isn't a remark.
    assert_eq!(row(&table, "false_retakes/retakes")[8..], ["gmp≤1"], "{table}");
    let errors = stderr(&output);
    assert!(errors.contains("round 2 of 2, gmp") && !errors.contains("tokio"), "{errors}");
}

#[test]
fn pins_are_compared_on_gmp_alone() {
    let output = run(&["run", "--quick", "--only", "fib", "--rounds", "1", "--compare-pin"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let header = row(&stdout(&output), "scenario");
    assert_eq!(header[2..5], ["core", "none", "core/none"]);
}

#[test]
fn every_scenario_works_on_each_rust_runtime_that_has_it() {
    // Those that wait for a load from outside have tests of their own.
    for name in listed().into_iter().filter(|name| !name.starts_with("http")) {
        for runtime in ["gmp", "tokio", "smol"] {
            let arguments = ["--scenario", &name, "--workers", "2", "--scale", "0.001"];
            let output = gmp_bench(&["child", "--runtime", runtime]).args(arguments).output().expect("the binary runs");
            let errors = stderr(&output);
            if runtime != "gmp" && errors.contains(&format!("{runtime} has no {name}: ")) {
                assert_eq!(output.status.code(), Some(2), "{name}: {errors}");
                continue;
            }
            // How many CPUs there are is the machine's business.
            if name.starts_with("scaling_") && output.status.code() == Some(2) {
                assert!(errors.contains("this process may use"), "{name}, {runtime}: {errors}");
                continue;
            }
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
    let path = temporary("with-a-failure.json");
    let file = path.to_str().expect("UTF-8");
    let arguments = ["run", "--quick", "--only", "fib,idle_cpu", "--rounds", "3", "--limit", "0.1", "--json", file];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let json = json(&path);
    assert_eq!((&json["state"], &json["scenarios"][1]["state"]), (&Value::from("done"), &Value::from("failed")));
    assert_eq!(json["scenarios"][1]["failed"][0]["reason"], "killed at its limit of 0.1 s");
    let table = stdout(&output);
    row(&table, "fib");
    let idle = row(&table, "idle_cpu/cpu").join(" ");
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
        (&["run", "--against", "goroutines"], "[possible values: tokio, smol, go]"),
        (&["run", "--against", "tokio,smol,tokio"], "--against names tokio twice"),
        (&["run", "--against", "go", "--go", "/no/such/go", "--only", "fib"], "/no/such/go cannot be run"),
        (&["run", "--go", "go"], "--go says how to build what --against go asks for"),
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
    let path = temporary("interrupted.json");
    let file = path.to_str().expect("UTF-8");
    let arguments = ["run", "--quick", "--only", "fib,idle_cpu", "--rounds", "1000", "--json", file];
    let mut child =
        gmp_bench(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let mut progress = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let third_round =
        progress.find(|line| line.as_ref().is_ok_and(|line| line.contains("round 3 of"))).expect("two rounds pass");
    assert!(third_round.is_ok());
    press_ctrl_c(&child);
    progress.for_each(drop);
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(130));
    let table = stdout(&output);
    assert!(row(&table, "fib").join(" ").contains("interrupted, "), "{table}");
    assert!(table.contains("interrupted: 1 of the selected"), "{table}");
    let json = json(&path);
    assert_eq!((&json["state"], &json["not_run"][0]), (&Value::from("interrupted"), &Value::from("idle_cpu")));
    let fib = &json["scenarios"][0];
    assert_eq!(fib["state"], "interrupted");
    assert!(fib["figures"][0]["rounds"].as_array().is_some_and(|rounds| rounds.len() >= 2), "{fib}");
}

/// Sends what a terminal sends on Ctrl-C.
fn press_ctrl_c(child: &Child) {
    let pid = i32::try_from(child.id()).expect("a pid");
    // SAFETY: kill takes any numbers; the pid is a child's that was not waited for, so it is nobody else's.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
}

/// A folder for the PATH in which `wrk` is this shell script.
fn path_with_wrk(name: &str, script: &str) -> PathBuf {
    let folder = temporary(name);
    fs::create_dir_all(&folder).expect("a folder");
    let wrk = folder.join("wrk");
    fs::write(&wrk, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&wrk, fs::Permissions::from_mode(0o755)).expect("an executable script");
    folder
}

/// The harness where nothing but `folder` and the system's shell utilities is in the PATH.
fn gmp_bench_with(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = gmp_bench(arguments);
    // Without /usr/local/bin and the like, where a real wrk may be: /bin may be /usr/bin, so the folder comes first.
    command.env("PATH", format!("{}:/bin", folder.display()));
    command
}

/// The commands that serve that scenario.
fn servers(scenario: &str) -> impl Iterator<Item = Command> {
    let command = move |runtime| gmp_bench(&["child", "--runtime", runtime, "--scenario", scenario, "--workers", "2"]);
    ["gmp", "tokio", "smol"].into_iter().map(command)
}

#[test]
fn the_http_server_answers_until_its_stdin_ends() {
    for mut command in servers("http") {
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(server.stdout.take().expect("stdout is piped")).lines();
        let ready = lines.next().expect("a line").expect("it is read");
        let ready: Value = serde_json::from_str(&ready).expect("it is JSON");
        let mut stream = TcpStream::connect(ready["listening"].as_str().expect("an address")).expect("it listens");
        for _ in 0..3 {
            stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").expect("it reads");
            read_hello(&mut stream);
        }
        drop(server.stdin.take());
        let line = lines.next().expect("a line").expect("it is read");
        let line: Value = serde_json::from_str(&line).expect("it is JSON");
        assert_eq!(line["figures"][0]["name"], "cpu");
        assert_eq!(line["figures"][0]["per"], 3.0, "it counted its answers");
        assert!(server.wait().expect("it ends").success());
    }
}

#[test]
fn the_server_with_slow_requests_answers_both() {
    for mut command in servers("http_beside_slow") {
        let mut server = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(server.stdout.take().expect("stdout is piped")).lines();
        let ready = lines.next().expect("a line").expect("it is read");
        let ready: Value = serde_json::from_str(&ready).expect("it is JSON");
        let mut stream = TcpStream::connect(ready["listening"].as_str().expect("an address")).expect("it listens");
        for (path, least) in [("/", 0), ("/slow", 100), ("/", 0)] {
            let start = Instant::now();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: here\r\n\r\n").expect("it reads");
            read_hello(&mut stream);
            assert!(start.elapsed() >= Duration::from_millis(least), "{command:?}: {path}");
        }
        drop(server.stdin.take());
        let line = lines.next().expect("a line").expect("it is read");
        let line: Value = serde_json::from_str(&line).expect("it is JSON");
        assert_eq!(line["figures"].as_array().map(Vec::len), Some(0), "all of them are the client's");
        assert!(server.wait().expect("it ends").success());
    }
}

/// Reads one answer.
fn read_hello(stream: &mut TcpStream) {
    let mut answer = String::new();
    while !answer.ends_with("Hello, world!") {
        let mut bytes = [0; 256];
        let read = stream.read(&mut bytes).expect("it answers");
        assert_ne!(read, 0, "it answers in full: {answer}");
        answer += std::str::from_utf8(&bytes[..read]).expect("text");
    }
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn wrks_report_and_the_servers_figure_are_rows() {
    let report = "\
echo \"$@\" >\"$(dirname \"$0\")/arguments\"
echo '  Latency Distribution'
echo '     50%  431.00us'
echo '     99%    1.45ms'
echo '  210838 requests in 2.00s, 17.90MB read'
echo 'Requests/sec: 105353.38'";
    let folder = path_with_wrk("wrk-that-reports", report);
    let output = gmp_bench_with(&folder, &["run", "--quick", "--only", "http", "--rounds", "1"]).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    assert_eq!(row(&table, "http/requests")[1..5], ["op/s", "105353", "105353", "1.00"]);
    assert_eq!(row(&table, "http/requests")[6..], [">1", "no", "difference", "seen", "≥1.05"]);
    assert_eq!(row(&table, "http/p99")[1..5], ["µs", "1450", "1450", "1.00"]);
    assert_eq!(row(&table, "http/cpu")[1], "cpu-ns/op");
    let arguments = fs::read_to_string(folder.join("arguments")).expect("wrk was called");
    assert!(arguments.starts_with("--threads 1 --connections 50 --duration 1s --latency http://127.0.0.1:"));
}

#[test]
fn a_load_beside_a_slow_one_is_set_beside_itself_alone() {
    // Alone 100,000 requests a second, beside slow ones 90,000; of those 36.
    let report = "\
folder=$(dirname \"$0\")
echo \"$@\" >>\"$folder/arguments\"
rate=100000.00
case \"$*\" in
*/slow) rate=36.00; touch \"$folder/slow\" ;;
*) if [ -e \"$folder/slow\" ]; then rate=90000.00; rm \"$folder/slow\"; fi ;;
esac
echo '     99%    1.45ms'
echo \"Requests/sec: $rate\"";
    let folder = path_with_wrk("wrk-that-is-called-thrice", report);
    let _ = fs::remove_file(folder.join("arguments"));
    let output = gmp_bench_with(&folder, &["run", "--quick", "--only", "http_beside_slow", "--rounds", "1"]).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    for (figure, value) in
        [("requests", "90000"), ("p99", "1450"), ("alone", "100000"), ("left", "90.0"), ("slow", "36.0")]
    {
        assert_eq!(row(&table, &format!("http_beside_slow/{figure}"))[2..4], [value, value], "{table}");
    }
    let arguments = fs::read_to_string(folder.join("arguments")).expect("wrk was called");
    let calls: Vec<_> = arguments.lines().take(3).collect();
    for (call, (connections, duration, page)) in calls.iter().zip([(50, 1, "/"), (4, 2, "/slow"), (50, 1, "/")]) {
        let begin = format!("--threads 1 --connections {connections} --duration {duration}s --latency --timeout 60s ");
        assert!(call.starts_with(&begin), "{arguments}");
        assert!(call.ends_with(page) && call.ends_with("/slow") == (page == "/slow"), "{arguments}");
    }
}

#[test]
fn a_load_that_fails_is_the_scenarios_failure() {
    let folder = path_with_wrk("wrk-that-fails", "echo 'unable to connect' >&2; exit 1");
    let output = gmp_bench_with(&folder, &["run", "--quick", "--only", "http", "--rounds", "2"]).output();
    let output = output.expect("the binary runs");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("  | wrk: unable to connect"), "{}", stderr(&output));
    let requests = row(&stdout(&output), "http/requests").join(" ");
    assert!(requests.contains("FAILED gmp in round 1: exit status: 1; tokio in round 1"), "{requests}");
}

#[test]
fn a_load_that_does_not_end_is_killed_with_the_server_at_the_limit() {
    let folder = path_with_wrk("wrk-that-hangs", "exec sleep 600");
    let arguments = ["run", "--quick", "--only", "http", "--rounds", "1", "--limit", "0.5"];
    let output = gmp_bench_with(&folder, &arguments).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let requests = row(&stdout(&output), "http/requests").join(" ");
    assert!(requests.contains("FAILED gmp in round 1: killed at its limit of 0.5 s; tokio"), "{requests}");
}

#[test]
fn ctrl_c_ends_the_load() {
    let folder = path_with_wrk("wrk-that-is-interrupted", "touch \"$(dirname \"$0\")/begun\"; exec sleep 600");
    let begun = folder.join("begun");
    let _ = fs::remove_file(&begun);
    let mut command = gmp_bench_with(&folder, &["run", "--quick", "--only", "http"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    while !begun.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    press_ctrl_c(&child);
    let output = child.wait_with_output().expect("the binary ends");
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stdout(&output).contains("interrupted: 1 of the selected"), "{}", stdout(&output));
}

#[test]
fn without_wrk_its_scenario_is_skipped_loudly() {
    let folder = temporary("no-wrk");
    fs::create_dir_all(&folder).expect("a folder");
    for (arguments, has_fib) in
        [(&["run", "--only", "http"][..], false), (&["run", "--quick", "--rounds", "1", "--only", "fib", "http"], true)]
    {
        let output = gmp_bench(arguments).env("PATH", &folder).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("skipped: http needs the program wrk"), "{}", stderr(&output));
        let table = stdout(&output);
        assert!(
            table.contains("\nskipped: http needs the program wrk, which is not in the PATH (Debian and Ubuntu: apt-get install wrk)\n"),
            "{table}"
        );
        assert_eq!(table.lines().any(|line| line.starts_with("fib ")), has_fib, "{table}");
    }
}

#[test]
fn a_scenario_that_the_machine_is_too_small_for_is_no_failure() {
    // At least one of them is for any machine; which of the others are skipped depends on how many CPUs there are.
    let output = run(&["run", "--quick", "--rounds", "1", "--only", "scaling_*"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = stdout(&output);
    let names = listed();
    let scaling: Vec<_> = names.iter().filter(|name| name.starts_with("scaling_")).collect();
    assert!(scaling.len() > 3, "{names:?}");
    for name in scaling {
        let has_row = table.lines().any(|line| line.split([' ', '/']).next() == Some(name));
        let is_skipped = table.contains(&format!("\nskipped: {name} "));
        assert!(has_row != is_skipped, "{name}: {table}");
    }
    row(&table, "scaling_1");

    // What is skipped whatever the machine, beside others and alone, with a file in either case.
    let path = temporary("skipped.json");
    let file = path.to_str().expect("UTF-8");
    for (only, left) in [("main_spawns,fib", 1), ("main_spawns", 0)] {
        let output = run(&["run", "--quick", "--rounds", "1", "--workers", "3", "--only", only, "--json", file]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).contains("skipped: main_spawns "), "{}", stderr(&output));
        assert!(stdout(&output).contains("\nskipped: main_spawns "), "{}", stdout(&output));
        let json = json(&path);
        assert_eq!((&json["state"], &json["skipped"][0]["scenario"]), (&"done".into(), &"main_spawns".into()));
        assert_eq!(json["scenarios"].as_array().map(Vec::len), Some(left));
    }
}

#[test]
fn two_runs_are_compared_whatever_comes_out() {
    let [before, after] = ["before.json", "after.json"].map(temporary);
    for path in [&before, &after] {
        let file = path.to_str().expect("UTF-8");
        let output = run(&["run", "--quick", "--only", "fib", "--rounds", "1", "--json", file]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let compare =
        |before: &Path, after: &Path| gmp_bench(&["compare"]).arg(before).arg(after).output().expect("the binary runs");
    let output = compare(&before, &after);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(row(&stdout(&output), "fib")[1], "ns/op");

    let broken = temporary("broken.json");
    fs::write(&broken, "{}").expect("a file");
    for (bad, part) in [(broken, "broken.json: is not a file of"), (temporary("missing.json"), "missing.json: No such")]
    {
        let output = compare(&before, &bad);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}
