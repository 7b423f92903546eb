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

/// How many of the last lines of each stream are kept.
const KEPT_LINES: usize = 12;

/// How often the parent looks at its limit and at Ctrl-C.
const LOOK: Duration = Duration::from_millis(100);

/// How long a child that has closed its output gets between looks at its exit.
const EXIT_LOOK: Duration = Duration::from_millis(1);

/// How long the output of a killed child is waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a child that did its work printed.
#[derive(Debug)]
pub(crate) struct Output {
    /// The last line of its stdout; empty if there was none.
    pub(crate) last_line: String,
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

/// Runs `command` to its end, for at most `limit`, unless `interrupted` says to stop.
pub(crate) fn run(command: &mut Command, limit: Duration, interrupted: impl Fn() -> bool) -> Result<Output, Failure> {
    let start = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(Failure::System)?;
    let (open, closed) = mpsc::channel();
    let stdout = read(child.stdout.take(), open.clone());
    let stderr = read(child.stderr.take(), open);

    let mut output_is_open = true;
    let status = loop {
        if interrupted() {
            kill(&mut child, &closed)?;
            return Err(Failure::Interrupted);
        }
        let left = limit.saturating_sub(start.elapsed());
        if left.is_zero() {
            kill(&mut child, &closed)?;
            let stderr = stderr.lines();
            return Err(Failure::OverLimit { limit, stderr });
        }
        if output_is_open {
            let news = closed.recv_timeout(left.min(LOOK));
            output_is_open = news == Err(RecvTimeoutError::Timeout);
        } else if let Some(status) = child.try_wait().map_err(Failure::System)? {
            break status;
        } else {
            thread::sleep(EXIT_LOOK);
        }
    };
    // At a terminal the child gets Ctrl-C too, and may be gone before the flag was looked at.
    if interrupted() || status.signal() == Some(libc::SIGINT) {
        return Err(Failure::Interrupted);
    }
    if !status.success() {
        let stderr = stderr.lines();
        return Err(Failure::Ended { status, stderr });
    }
    let last_line = stdout.lines().pop().unwrap_or_default();
    Ok(Output { last_line })
}

fn kill(child: &mut Child, closed: &Receiver<()>) -> Result<(), Failure> {
    child.kill().map_err(Failure::System)?;
    child.wait().map_err(Failure::System)?;
    // Either answer will do: the readers are done, or somebody else holds the pipes and has no more to say.
    let _ = closed.recv_timeout(LAST_WORDS);
    Ok(())
}

/// The last lines of a stream, filled by its reader.
#[derive(Clone, Debug, Default)]
struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

/// Starts a reader of `stream`. Nothing is ever sent through `open`: its being dropped tells of the end.
fn read(stream: Option<impl Read + Send + 'static>, open: Sender<()>) -> Tail {
    let tail = Tail::default();
    let Some(stream) = stream else {
        return tail;
    };
    let kept = tail.clone();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            if !text.trim().is_empty() {
                kept.push(text.trim_end().to_owned());
            }
            line.clear();
        }
        drop(open);
    });
    tail
}

#[cfg(test)]
mod tests;
