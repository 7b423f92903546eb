//! Load from outside on a scenario that serves HTTP: the program wrk, and what it prints.
//!
//! wrk is a program of its own, so that what the client costs is on neither side's bill but for the CPUs that it takes
//! away from both alike: it runs one thread. It prints for people, so the parser here is strict: a report with errors,
//! or one that lacks a figure, is a failure of the run and not a zero.
//!
//! There are two loads: requests alone, and the same again beside another wrk whose requests keep their handlers' threads.

use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::process::{Failure, Output, Running};
use crate::programs;
use crate::scenario::Params;

/// The program.
const PROGRAM: &str = "wrk";

/// Why a scenario that needs it cannot run.
const MISSING: &str = "needs the program wrk, which is not in the PATH (Debian and Ubuntu: apt-get install wrk)";

/// Connections, all from one thread.
const CONNECTIONS: u32 = 50;

/// Connections on [`SLOW`].
const SLOW_CONNECTIONS: u32 = 4;

/// Where the handlers sleep that keep their threads.
pub(crate) const SLOW: &str = "/slow";

/// How long the slow requests are there before the others, and a little less than how long after them.
const LEAD: Duration = Duration::from_millis(300);

/// The whole seconds by which the slow requests outlast a round of the others.
const SLOW_SECONDS: u64 = 1;

/// How long a round is at the normal scale. wrk takes whole seconds, and no less than one.
const SECONDS: u64 = 2;

/// The lines before the last that are looked at; wrk's reports have fewer than 20.
const REPORT_LINES: usize = 40;

/// What is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// `/`. Two figures: requests a second, and the 99th percentile of their latency in microseconds.
    Plain,
    /// `/` alone, then again while other connections ask for [`SLOW`]. Five figures: the two of the requests that have
    /// the slow ones beside them; how many there were a second alone; what percentage of those are left; and how many
    /// slow requests a second were answered.
    BesideSlow,
}

impl Load {
    /// How many figures come of it.
    pub(crate) fn figures(self) -> usize {
        match self {
            Self::Plain => 2,
            Self::BesideSlow => 5,
        }
    }
}

/// Says what is missing here, if anything.
pub(crate) fn missing() -> Option<&'static str> {
    if programs::is_in_path(PROGRAM) { None } else { Some(MISSING) }
}

/// Puts load on the server at `address`; returns the figures.
///
/// # Errors
///
/// wrk fails, reports errors, or doesn't end within `limit`; or `interrupted` says to stop.
pub(crate) fn run(
    load: Load,
    address: SocketAddr,
    params: Params,
    limit: Duration,
    interrupted: impl Fn() -> bool + Copy,
) -> Result<Vec<f64>, Failure> {
    let wrk = Wrk { address, seconds: params.count(SECONDS), limit };
    match load {
        Load::Plain => Ok(wrk.plain(&[], interrupted)?.values().to_vec()),
        Load::BesideSlow => wrk.beside_slow(interrupted),
    }
}

/// What every wrk of a round has in common.
#[derive(Clone, Copy, Debug)]
struct Wrk {
    address: SocketAddr,
    seconds: u64,
    limit: Duration,
}

impl Wrk {
    fn plain(self, more: &[&str], interrupted: impl Fn() -> bool) -> Result<Report, Failure> {
        let running = self.start(CONNECTIONS, self.seconds, more, "/")?;
        Report::of(running.finish(interrupted))
    }

    fn beside_slow(self, interrupted: impl Fn() -> bool + Copy) -> Result<Vec<f64>, Failure> {
        // By default wrk calls a request that takes two seconds an error. Here it is an answer.
        let patient = ["--timeout", "60s"];
        let alone = self.plain(&patient, interrupted)?;
        let slow = self.start(SLOW_CONNECTIONS, self.seconds + SLOW_SECONDS, &patient, SLOW)?;
        thread::sleep(LEAD);
        let beside = self.plain(&patient, interrupted)?;
        let slow = Report::of(slow.finish(interrupted))?;
        let left = beside.requests_per_second / alone.requests_per_second * 100.0;
        Ok([&beside.values()[..], &[alone.requests_per_second, left, slow.requests_per_second]].concat())
    }

    fn start(self, connections: u32, seconds: u64, more: &[&str], path: &str) -> Result<Running, Failure> {
        let mut command = Command::new(PROGRAM);
        command
            .args(["--threads", "1", "--connections", &connections.to_string()])
            .args(["--duration", &format!("{seconds}s"), "--latency"])
            .args(more)
            .arg(format!("http://{}{path}", self.address));
        Running::start(&mut command, self.limit, REPORT_LINES)
    }
}

/// What wrk found out.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Report {
    /// Requests answered in a second.
    requests_per_second: f64,
    /// In which 99 of 100 requests were answered.
    p99: Duration,
}

impl Report {
    /// The report of a wrk that has ended.
    fn of(ended: Result<Output, Failure>) -> Result<Self, Failure> {
        let output = ended.map_err(|mut failure| {
            if let Failure::Ended { stderr, .. } = &mut failure {
                stderr.iter_mut().for_each(|line| line.insert_str(0, "wrk: "));
            }
            failure
        })?;
        Self::parse(&output.lines).map_err(|what| Failure::Unreadable(format!("{PROGRAM}: {what}")))
    }

    /// The figures, in their order and units.
    fn values(self) -> [f64; 2] {
        [self.requests_per_second, self.p99.as_secs_f64() * 1e6]
    }

    /// Reads what wrk prints with `--latency`.
    fn parse(lines: &[String]) -> Result<Self, String> {
        let after = |prefix: &str| {
            let rest = lines.iter().find_map(|line| line.trim().strip_prefix(prefix));
            rest.map(str::trim)
        };
        if let Some(errors) = after("Socket errors:") {
            return Err(format!("socket errors: {errors}"));
        }
        if let Some(others) = after("Non-2xx or 3xx responses:") {
            return Err(format!("{others} answers other than 2xx or 3xx"));
        }
        let rate = after("Requests/sec:").ok_or("no 'Requests/sec:' in its report")?;
        let p99 = after("99%").ok_or("no line for 99% in its report")?;
        let requests_per_second: f64 = rate.parse().map_err(|_| format!("'{rate}' is no rate"))?;
        if !requests_per_second.is_finite() || requests_per_second <= 0.0 {
            return Err(format!("{rate} requests a second"));
        }
        let p99 = duration(p99).ok_or_else(|| format!("'{p99}' is no time"))?;
        Ok(Self { requests_per_second, p99 })
    }
}

/// Reads a time such as `635.91us`, `1.20ms`, `2.00s`, `1.00m` or `0.50h`, which is all that wrk prints.
fn duration(text: &str) -> Option<Duration> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3_600.0)];
    let (number, seconds) =
        units.iter().find_map(|(unit, seconds)| text.strip_suffix(unit).map(|number| (number, seconds)))?;
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

#[cfg(test)]
mod tests;
