//! The progress line on stderr: rewritten in place at a terminal, one line a run elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Characters of the bar.
const BAR: u32 = 20;

/// How far the run is.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    at_terminal: bool,
    children_done: u32,
    children_left: u32,
}

impl Progress {
    /// Starts the clock on `children` runs.
    pub(crate) fn new(children: u32) -> Self {
        Self {
            start: Instant::now(),
            at_terminal: io::stderr().is_terminal(),
            children_done: 0,
            children_left: children,
        }
    }

    /// Says which child starts now.
    pub(crate) fn show(&self, child: &str) {
        let elapsed = self.start.elapsed();
        let text = format!(
            "{child}: {} elapsed, {} left",
            seconds(elapsed),
            self.estimate(elapsed).map_or("?".to_owned(), |left| format!("about {}", seconds(left))),
        );
        if self.at_terminal {
            self.write(&format!("\r\x1b[K{} {text}", self.bar()));
        } else {
            self.write(&format!("{text}\n"));
        }
    }

    /// One child ran.
    pub(crate) fn done(&mut self) {
        self.children_done += 1;
        self.children_left = self.children_left.saturating_sub(1);
    }

    /// So many will not run.
    pub(crate) fn dropped(&mut self, children: u32) {
        self.children_left = self.children_left.saturating_sub(children);
    }

    /// Prints a message without tearing the progress line.
    pub(crate) fn note(&self, message: &str) {
        self.clear();
        self.write(&format!("{message}\n"));
    }

    /// Takes the progress line away.
    pub(crate) fn clear(&self) {
        if self.at_terminal {
            self.write("\r\x1b[K");
        }
    }

    /// The mean of the runs so far for each that is left; none before the first.
    fn estimate(&self, elapsed: Duration) -> Option<Duration> {
        let mean = elapsed.checked_div(self.children_done)?;
        Some(mean.saturating_mul(self.children_left))
    }

    /// A bar of the runs that are done, with their share.
    fn bar(&self) -> String {
        let all = (self.children_done + self.children_left).max(1);
        let done = (self.children_done * BAR / all) as usize;
        let left = BAR as usize - done;
        format!("[{}{}] {:3} %", "#".repeat(done), ".".repeat(left), self.children_done * 100 / all)
    }

    fn write(&self, text: &str) {
        // Progress that nobody can read any more (a closed stderr) must not end the measurement.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {:02} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests;
