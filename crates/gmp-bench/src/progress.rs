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
    /// The scenario that runs now.
    scenario: Section,
}

/// A part of the run whose children take about the same time each.
#[derive(Debug)]
struct Section {
    start: Instant,
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
            scenario: Section { start: Instant::now(), children_done: 0, children_left: 0 },
        }
    }

    /// A scenario begins, which has so many of the runs.
    pub(crate) fn begin(&mut self, children: u32) {
        self.scenario = Section { start: Instant::now(), children_done: 0, children_left: children };
    }

    /// Says which child starts now.
    pub(crate) fn show(&self, child: &str) {
        let elapsed = self.start.elapsed();
        let text = format!(
            "{child}: {} elapsed, {} left",
            seconds(elapsed),
            self.estimate(elapsed, self.scenario.start.elapsed())
                .map_or("?".to_owned(), |left| format!("about {}", seconds(left))),
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
        self.scenario.children_done += 1;
        self.dropped(1);
    }

    /// So many will not run.
    pub(crate) fn dropped(&mut self, children: u32) {
        self.children_left = self.children_left.saturating_sub(children);
        self.scenario.children_left = self.scenario.children_left.saturating_sub(children);
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

    /// For each run that is left of the scenario the mean of those that it had, as soon as there is one, and for each of the others
    /// the mean of all so far; none before the first.
    fn estimate(&self, elapsed: Duration, of_scenario: Duration) -> Option<Duration> {
        let mean = elapsed.checked_div(self.children_done)?;
        let own = of_scenario.checked_div(self.scenario.children_done).unwrap_or(mean);
        let others = self.children_left.saturating_sub(self.scenario.children_left);
        Some(own.saturating_mul(self.scenario.children_left) + mean.saturating_mul(others))
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
