//! The example `proxy`, before servers of std and before the other examples.

use crate::http::http;
use crate::support::{
    PATIENCE, Program, careful, has_tool, read_noise, refused, reset, run_tool, scaled, until_hung_up, write_noise,
};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

fn proxy(to: SocketAddr, arguments: &[&str]) -> Program {
    Program::start("proxy", &[&["--listen", "127.0.0.1:0", "--to", &to.to_string()], arguments].concat())
}

/// A server behind the proxy, in the hands of the test.
fn backend() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[track_caller]
fn accept(backend: &TcpListener) -> TcpStream {
    let (stream, _) = backend.accept().unwrap();
    careful(&stream);
    stream
}

/// A connection through the proxy: its two ends.
#[track_caller]
fn through(proxy: &Program, backend: &TcpListener) -> (TcpStream, TcpStream) {
    let client = proxy.connect();
    (client, accept(backend))
}

#[track_caller]
fn says(from: &mut TcpStream, to: &mut TcpStream, text: &str) {
    from.write_all(text.as_bytes()).unwrap();
    let mut heard = vec![0; text.len()];
    to.read_exact(&mut heard).unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

#[test]
fn both_directions() {
    let (backend, address) = backend();
    let mut proxy = proxy(address, &[]);
    let (mut client, mut server) = through(&proxy, &backend);
    for _ in 0..100 {
        says(&mut client, &mut server, "a question");
        says(&mut server, &mut client, "an answer");
    }
    drop(client);
    assert_eq!(until_hung_up(&mut server), b"");
    drop(server);
    proxy.quit();
    proxy.ends_with("proxy: 1 connections, 0 failed, 0 cut");
}

#[test]
fn half_closed_connections() {
    let (backend, address) = backend();
    let mut proxy = proxy(address, &[]);
    // The client has sent all; the server hears it, and answers.
    let (mut client, mut server) = through(&proxy, &backend);
    client.write_all(b"all I have").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(until_hung_up(&mut server), b"all I have");
    for _ in 0..10 {
        says(&mut server, &mut client, "still something");
    }
    drop(server);
    assert_eq!(until_hung_up(&mut client), b"");
    // And the other way round.
    let (mut client, mut server) = through(&proxy, &backend);
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(until_hung_up(&mut client), b"");
    says(&mut client, &mut server, "still something");
    drop(client);
    assert_eq!(until_hung_up(&mut server), b"");
    drop(server);
    proxy.quit();
    proxy.ends_with("proxy: 2 connections, 0 failed, 0 cut");
}

#[test]
fn big_transfers_in_both_directions() {
    let bytes = scaled(64 << 20);
    let (backend, address) = backend();
    let mut proxy = proxy(address, &[]);
    let (client, server) = through(&proxy, &backend);
    let ends: Vec<_> = [(client, 1, 2), (server, 2, 1)]
        .into_iter()
        .flat_map(|(mut from, sent, received)| {
            let mut to = from.try_clone().unwrap();
            let writer = thread::spawn(move || {
                write_noise(&mut to, sent, bytes).unwrap();
                to.shutdown(Shutdown::Write).unwrap();
            });
            let reader = thread::spawn(move || {
                read_noise(&mut from, received, bytes);
                assert_eq!(until_hung_up(&mut from), b"");
            });
            [writer, reader]
        })
        .collect();
    for end in ends {
        end.join().unwrap();
    }
    proxy.quit();
    proxy.ends_with("proxy: 1 connections, 0 failed, 0 cut");
}

#[test]
fn many_connections_at_once() {
    const CONNECTIONS: usize = 150;
    let mut echo = Program::start("echo", &["--addr", "127.0.0.1:0"]);
    let mut proxy = proxy(echo.address(), &[]);
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| proxy.connect()).collect();
    for _ in 0..3 {
        for (i, client) in clients.iter_mut().enumerate() {
            write!(client, "{i:8}").unwrap();
        }
        for (i, client) in clients.iter_mut().enumerate().rev() {
            let mut back = [0; 8];
            client.read_exact(&mut back).unwrap();
            assert_eq!(String::from_utf8_lossy(&back), format!("{i:8}"));
        }
    }
    drop(clients);
    proxy.quit();
    proxy.ends_with("proxy: 150 connections, 0 failed, 0 cut");
    echo.quit();
    echo.ends_with("echo: 150 connections, 0 failed, 0 cut");
}

#[test]
fn a_backend_that_is_dead() {
    let (dead, address) = backend();
    drop(dead);
    let mut proxy = proxy(address, &[]);
    for _ in 0..10 {
        assert_eq!(until_hung_up(&mut proxy.connect()), b"");
    }
    // It comes to life.
    let backend = TcpListener::bind(address).unwrap();
    let (mut client, mut server) = through(&proxy, &backend);
    says(&mut client, &mut server, "welcome back");
    drop((client, server));
    proxy.quit();
    let ended = proxy.ended();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stdout, "proxy: 11 connections, 10 failed, 0 cut\n");
    assert_eq!(ended.stderr.matches(&format!("to {address}: ")).count(), 10, "{}", ended.stderr);
}

/// A server whose queue is full doesn't answer: the system drops what would have to wait.
#[test]
fn a_backend_that_does_not_answer() {
    let backend = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    backend.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    backend.listen(0).unwrap();
    let address = backend.local_addr().unwrap().as_socket().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        queue.push(stream);
        assert!(queue.len() < 1_000, "there is room for everyone");
    }
    let mut proxy = proxy(address, &["--connect-timeout", "0.3"]);
    let start = Instant::now();
    assert_eq!(until_hung_up(&mut proxy.connect()), b"");
    assert!(start.elapsed() >= Duration::from_millis(300));
    proxy.quit();
    let ended = proxy.ended();
    assert_eq!(ended.stdout, "proxy: 1 connections, 1 failed, 0 cut\n");
    assert!(ended.stderr.contains("not connected within 300ms"), "{}", ended.stderr);
}

#[test]
fn idle_connections_are_cut() {
    const LIMIT: Duration = Duration::from_millis(500);
    let (backend, address) = backend();
    let mut proxy = proxy(address, &["--idle-timeout", "0.5"]);
    // Nothing ever moves; something has moved; half closed.
    for kind in 0..3 {
        let start = Instant::now();
        let (mut client, mut server) = through(&proxy, &backend);
        match kind {
            1 => says(&mut server, &mut client, "something"),
            2 => client.shutdown(Shutdown::Write).unwrap(),
            _ => {}
        }
        assert_eq!(until_hung_up(&mut client), b"");
        assert!(start.elapsed() >= LIMIT, "{kind}: after {:?}", start.elapsed());
        assert_eq!(until_hung_up(&mut server), b"");
    }
    proxy.quit();
    let ended = proxy.ended();
    assert_eq!(ended.stdout, "proxy: 3 connections, 3 failed, 0 cut\n");
    assert_eq!(ended.stderr.matches("nothing moved for 500ms").count(), 3, "{}", ended.stderr);
}

#[test]
fn those_on_which_something_moves_are_not() {
    const LIMIT: Duration = Duration::from_secs(1);
    let (backend, address) = backend();
    let proxy = proxy(address, &["--idle-timeout", "1"]);
    for direction in ["to the server", "to the client"] {
        // On a machine that keeps us waiting for too long between two bytes, it is cut rightly.
        let kept = (0..10).any(|_| {
            let (mut from, mut to) = through(&proxy, &backend);
            if direction == "to the client" {
                (from, to) = (to, from);
            }
            let (start, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
            while start.elapsed() < 3 * LIMIT {
                let moved = from.write_all(b".").is_ok() && to.read_exact(&mut [0]).is_ok();
                longest = longest.max(last.elapsed());
                last = Instant::now();
                if !moved {
                    assert!(longest > LIMIT / 2, "{direction}: cut, and never idle for more than {longest:?}");
                    return false;
                }
                thread::sleep(LIMIT / 20);
            }
            true
        });
        assert!(kept, "{direction}");
    }
}

#[test]
fn resets_in_the_middle() {
    let (backend, address) = backend();
    let mut proxy = proxy(address, &[]);
    let (mut client, mut server) = through(&proxy, &backend);
    for _ in 0..10 {
        // By the client, then by the server, each with something on its way that nobody has read.
        for by_client in [true, false] {
            let (mut one, mut other) = through(&proxy, &backend);
            if !by_client {
                (one, other) = (other, one);
            }
            one.write_all(&[1; 100_000]).unwrap();
            other.write_all(&[2; 100_000]).unwrap();
            one.read_exact(&mut [0]).unwrap();
            reset(one);
            // Whatever had arrived, and then the end.
            assert!(until_hung_up(&mut other).len() <= 100_000);
        }
        says(&mut client, &mut server, "still there");
    }
    drop((client, server));
    proxy.quit();
    let ended = proxy.ended();
    assert!(ended.status.success() && ended.stdout.starts_with("proxy: 21 connections, "), "{ended:?}");
    assert!(ended.stdout.ends_with(" 0 cut\n"), "{ended:?}");
}

#[test]
fn a_stop_lets_connections_finish() {
    let (backend, address) = backend();
    let mut proxy = proxy(address, &[]);
    let (mut client, mut server) = through(&proxy, &backend);
    says(&mut client, &mut server, "before");
    proxy.quit();
    says(&mut client, &mut server, "after");
    says(&mut server, &mut client, "after");
    assert!(proxy.is_running());
    drop(client);
    assert_eq!(until_hung_up(&mut server), b"");
    drop(server);
    proxy.ends_with("proxy: 1 connections, 0 failed, 0 cut");
}

#[test]
fn but_not_forever() {
    let (backend, address) = backend();
    let mut proxy = proxy(address, &["--grace", "0.2"]);
    let (mut client, mut server) = through(&proxy, &backend);
    says(&mut client, &mut server, "before");
    proxy.quit();
    assert_eq!(until_hung_up(&mut client), b"");
    assert_eq!(until_hung_up(&mut server), b"");
    proxy.ends_with("proxy: 1 connections, 0 failed, 1 cut");
}

#[test]
fn driven_by_curl() {
    if !has_tool("curl") {
        return;
    }
    let http = http(&[]);
    let proxy = proxy(http.address(), &[]);
    let url = |path: &str| format!("http://{}{path}", proxy.address());
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "60", "--noproxy", "*"]);
    curl.args(["--write-out", " %{num_connects}\n", &url("/"), &url("/slow"), &url("/")]);
    assert_eq!(run_tool(&mut curl), "Hello, World! 1\nHello, World! 0\nHello, World! 0\n");
}

#[test]
fn driven_by_wrk() {
    if !has_tool("wrk") {
        return;
    }
    let http = http(&[]);
    let proxy = proxy(http.address(), &[]);
    let mut wrk = Command::new("wrk");
    wrk.args(["-t", "1", "-c", "32", "-d", "1s", "--timeout", "60s"]).arg(format!("http://{}/", proxy.address()));
    let report = run_tool(&mut wrk);
    assert!(report.contains("Requests/sec:") && !report.contains("Socket errors:"), "{report}");
    assert!(!report.contains("Non-2xx"), "{report}");
}

#[test]
fn arguments() {
    assert!(refused("proxy", &[]).contains("--to is missing"));
    assert!(refused("proxy", &["--to"]).contains("--to"));
    assert!(refused("proxy", &["--to", "x:1", "--idle-timeout", "soon"]).contains("--idle-timeout soon: "));
    assert!(refused("proxy", &["--to", "x:1", "--to", "x:2"]).contains("--to"));
    // A server without a name is the client's misfortune, and no reason to end.
    let start = Instant::now();
    let proxy = Program::start("proxy", &["--listen", "127.0.0.1:0", "--to", "127.0.0.1:0"]);
    let mut client = proxy.connect();
    match client.read(&mut [0]) {
        Ok(0) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        Ok(_) => panic!("connected to port 0"),
    }
    assert!(start.elapsed() < PATIENCE);
}
