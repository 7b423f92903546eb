//! Runs commands: so many at a time, each with a limit of time; collects what they print.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, timeout};

#[derive(Debug)]
enum Outcome {
    Ended { status: ExitStatus, out: Vec<String>, err: String },
    TookTooLong,
}

/// Runs a line of shell.
async fn run(line: &str, limit: Duration) -> io::Result<Outcome> {
    let mut child = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().expect("it is piped");
    let mut stderr = child.stderr.take().expect("it is piped");
    let work = async {
        let lines = async {
            let mut lines = BufReader::new(stdout).lines();
            let mut out = Vec::new();
            while let Some(line) = lines.next_line().await? {
                out.push(line);
            }
            io::Result::Ok(out)
        };
        let mut err = String::new();
        let (status, out, read) = tokio::join!(child.wait(), lines, stderr.read_to_string(&mut err));
        read?;
        io::Result::Ok(Outcome::Ended { status: status?, out: out?, err })
    };
    match timeout(limit, work).await {
        Ok(outcome) => outcome,
        Err(_) => {
            child.kill().await?;
            Ok(Outcome::TookTooLong)
        }
    }
}

/// Runs all of them, at most `at_once` at a time; the outcomes come in the order of the lines.
async fn run_all(lines: &[&str], at_once: usize, limit: Duration) -> Vec<Outcome> {
    let places = Arc::new(Semaphore::new(at_once));
    let mut running = JoinSet::new();
    for (i, line) in lines.iter().enumerate() {
        let (places, line) = (places.clone(), (*line).to_owned());
        running.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            (i, run(&line, limit).await.unwrap())
        });
    }
    let mut outcomes = running.join_all().await;
    outcomes.sort_by_key(|(i, _)| *i);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commands_print_and_how_they_end() {
    let lines = ["echo one; echo two", "echo trouble >&2; exit 3", "true", "kill -9 $$"];
    let outcomes = run_all(&lines, 2, LONG).await;
    let [first, second, third, fourth] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(
        matches!(first, Outcome::Ended { status, out, .. } if status.success() && out == &["one", "two"]),
        "{first:?}"
    );
    let Outcome::Ended { status, out, err } = second else { panic!("{second:?}") };
    assert_eq!((status.code(), out.len(), err.as_str()), (Some(3), 0, "trouble\n"));
    assert!(matches!(third, Outcome::Ended { status, .. } if status.success()), "{third:?}");
    let Outcome::Ended { status, .. } = fourth else { panic!("{fourth:?}") };
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(status), Some(9));
}

#[tokio::test]
async fn no_more_at_once_than_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    // mkdir fails if another one is inside.
    let line = format!("mkdir '{0}' || exit 1; sleep 0.05; rmdir '{0}'", mark.display());
    let outcomes = run_all(&[&*line; 4], 1, LONG).await;
    for outcome in outcomes {
        assert!(matches!(&outcome, Outcome::Ended { status, .. } if status.success()), "{outcome:?}");
    }
}

#[tokio::test]
async fn one_that_takes_too_long_is_killed() {
    let start = Instant::now();
    let outcomes = run_all(&["exec sleep 600", "echo quick"], 2, Duration::from_secs(2)).await;
    assert!(matches!(outcomes[0], Outcome::TookTooLong), "{outcomes:?}");
    assert!(matches!(&outcomes[1], Outcome::Ended { out, .. } if out == &["quick"]), "{outcomes:?}");
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_command_that_isn_t_there() {
    let error = Command::new("/no/such/command").spawn().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

/// Through three processes, the way a shell does it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline() {
    let piped = |command: &mut Command| -> Child {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
    };
    let mut sort = piped(&mut Command::new("sort"));
    let mut uniq = piped(&mut Command::new("uniq"));
    let (mut sort_in, mut sort_out) = (sort.stdin.take().unwrap(), sort.stdout.take().unwrap());
    let (mut uniq_in, uniq_out) = (uniq.stdin.take().unwrap(), uniq.stdout.take().unwrap());
    let feed = async move {
        for i in 0..20_000_u32 {
            sort_in.write_all(format!("{}\n", i % 7).as_bytes()).await.unwrap();
        }
        // The end of the file is the drop.
    };
    let between = async move {
        tokio::io::copy(&mut sort_out, &mut uniq_in).await.unwrap();
    };
    let collect = async move {
        let mut lines = BufReader::new(uniq_out).lines();
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            found.push(line);
        }
        found
    };
    let ((), (), found) = tokio::join!(feed, between, collect);
    assert_eq!(found, ["0", "1", "2", "3", "4", "5", "6"]);
    assert!(sort.wait().await.unwrap().success());
    assert!(uniq.wait().await.unwrap().success());
    let output = Command::new("cat").arg("/dev/null").output().await.unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
}
