//! The example `http`.

mod beside;
mod client;

use crate::support::{
    Noise, Program, has_tool, read_noise, refused, reset, run_tool, scaled, until_hung_up, write_noise,
};
use client::Http;
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn http(arguments: &[&str]) -> Program {
    Program::start("http", &[&["--addr", "127.0.0.1:0"], arguments].concat())
}

#[test]
fn pages() {
    let mut http = http(&["--workers", "2"]);
    let mut client = Http::connect(http.address());
    for path in ["/", "/slow", "/spin", "/?query", "/slow?query"] {
        let answer = client.get(path);
        assert_eq!((answer.status, answer.text()), (200, "Hello, World!"), "{path}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("content-length"), Some("13"));
    }
    for path in ["/nowhere", "/slow/", "//", "*"] {
        assert_eq!(client.get(path).status, 404, "{path}");
    }
    client.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n");
    let head = client.head();
    assert_eq!((head.status, head.header("content-length")), (200, Some("13")));
    // No body came, or this would be out of step.
    assert_eq!(client.get("/").status, 200);
    drop(client);
    http.quit();
    http.ends_with("http: 1 connections, 0 failed, 0 cut");
}

#[test]
fn handlers_that_keep_their_thread() {
    let http = http(&["--workers", "2"]);
    let address = http.address();
    let start = Instant::now();
    let clients: Vec<_> = (0..12)
        .map(|i| {
            thread::spawn(move || {
                let mut client = Http::connect(address);
                assert_eq!(client.get(["/slow", "/spin", "/"][i % 3]).text(), "Hello, World!");
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn metrics() {
    let http = http(&["--workers", "3"]);
    let mut client = Http::connect(http.address());
    let mut figures = || -> HashMap<String, u64> {
        let answer = client.get("/metrics");
        assert_eq!(answer.status, 200);
        let figures = answer.text().lines().map(|line| {
            let (name, figure) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
            (name.to_owned(), figure.parse().unwrap_or_else(|error| panic!("{line:?}: {error}")))
        });
        figures.collect()
    };
    let of_workers = |figures: &HashMap<String, u64>, name: &str| -> u64 {
        (0..3).map(|worker| figures[&format!("{name}{{worker=\"{worker}\"}}")]).sum()
    };
    let before = figures();
    assert_eq!(before["gmp_workers"], 3);
    assert!(!before.contains_key("gmp_worker_polls_total{worker=\"3\"}"));
    const CONNECTIONS: u64 = 10;
    for _ in 0..CONNECTIONS {
        assert_eq!(Http::connect(http.address()).get("/").status, 200);
    }
    let after = figures();
    // A task for each connection, and each was polled.
    assert_eq!(after["gmp_spawned_tasks_total"] - before["gmp_spawned_tasks_total"], CONNECTIONS);
    let polls = |figures| of_workers(figures, "gmp_worker_polls_total");
    assert!(polls(&after) - polls(&before) >= CONNECTIONS, "{before:?}\n{after:?}");
    assert_eq!(after["gmp_panicked_tasks_total"], 0);
    assert!(after["gmp_alive_tasks"] >= 2, "{after:?}");
    assert_eq!(before.len(), after.len());
}

#[test]
fn keep_alive() {
    let http = http(&[]);
    let mut client = Http::connect(http.address());
    for _ in 0..500 {
        let answer = client.get("/");
        assert_eq!((answer.status, answer.header("connection")), (200, None));
    }
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    assert_eq!(client.answer().text(), "Hello, World!");
    assert_eq!(client.rest(), b"");

    // HTTP/1.0 has to ask for it.
    let mut old = Http::connect(http.address());
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(old.answer().header("connection"), Some("keep-alive"));
    old.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(old.answer().text(), "Hello, World!");
    assert_eq!(old.rest(), b"");
}

/// The requests of a pipeline: each is to be answered by its number, or by a page.
fn pipeline(requests: usize) -> String {
    let request = |i: usize| match i % 4 {
        0 => "GET / HTTP/1.1\r\nHost: test\r\n\r\n".to_owned(),
        1 => "GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n".to_owned(),
        2 => format!("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\n{i:8}"),
        _ => format!(
            "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nno \r\n8\r\n{i:8}\r\n0\r\n\r\n"
        ),
    };
    (0..requests).map(request).collect()
}

#[track_caller]
fn read_pipeline(client: &mut Http, requests: usize) {
    for i in 0..requests {
        let answer = client.answer();
        let expected = match i % 4 {
            0 => (200, "Hello, World!".to_owned()),
            1 => (404, "There is no such page.\n".to_owned()),
            2 => (200, format!("{i:8}")),
            _ => (200, format!("no {i:8}")),
        };
        assert_eq!((answer.status, answer.text()), (expected.0, expected.1.as_str()), "request {i}");
    }
}

#[test]
fn pipelined_requests() {
    const REQUESTS: usize = 400;
    let http = http(&[]);
    let mut client = Http::connect(http.address());
    client.send(&pipeline(REQUESTS));
    read_pipeline(&mut client, REQUESTS);
    // And nothing more.
    client.shutdown(Shutdown::Write);
    assert_eq!(client.rest(), b"");
}

#[test]
fn requests_in_pieces() {
    const REQUESTS: usize = 40;
    let http = http(&[]);
    for seed in 0..4 {
        let mut client = Http::connect(http.address());
        let text = pipeline(REQUESTS);
        let (mut noise, mut text) = (Noise::new(seed), text.as_bytes());
        while !text.is_empty() {
            let (piece, rest) = text.split_at(text.len().min(1 + noise.next() as usize % 40));
            client.write(piece);
            text = rest;
        }
        read_pipeline(&mut client, REQUESTS);
    }
}

#[test]
fn many_connections_at_once() {
    const CONNECTIONS: usize = 300;
    let mut http = http(&[]);
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| Http::connect(http.address())).collect();
    for _ in 0..3 {
        for (i, client) in clients.iter_mut().enumerate() {
            client.send(&format!("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n{i:5}"));
        }
        for (i, client) in clients.iter_mut().enumerate().rev() {
            assert_eq!(client.answer().text(), format!("{i:5}"));
        }
    }
    drop(clients);
    http.quit();
    http.ends_with("http: 300 connections, 0 failed, 0 cut");
}

#[test]
fn many_clients_in_a_hurry() {
    let http = http(&[]);
    let address = http.address();
    let clients: Vec<_> = (0..8)
        .map(|client| {
            thread::spawn(move || {
                for connection in 0..20 {
                    let mut http = Http::connect(address);
                    for request in 0..scaled(100) {
                        let answer = http.get("/");
                        assert_eq!(answer.text(), "Hello, World!", "{client} {connection} {request}");
                    }
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

#[test]
fn big_bodies() {
    let bytes = scaled(64 << 20);
    let http = http(&[]);
    let uploads: Vec<_> = (0..2)
        .map(|seed| {
            let mut to = http.connect();
            let mut from = Http::new(to.try_clone().unwrap());
            let writer = thread::spawn(move || {
                write!(to, "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: {bytes}\r\n\r\n").unwrap();
                write_noise(&mut to, seed, bytes).unwrap();
            });
            let reader = thread::spawn(move || {
                assert_eq!(from.head().header("content-length"), Some(bytes.to_string().as_str()));
                read_noise(from.reader(), seed, bytes);
                // The connection is in step.
                assert_eq!(from.get("/").text(), "Hello, World!");
            });
            (writer, reader)
        })
        .collect();
    for (writer, reader) in uploads {
        writer.join().unwrap();
        reader.join().unwrap();
    }
}

/// Clients that send a head too slowly, or never one, are hung up on; the others don't notice.
#[test]
fn slow_loris() {
    const LIMIT: Duration = Duration::from_secs(1);
    let mut http = http(&["--header-timeout", "1", "--workers", "1"]);
    let start = Instant::now();
    let mut silent = http.connect();
    let mut half = http.connect();
    half.write_all(b"GET / HTTP/1.1\r\nHost: te").unwrap();
    let mut once = Http::connect(http.address());
    assert_eq!(once.get("/").status, 200);
    let mut slow = http.connect();
    slow.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let mut good = Http::connect(http.address());
    // A byte at a time doesn't put it off.
    let mut sent = 0;
    for byte in b"GET / HTTP/1.1\r\nX: ".iter().copied().chain(std::iter::repeat(b'x')) {
        if slow.write_all(&[byte]).is_err() {
            break;
        }
        sent += 1;
        match slow.read(&mut [0; 1_000]) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            // An answer such as 408 may come first.
            Ok(_) => {}
            Err(error) => assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}"),
        }
        assert!(start.elapsed() < crate::support::PATIENCE, "{sent} bytes, and it still listens");
        assert_eq!(good.get("/").status, 200);
    }
    assert!(start.elapsed() >= LIMIT);
    for stream in [&mut silent, &mut half] {
        let last = until_hung_up(stream);
        assert!(last.is_empty() || last.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&last));
    }
    let last = once.rest();
    assert!(last.is_empty() || last.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&last));
    assert_eq!(good.get("/").status, 200);
    drop(good);
    http.quit();
    let ended = http.ended();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stdout, "http: 5 connections, 4 failed, 0 cut\n");
}

#[test]
fn what_is_not_http() {
    let http = http(&[]);
    for noise in
        [&b"\x16\x03\x01\0\xa5\x01\0\0\r\n\r\n"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n"]
    {
        let mut stream = http.connect();
        stream.write_all(noise).unwrap();
        let answer = until_hung_up(&mut stream);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(Http::connect(http.address()).get("/").status, 200);
}

#[test]
fn resets_in_the_middle() {
    let mut http = http(&[]);
    let mut other = Http::connect(http.address());
    for round in 0..20 {
        let mut stream = http.connect();
        // In a head, in a body, while the answer comes.
        match round % 3 {
            0 => stream.write_all(b"GET / HT").unwrap(),
            1 => {
                let mut client = Http::new(stream.try_clone().unwrap());
                client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nthat's all");
                assert_eq!(client.head().status, 200);
            }
            _ => {
                stream.write_all(&pipeline(100).into_bytes()).unwrap();
                stream.read_exact(&mut [0; 1]).unwrap();
            }
        }
        reset(stream);
        assert_eq!(other.get("/").status, 200, "round {round}");
    }
    drop(other);
    http.quit();
    let ended = http.ended();
    assert!(ended.status.success() && ended.stdout.starts_with("http: 21 connections, "), "{ended:?}");
}

/// A request of which the answer has begun and the body is still to come: it is in flight for sure.
#[track_caller]
fn in_flight(http: &Program) -> Http {
    let mut client = Http::connect(http.address());
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\n");
    assert_eq!(client.head().status, 200);
    client
}

#[test]
fn a_stop_lets_requests_in_flight_finish() {
    let mut http = http(&[]);
    let mut idle = Http::connect(http.address());
    assert_eq!(idle.get("/").status, 200);
    let mut silent = http.connect();
    let mut busy = in_flight(&http);
    http.quit();
    // Those without a request are let go.
    assert_eq!(idle.rest(), b"");
    assert_eq!(until_hung_up(&mut silent), b"");
    assert!(http.is_running());
    busy.send("late");
    assert_eq!(busy.rest(), b"late");
    http.ends_with("http: 3 connections, 0 failed, 0 cut");
}

#[test]
fn but_not_forever() {
    let mut http = http(&["--grace", "0.2"]);
    let busy = in_flight(&http);
    http.close_stdin();
    busy.rest();
    http.ends_with("http: 1 connections, 0 failed, 1 cut");
}

#[test]
fn for_some_time() {
    let start = Instant::now();
    let mut http = http(&["--for", "0.5"]);
    assert_eq!(Http::connect(http.address()).get("/").status, 200);
    http.close_stdin();
    assert!(start.elapsed() >= Duration::from_millis(500));
    http.ends_with("http: 1 connections, 0 failed, 0 cut");
}

#[test]
fn driven_by_curl() {
    if !has_tool("curl") {
        return;
    }
    let http = http(&[]);
    let url = |path: &str| format!("http://{}{path}", http.address());
    let curl = |arguments: &[&str]| {
        let mut curl = Command::new("curl");
        // An http_proxy of the environment isn't meant.
        curl.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*"]).args(arguments);
        curl
    };
    assert_eq!(run_tool(&mut curl(&[&url("/")])), "Hello, World!");
    assert_eq!(run_tool(&mut curl(&["--http1.0", &url("/")])), "Hello, World!");
    assert!(run_tool(&mut curl(&["--head", &url("/")])).starts_with("HTTP/1.1 200 OK\r\n"));
    let missing = curl(&["--fail", &url("/nowhere")]).output().unwrap();
    assert_eq!(missing.status.code(), Some(22), "{missing:?}");
    // Three requests, one connection.
    let written = run_tool(&mut curl(&["--write-out", " %{num_connects}\n", &url("/"), &url("/slow"), &url("/spin")]));
    assert_eq!(written, "Hello, World! 1\nHello, World! 0\nHello, World! 0\n");

    // A body of known length and one in chunks, both long enough for curl to ask first.
    let dir = tempfile::tempdir().unwrap();
    let (sent, back) = (dir.path().join("sent"), dir.path().join("back"));
    fs::write(&sent, Noise::new(1).bytes(5_000_000)).unwrap();
    for encoding in ["X-None: none", "Transfer-Encoding: chunked"] {
        let mut curl = curl(&["--header", encoding, "--upload-file", sent.to_str().unwrap()]);
        run_tool(curl.arg("--output").arg(&back).arg(url("/echo")));
        assert!(fs::read(&sent).unwrap() == fs::read(&back).unwrap(), "{encoding}");
    }
}

#[test]
fn driven_by_wrk() {
    if !has_tool("wrk") {
        return;
    }
    let http = http(&["--workers", "2"]);
    for path in ["/", "/metrics"] {
        let mut wrk = Command::new("wrk");
        wrk.args(["-t", "1", "-c", "64", "-d", "1s", "--timeout", "60s"])
            .arg(format!("http://{}{path}", http.address()));
        let report = run_tool(&mut wrk);
        let line = |name: &str| report.lines().find(|line| line.trim_start().starts_with(name));
        let rate = line("Requests/sec:").and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        assert!(rate.is_some_and(|rate| rate > 0.0), "{path}: {report}");
        assert_eq!(line("Socket errors:").or_else(|| line("Non-2xx")), None, "{path}: {report}");
    }
}

#[test]
fn arguments() {
    assert!(refused("http", &["--workers", "0"]).contains("--workers 0: "));
    assert!(refused("http", &["--workers", "two"]).contains("--workers two: "));
    assert!(refused("http", &["--header-timeout", "-1"]).contains("--header-timeout -1: "));
    assert!(refused("http", &["--addr"]).contains("--addr"));
    assert!(refused("http", &["--worker", "2"]).contains("--worker: "));
    for addr in ["nowhere", "127.0.0.1:99999", "127.0.0.1"] {
        let output = Command::new(crate::support::binary("http")).args(["--addr", addr]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with(&format!("http: {addr}: ")), "{output:?}");
    }
}
