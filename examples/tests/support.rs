//! Programs under test, and clients of another make: std's sockets, and the system's tools where there are any.

use socket2::SockRef;
use std::collections::HashMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Nothing takes longer unless it never happens.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The path of an example's binary.
///
/// Cargo builds a package's examples before its tests run, next to them, unless it is told to run some tests only. So the
/// example is built here if it is missing, or older than its sources.
pub(crate) fn binary(name: &str) -> PathBuf {
    static BINARIES: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
    let mut binaries = BINARIES.lock().unwrap_or_else(PoisonError::into_inner);
    binaries.get_or_insert_default().entry(name.to_owned()).or_insert_with(|| build(name)).clone()
}

fn build(name: &str) -> PathBuf {
    // This is <target>/<profile>/deps/examples-<hash>.
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let binary = profile.join("examples").join(name);
    if !is_fresh(&binary) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--quiet", "--example", name, "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .arg("--target-dir")
            .arg(profile.parent().unwrap());
        if profile.file_name() == Some(OsStr::new("release")) {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "{cargo:?}");
    }
    binary
}

/// Whether a binary is there and newer than all the sources that cargo lists beside it.
fn is_fresh(binary: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified());
    let (Ok(built), Ok(list)) = (modified(binary), fs::read_to_string(binary.with_extension("d"))) else {
        return false;
    };
    // "binary: source source …". A path with a space in it is not found, so the binary is built once too often.
    let mut sources = list.split_whitespace().skip(1);
    sources.all(|source| modified(Path::new(source)).is_ok_and(|modified| modified <= built))
}

/// Whether the system has a tool; tells if it hasn't.
pub(crate) fn has_tool(name: &str) -> bool {
    let has = env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|dir| dir.join(name).is_file());
    if !has {
        eprintln!("not driven by {name}: there is none");
    }
    has
}

/// Runs a tool to its end. Returns what it wrote to stdout.
#[track_caller]
pub(crate) fn run_tool(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A server that runs. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    address: SocketAddr,
    /// The lines of stdout after the first, until it is closed.
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

/// A server that has ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// After the first line.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// Starts an example, and waits for the line in which it says where it listens.
    #[track_caller]
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(binary(name));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (line, lines) = mpsc::channel();
        thread::spawn(move || {
            for read in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = line.send(read);
            }
        });
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut program = Self { name: name.to_owned(), child, address, lines, stderr: Some(stderr) };
        match program.lines.recv_timeout(PATIENCE) {
            Ok(first) => program.address = address_in(&first),
            Err(error) => {
                let _ = program.child.kill();
                panic!("{command:?} doesn't say where it listens, {error}: {}", program.stderr());
            }
        }
        program
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new connection, on which nothing waits forever.
    #[track_caller]
    pub(crate) fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Tells it to stop. Its listener is closed when this returns.
    #[track_caller]
    pub(crate) fn quit(&mut self) {
        self.child.stdin.as_mut().expect("its stdin is open").write_all(b"\nquit \n").unwrap();
        self.until_closed();
    }

    /// Ends its stdin, which tells it to stop too.
    #[track_caller]
    pub(crate) fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
        self.until_closed();
    }

    /// Waits until its listener is closed: until its address is free. Asking by a connection would be one more to be served.
    #[track_caller]
    fn until_closed(&self) {
        eventually("the listener is closed", || TcpListener::bind(self.address).is_ok());
    }

    /// Whether it is still running.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(5)),
                None => {
                    let _ = self.child.kill();
                    let stderr = self.stderr();
                    panic!("{} doesn't end: {stderr}", self.name);
                }
            }
        };
        let stdout = self.lines.iter().map(|line| line + "\n").collect();
        Ended { status, stdout, stderr: self.stderr() }
    }

    /// Waits until it ends well, with that as its last words, and nothing on stderr.
    #[track_caller]
    pub(crate) fn ends_with(self, last: &str) {
        let ended = self.ended();
        assert!(ended.status.success() && ended.stdout.trim_end() == last && ended.stderr.is_empty(), "{ended:?}");
    }

    fn stderr(&mut self) -> String {
        self.stderr.take().map(|thread| thread.join().unwrap()).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line such as `echo: listening on 127.0.0.1:7007`.
#[track_caller]
fn address_in(line: &str) -> SocketAddr {
    let address = line.split_once("listening on ").map(|(_, rest)| rest.trim_start_matches("http://"));
    let address = address.and_then(|rest| rest.split([',', ' ']).next()?.parse().ok());
    address.unwrap_or_else(|| panic!("no address in {line:?}"))
}

/// Runs an example that is to refuse its arguments.
#[track_caller]
pub(crate) fn refused(name: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(binary(name));
    let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{command:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{command:?}: {output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with(&format!("{name}: ")) && stderr.contains("\nusage: "), "{command:?}: {stderr}");
    stderr
}

/// A connection on which nothing waits forever.
#[track_caller]
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    careful(&stream);
    stream
}

pub(crate) fn careful(stream: &TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
}

/// Ends a connection by a reset.
pub(crate) fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Reads until the other side hangs up, politely or not.
#[track_caller]
pub(crate) fn until_hung_up(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    match stream.read_to_end(&mut read) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("not hung up: {error}"),
    }
    read
}

/// Bytes that look random, the same for each seed.
#[derive(Clone, Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let words = (0..len.div_ceil(8)).flat_map(|_| self.next().to_le_bytes());
        words.take(len).collect()
    }
}

/// How noise is cut: each piece is made anew, so that a byte at the wrong place is seen.
const PIECE: usize = 64 * 1024;

/// Writes so much noise.
pub(crate) fn write_noise(to: &mut impl Write, seed: u64, len: usize) -> io::Result<()> {
    let mut noise = Noise::new(seed);
    for at in (0..len).step_by(PIECE) {
        to.write_all(&noise.bytes(PIECE.min(len - at)))?;
    }
    Ok(())
}

/// Reads so much, and asserts that it is that noise.
#[track_caller]
pub(crate) fn read_noise(from: &mut impl Read, seed: u64, len: usize) {
    let mut noise = Noise::new(seed);
    for at in (0..len).step_by(PIECE) {
        let expected = noise.bytes(PIECE.min(len - at));
        let mut read = vec![0; expected.len()];
        from.read_exact(&mut read).unwrap_or_else(|error| panic!("in the {PIECE} bytes from {at} on: {error}"));
        assert!(read == expected, "different within the {PIECE} bytes from {at} on");
    }
}

/// Waits until `f` says yes, for what has no other way to be waited for.
#[track_caller]
pub(crate) fn eventually(what: &str, mut f: impl FnMut() -> bool) {
    let start = Instant::now();
    while !f() {
        assert!(start.elapsed() < PATIENCE, "never came true: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// How much less a build without optimisation is asked to do.
pub(crate) const fn scaled(release: usize) -> usize {
    if cfg!(debug_assertions) { release / 4 } else { release }
}
