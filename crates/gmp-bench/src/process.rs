//! One child process: started, watched, killed at its limit or on Ctrl-C, and heard out.
//!
//! Two threads read the child's output line by line and keep the last lines. The calling thread waits for both to see
//! the end of the output, so while a child measures, the parent wakes up a few times a second and does nothing else.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many of the last lines of stderr are kept, and of stdout for those who want the last one.
pub(crate) const KEPT_LINES: usize = 12;

/// How often the parent looks at its limit and at Ctrl-C.
const LOOK: Duration = Duration::from_millis(100);

/// How long a child that has closed its output gets between looks at its exit.
const EXIT_LOOK: Duration = Duration::from_millis(1);

/// How often a server is looked at that has not said where it listens.
const FIRST_LINE_LOOK: Duration = Duration::from_millis(1);

/// How long the output of a killed child is waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a child that did its work printed.
#[derive(Debug)]
pub(crate) struct Output {
    /// The last lines of its stdout that aren't empty.
    pub(crate) lines: Vec<String>,
}

impl Output {
    /// The last one of them; empty if there was none.
    pub(crate) fn last_line(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }
}

/// Why there is no figure from a child.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Ctrl-C: no fault of the child's.
    Interrupted,
    /// It could not be started or waited for.
    System(io::Error),
    /// It was killed at its limit.
    OverLimit {
        /// That limit.
        limit: Duration,
        /// Its last lines on stderr.
        stderr: Vec<String>,
    },
    /// It ended in failure, by itself or by a signal.
    Ended {
        /// How.
        status: ExitStatus,
        /// Its last lines on stderr.
        stderr: Vec<String>,
    },
    /// It succeeded but did not print what it should.
    Unreadable(String),
}

impl Failure {
    /// The last lines of the child's stderr.
    pub(crate) fn stderr(&self) -> &[String] {
        match self {
            Self::OverLimit { stderr, .. } | Self::Ended { stderr, .. } => stderr,
            Self::Interrupted | Self::System(_) | Self::Unreadable(_) => &[],
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => write!(f, "interrupted"),
            Self::System(error) => write!(f, "could not be run: {error}"),
            Self::OverLimit { limit, .. } => {
                write!(f, "killed at its limit of {} s", limit.as_secs_f64())
            }
            Self::Ended { status, .. } => write!(f, "{status}"),
            Self::Unreadable(what) => write!(f, "printed no result: {what}"),
        }
    }
}

/// Runs `command` to its end, for at most `limit`, unless `interrupted` says to stop, and keeps the last `kept` lines
/// of its stdout.
pub(crate) fn run(
    command: &mut Command,
    limit: Duration,
    kept: usize,
    interrupted: impl Fn() -> bool,
) -> Result<Output, Failure> {
    Running::start(command, limit, kept)?.finish(interrupted)
}

/// A child that was started. Dropping it kills it, if it is still there.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Tail,
    stderr: Tail,
    /// Tells when both readers have seen the end.
    closed: Receiver<()>,
    start: Instant,
    limit: Duration,
}

impl Running {
    /// Starts `command`, whose stdin is a pipe that [`finish`](Self::finish) closes.
    pub(crate) fn serve(command: &mut Command, limit: Duration, kept: usize) -> Result<Self, Failure> {
        command.stdin(Stdio::piped());
        Self::spawn(command, limit, kept)
    }

    /// Starts `command`, whose stdin is empty.
    pub(crate) fn start(command: &mut Command, limit: Duration, kept: usize) -> Result<Self, Failure> {
        command.stdin(Stdio::null());
        Self::spawn(command, limit, kept)
    }

    fn spawn(command: &mut Command, limit: Duration, kept: usize) -> Result<Self, Failure> {
        let start = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(Failure::System)?;
        let (open, closed) = mpsc::channel();
        let stdout = read(child.stdout.take(), kept, open.clone());
        let stderr = read(child.stderr.take(), KEPT_LINES, open);
        Ok(Self { child, stdout, stderr, closed, start, limit })
    }

    /// How much of the limit is left.
    pub(crate) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Waits for the first line on stdout. A child that ends without one has failed, whatever its status.
    pub(crate) fn first_line(&mut self, interrupted: impl Fn() -> bool) -> Result<String, Failure> {
        loop {
            if let Some(line) = self.stdout.lines().into_iter().next() {
                return Ok(line);
            }
            self.check(&interrupted)?;
            if self.closed.recv_timeout(FIRST_LINE_LOOK) == Err(RecvTimeoutError::Disconnected) {
                let status = self.status(interrupted)?;
                // Between the last look and the end there may have been a line.
                let line = self.stdout.lines().into_iter().next();
                return line.ok_or_else(|| Failure::Ended { status, stderr: self.stderr.lines() });
            }
        }
    }

    /// Closes its stdin and waits for its end.
    pub(crate) fn finish(mut self, interrupted: impl Fn() -> bool) -> Result<Output, Failure> {
        drop(self.child.stdin.take());
        let status = self.status(interrupted)?;
        if !status.success() {
            let stderr = self.stderr.lines();
            return Err(Failure::Ended { status, stderr });
        }
        Ok(Output { lines: self.stdout.lines() })
    }

    /// Waits for the end of its output and then for its own, unless that was Ctrl-C's doing.
    fn status(&mut self, interrupted: impl Fn() -> bool) -> Result<ExitStatus, Failure> {
        let mut output_is_open = true;
        let status = loop {
            self.check(&interrupted)?;
            if output_is_open {
                let news = self.closed.recv_timeout(self.left().min(LOOK));
                output_is_open = news == Err(RecvTimeoutError::Timeout);
            } else if let Some(status) = self.child.try_wait().map_err(Failure::System)? {
                break status;
            } else {
                thread::sleep(EXIT_LOOK);
            }
        };
        // At a terminal the child gets Ctrl-C too, and may be gone before the flag was looked at.
        if interrupted() || status.signal() == Some(libc::SIGINT) {
            return Err(Failure::Interrupted);
        }
        Ok(status)
    }

    /// Kills it on Ctrl-C and at its limit.
    fn check(&mut self, interrupted: impl Fn() -> bool) -> Result<(), Failure> {
        let is_interrupted = interrupted();
        if !is_interrupted && !self.left().is_zero() {
            return Ok(());
        }
        self.kill().map_err(Failure::System)?;
        if is_interrupted {
            return Err(Failure::Interrupted);
        }
        // Either answer will do: the readers are done, or somebody else holds the pipes and has no more to say.
        let _ = self.closed.recv_timeout(LAST_WORDS);
        Err(Failure::OverLimit { limit: self.limit, stderr: self.stderr.lines() })
    }

    fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to a child that was waited for. A failure has nobody to be told to: a better one is on its way.
        let _ = self.kill();
    }
}

/// The last lines of a stream, filled by its reader.
#[derive(Clone, Debug)]
struct Tail {
    lines: Arc<Mutex<VecDeque<String>>>,
    kept: usize,
}

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == self.kept {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

/// Starts a reader of `stream`. Nothing is ever sent through `open`: its being dropped tells of the end.
fn read(stream: Option<impl Read + Send + 'static>, kept: usize, open: Sender<()>) -> Tail {
    let tail = Tail { lines: Arc::default(), kept };
    let Some(stream) = stream else {
        return tail;
    };
    let filled = tail.clone();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            if !text.trim().is_empty() {
                filled.push(text.trim_end().to_owned());
            }
            line.clear();
        }
        drop(open);
    });
    tail
}

#[cfg(test)]
mod tests;
