//! The proof of `/slow` and `/spin`: handlers that keep their threads are in nobody's way.

use super::client::Http;
use super::http;
use crate::support::{has_tool, run_tool};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Four connections ask for nothing but a page whose handler keeps its thread, and there are two workers. What the others
/// ask for is answered all the same.
#[test]
fn others_go_on_beside_handlers_that_keep_their_thread() {
    const TIME: Duration = Duration::from_secs(2);
    for path in ["/slow", "/spin"] {
        let http = http(&["--workers", "2"]);
        let address = http.address();
        let over = Arc::new(AtomicBool::new(false));
        let hammers: Vec<_> = (0..4)
            .map(|_| {
                let over = over.clone();
                thread::spawn(move || {
                    let (mut client, mut answers) = (Http::connect(address), 0_usize);
                    while !over.load(Ordering::Relaxed) {
                        assert_eq!(client.get(path).status, 200);
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        // They are at it.
        thread::sleep(Duration::from_millis(50));
        let others: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(move || {
                    let (mut client, mut times) = (Http::connect(address), Vec::new());
                    let start = Instant::now();
                    while start.elapsed() < TIME {
                        let asked = Instant::now();
                        assert_eq!(client.get("/").text(), "Hello, World!");
                        times.push(asked.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times: Vec<_> = others.into_iter().flat_map(|client| client.join().unwrap()).collect();
        over.store(true, Ordering::Relaxed);
        let hammered: usize = hammers.into_iter().map(|client| client.join().unwrap()).sum();
        times.sort_unstable();
        let (answers, median) = (times.len(), times[times.len() / 2]);
        // A server that waits for its handlers gives 80 answers, each after 100 ms or so. This one gives thousands, each after
        // a part of a millisecond if the machine has nothing else to do.
        let told = format!("{path}: {answers} answers, half of them within {median:?}, {hammered} on {path}");
        assert!(answers > 160 && median < Duration::from_millis(50), "{told}");
        // And those that keep their threads are not forgotten.
        assert!(hammered > 4, "{told}");
    }
}

/// The same under the load of a real client.
#[test]
fn others_go_on_beside_sleeping_handlers_driven_by_wrk() {
    beside_driven_by_wrk("/slow");
}

#[test]
fn others_go_on_beside_spinning_handlers_driven_by_wrk() {
    beside_driven_by_wrk("/spin");
}

fn beside_driven_by_wrk(path: &str) {
    if !has_tool("wrk") {
        return;
    }
    let http = http(&["--workers", "2"]);
    let wrk = |connections: &str, time: &str, path: &str| {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", "1", "-c", connections, "-d", time, "--timeout", "60s"])
            .arg(format!("http://{}{path}", http.address()));
        wrk
    };
    let rate = |report: String| {
        let line = |name: &str| report.lines().find(|line| line.trim_start().starts_with(name));
        assert_eq!(line("Socket errors:").or_else(|| line("Non-2xx")), None, "{report}");
        let rate = line("Requests/sec:").and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        rate.unwrap_or_else(|| panic!("{report}"))
    };
    let mut slow = wrk("4", "3s", path);
    let slow = thread::spawn(move || run_tool(&mut slow));
    thread::sleep(Duration::from_millis(100));
    let beside = rate(run_tool(&mut wrk("50", "2s", "/")));
    let slow = rate(slow.join().unwrap());
    // A server that waits for its handlers gives some hundreds, and never more than 20 for each of 50 connections.
    assert!(beside > 1_000.0, "beside {path}: {beside} a second");
    assert!(slow > 1.0, "{path}: {slow} a second");
}
