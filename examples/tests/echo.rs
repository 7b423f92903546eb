//! The example `echo`.

use crate::support::{
    Program, connect, has_tool, read_noise, refused, reset, run_tool, scaled, until_hung_up, write_noise,
};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn echo(arguments: &[&str]) -> Program {
    Program::start("echo", &[&["--addr", "127.0.0.1:0"], arguments].concat())
}

/// Sends it and asserts that it comes back.
#[track_caller]
fn ask(stream: &mut TcpStream, text: &[u8]) {
    stream.write_all(text).unwrap();
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, text);
}

#[test]
fn what_is_sent_comes_back_at_once() {
    let mut echo = echo(&[]);
    let mut stream = echo.connect();
    for text in [&b"x"[..], b"two words\n", b"\0\xff", &[7; 5_000]] {
        ask(&mut stream, text);
    }
    drop(stream);
    echo.quit();
    echo.ends_with("echo: 1 connections, 0 failed, 0 cut");
}

#[test]
fn half_closed_connections() {
    let mut echo = echo(&[]);
    // All is sent before anything is read.
    let mut stream = echo.connect();
    stream.write_all(b"the last words").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "the last words");
    // And nothing at all.
    let mut silent = echo.connect();
    silent.shutdown(Shutdown::Write).unwrap();
    assert_eq!(silent.read_to_string(&mut text).unwrap(), 0);
    echo.close_stdin();
    echo.ends_with("echo: 2 connections, 0 failed, 0 cut");
}

#[test]
fn many_connections_at_once() {
    const CONNECTIONS: usize = 400;
    let mut echo = echo(&[]);
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| echo.connect()).collect();
    for round in 0..3 {
        for (i, stream) in streams.iter_mut().enumerate() {
            write!(stream, "{round} {i:6}").unwrap();
        }
        for (i, stream) in streams.iter_mut().enumerate().rev() {
            let mut back = [0; 8];
            stream.read_exact(&mut back).unwrap();
            assert_eq!(String::from_utf8_lossy(&back), format!("{round} {i:6}"));
        }
    }
    drop(streams);
    echo.quit();
    echo.ends_with("echo: 400 connections, 0 failed, 0 cut");
}

#[test]
fn big_transfers() {
    let bytes = scaled(64 << 20);
    let mut echo = echo(&[]);
    let transfers: Vec<_> = (0..3)
        .map(|seed| {
            let mut to = echo.connect();
            let mut from = to.try_clone().unwrap();
            let writer = thread::spawn(move || {
                write_noise(&mut to, seed, bytes).unwrap();
                to.shutdown(Shutdown::Write).unwrap();
            });
            let reader = thread::spawn(move || {
                read_noise(&mut from, seed, bytes);
                assert_eq!(until_hung_up(&mut from), b"");
            });
            (writer, reader)
        })
        .collect();
    for (writer, reader) in transfers {
        writer.join().unwrap();
        reader.join().unwrap();
    }
    echo.quit();
    echo.ends_with("echo: 3 connections, 0 failed, 0 cut");
}

/// A client that doesn't read is not read from either: the server holds a buffer, not what the client sends.
#[test]
fn back_pressure() {
    let echo = echo(&[]);
    let mut stream = echo.connect();
    stream.set_nonblocking(true).unwrap();
    let (mut sent, mut stuck) = (0_usize, Instant::now());
    // Until nothing has moved for a while: the sockets' own buffers are full, whose size is the system's.
    while stuck.elapsed() < Duration::from_millis(500) {
        match stream.write(&[0; 64 * 1024]) {
            Ok(written) => {
                sent += written;
                stuck = Instant::now();
            }
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
        assert!(sent < 1 << 30, "it takes everything");
    }
    // Others are not held up by that, and it goes on when the client reads.
    ask(&mut echo.connect(), b"another one");
    stream.set_nonblocking(false).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(until_hung_up(&mut stream).len(), sent);
}

#[test]
fn resets_in_the_middle() {
    let mut echo = echo(&[]);
    let mut other = echo.connect();
    for _ in 0..20 {
        // Not only between two writes: there is more on its way in both directions than anyone has read.
        let mut stream = echo.connect();
        stream.write_all(&[1; 100_000]).unwrap();
        stream.read_exact(&mut [0; 1]).unwrap();
        reset(stream);
        ask(&mut other, b"still there?");
    }
    drop(other);
    echo.quit();
    let ended = echo.ended();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stdout, "echo: 21 connections, 20 failed, 0 cut\n", "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 20, "{}", ended.stderr);
    assert!(ended.stderr.lines().all(|line| line.starts_with("127.0.0.1:")), "{}", ended.stderr);
}

#[test]
fn a_stop_lets_connections_finish() {
    let mut echo = echo(&[]);
    let mut stream = echo.connect();
    ask(&mut stream, b"before");
    echo.quit();
    ask(&mut stream, b"after");
    assert!(echo.is_running());
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(until_hung_up(&mut stream), b"");
    echo.ends_with("echo: 1 connections, 0 failed, 0 cut");
}

#[test]
fn but_not_forever() {
    let mut echo = echo(&["--grace", "0.2"]);
    let mut streams = [echo.connect(), echo.connect()];
    for stream in &mut streams {
        ask(stream, b"before");
    }
    echo.quit();
    for stream in &mut streams {
        assert_eq!(until_hung_up(stream), b"");
    }
    echo.ends_with("echo: 2 connections, 0 failed, 2 cut");
}

#[test]
fn for_some_time() {
    let start = Instant::now();
    let mut echo = echo(&["--for", "0.5"]);
    // It isn't stdin that stops it now.
    ask(&mut echo.connect(), b"hello");
    echo.close_stdin();
    assert!(start.elapsed() >= Duration::from_millis(500));
    echo.ends_with("echo: 1 connections, 0 failed, 0 cut");
}

#[test]
fn driven_by_bash() {
    if !has_tool("bash") {
        return;
    }
    let echo = echo(&[]);
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{} && echo hello >&3 && head -n 1 <&3", echo.address().port());
    assert_eq!(run_tool(Command::new("bash").args(["-c", &script])), "hello\n");
}

#[test]
fn driven_by_curl() {
    if !has_tool("curl") {
        return;
    }
    let echo = echo(&[]);
    // curl sends its stdin and prints what comes; it ends when the server hangs up, which echo does only after it.
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--no-buffer", "--max-time", "60"]).arg(format!("telnet://{}", echo.address()));
    let mut child = curl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"through curl\n").unwrap();
    let mut back = [0; 13];
    child.stdout.as_mut().unwrap().read_exact(&mut back).unwrap();
    assert_eq!(&back, b"through curl\n");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn arguments() {
    assert!(refused("echo", &["--port", "1"]).contains("--port"));
    assert!(refused("echo", &["--for", "ever"]).contains("--for ever: "));
    assert!(refused("echo", &["--grace"]).contains("--grace"));
    assert!(refused("echo", &["127.0.0.1:0"]).contains("127.0.0.1:0"));
}

#[test]
fn an_address_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let output = Command::new(crate::support::binary("echo")).args(["--addr", &addr]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).starts_with(&format!("echo: {addr}: ")), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    // It is still the other's.
    drop(connect(taken.local_addr().unwrap()));
}
