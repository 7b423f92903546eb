//! Load from outside on a scenario that serves HTTP: the program wrk, and what it prints.
//!
//! wrk is a program of its own, so that what the client costs is on neither side's bill but for the CPUs that it takes
//! away from both alike: it runs one thread. It prints for people, so the parser here is strict: a report with errors,
//! or one that lacks a figure, is a failure of the run and not a zero.

use std::env;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Failure};
use crate::scenario::Params;

/// The program.
const PROGRAM: &str = "wrk";

/// Why a scenario that needs it cannot run.
const MISSING: &str = "needs the program wrk, which is not in the PATH (Debian and Ubuntu: apt-get install wrk)";

/// Connections, all from one thread.
const CONNECTIONS: u32 = 50;

/// How long a round is at the normal scale. wrk takes whole seconds, and no less than one.
const SECONDS: u64 = 2;

/// The lines before the last that are looked at; wrk's reports have fewer than 20.
const REPORT_LINES: usize = 40;

/// How many figures there are of a report: requests a second, then the 99th percentile of their latency.
pub(crate) const FIGURES: usize = 2;

/// Says what is missing here, if anything.
pub(crate) fn missing() -> Option<&'static str> {
    let is_program = |path: &Path| path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|folder| is_program(&folder.join(PROGRAM)));
    if found { None } else { Some(MISSING) }
}

/// Puts load on the server at `address`.
///
/// # Errors
///
/// wrk fails, reports errors, or doesn't end within `limit`; or `interrupted` says to stop.
pub(crate) fn run(
    address: SocketAddr,
    params: Params,
    limit: Duration,
    interrupted: impl Fn() -> bool,
) -> Result<Report, Failure> {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--threads", "1", "--connections", &CONNECTIONS.to_string()])
        .args(["--duration", &format!("{}s", params.count(SECONDS)), "--latency"])
        .arg(format!("http://{address}/"));
    let output = process::run(&mut command, limit, REPORT_LINES, interrupted).map_err(|mut failure| {
        if let Failure::Ended { stderr, .. } = &mut failure {
            stderr.iter_mut().for_each(|line| line.insert_str(0, "wrk: "));
        }
        failure
    })?;
    Report::parse(&output.lines).map_err(|what| Failure::Unreadable(format!("{PROGRAM}: {what}")))
}

/// What wrk found out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Report {
    /// Requests answered in a second.
    requests_per_second: f64,
    /// In which 99 of 100 requests were answered.
    p99: Duration,
}

impl Report {
    /// The figures, in their order and units.
    pub(crate) fn values(self) -> [f64; FIGURES] {
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
