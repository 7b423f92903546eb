//! Step 12: args(). What the environment says.
//!
//! | variable | meaning |
//! |---|---|
//! | `GMP_MAXPROCS` | how many Ps, unless the builder says so (Go: GOMAXPROCS); `TOKIO_WORKER_THREADS` counts if it isn't set |
//! | `GMP_PIN` | `auto`, `core`, `llc`, `none`, or a list of CPUs such as `0,2,4`; stands above the builder |
//! | `GMP_SEED` | the scheduler's random seed |
//! | `GMP_DEBUG` | `boot=1`, `stall=1`, separated by commas (Go: GODEBUG) |
//!
//! A program that runs with somebody else's rights (setuid) ignores all of them.
//!
//! Go: runtime/runtime1.go (args, parsedebugvars), runtime/os_linux.go (sysargs)

use crate::rt0::record::BootRecord;
use crate::runtime2::config::{Config, Flavor, Pin};
use std::fmt;
use std::io;

/// A variable of the environment makes no sense.
#[derive(Debug)]
pub struct EnvError {
    variable: &'static str,
    value: String,
    expected: &'static str,
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "environment variable {}={:?}: expected {}", self.variable, self.value, self.expected)
    }
}

impl std::error::Error for EnvError {}

/// Debug switches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebugVars {
    /// Print the boot record.
    pub boot: bool,
    /// Print polls that are found stuck.
    pub stall: bool,
}

pub(super) fn args(config: &mut Config, record: &mut BootRecord) -> io::Result<()> {
    record.secure = gmp_arch::secure::is_setuid();
    if record.secure {
        return Ok(());
    }
    apply(config, record, |name| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()))
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))
}

fn apply(
    config: &mut Config,
    record: &mut BootRecord,
    var: impl Fn(&'static str) -> Option<String>,
) -> Result<(), EnvError> {
    let get = |name| var(name).filter(|v| !v.is_empty());
    if config.procs.is_none() && config.flavor == Flavor::MultiThread {
        for variable in ["GMP_MAXPROCS", "TOKIO_WORKER_THREADS"] {
            let Some(value) = get(variable) else { continue };
            match value.trim().parse() {
                Ok(n @ 1..=MAX_PROCS) => config.procs = Some(n),
                _ => {
                    return Err(EnvError { variable, value, expected: "a whole number from 1 to 1024" });
                }
            }
            record.procs_from = variable;
            break;
        }
    }
    if let Some(value) = get("GMP_PIN") {
        config.pin = parse_pin(&value).ok_or(EnvError {
            variable: "GMP_PIN",
            value,
            expected: "auto, core, llc, none, or CPU numbers separated by commas",
        })?;
    }
    if let Some(value) = get("GMP_SEED") {
        config.seed = Some(value.trim().parse().map_err(|_| EnvError {
            variable: "GMP_SEED",
            value,
            expected: "a whole number",
        })?);
    }
    if let Some(value) = get("GMP_DEBUG") {
        record.debug = parse_debug(&value).ok_or(EnvError {
            variable: "GMP_DEBUG",
            value,
            expected: "switches separated by commas, of which there are: boot and stall, each =0 or =1",
        })?;
    }
    Ok(())
}

/// Most Ps of a runtime (Go's own tests go this far).
pub(crate) const MAX_PROCS: usize = 1024;

fn parse_pin(value: &str) -> Option<Pin> {
    match value.trim().to_ascii_lowercase().as_str() {
        "auto" => Some(Pin::Auto),
        "core" => Some(Pin::Core),
        "llc" => Some(Pin::Llc),
        "none" => Some(Pin::None),
        list => list.split(',').map(|c| c.trim().parse().ok()).collect::<Option<Vec<usize>>>().map(Pin::Custom),
    }
}

fn parse_debug(value: &str) -> Option<DebugVars> {
    let mut debug = DebugVars::default();
    for switch in value.split(',').map(str::trim).filter(|s| !s.is_empty()) {
        match switch.split_once('=')? {
            ("boot", on) => debug.boot = parse_switch(on)?,
            ("stall", on) => debug.stall = parse_switch(on)?,
            _ => return None,
        }
    }
    Some(debug)
}

fn parse_switch(value: &str) -> Option<bool> {
    match value {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
