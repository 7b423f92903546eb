//! Where and of what figures come about: the machine, as gmp's boot record and the system have it, and the versions.

use std::fs;
use std::thread;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// What the CPU calls itself; empty if it doesn't.
    pub(crate) cpu: String,
    /// CPUs that this process may use.
    pub(crate) cpus: usize,
    /// How many of them the cgroup's quota leaves, if there is one.
    pub(crate) quota: Option<f64>,
    /// The cores, caches and nodes of those.
    pub(crate) topology: String,
    /// Memory in bytes; 0 if unknown.
    pub(crate) memory: u64,
    /// The system and its kernel.
    pub(crate) kernel: String,
    /// Tasks that ran or wanted to in the minute before: other work than the harness's.
    pub(crate) load_before: Option<f64>,
    /// gmp's boot record.
    pub(crate) boot: String,
}

impl Machine {
    /// This one, as a runtime of so many workers finds it.
    pub(crate) fn this(workers: usize) -> Self {
        // In a thread of its own: a boot may pin the thread that it is made on, and children would inherit that.
        let boot = thread::spawn(move || {
            let runtime = gmp::runtime::Builder::new_multi_thread().worker_threads(workers).build().ok()?;
            Some(runtime.handle().boot_record().clone())
        });
        let boot = boot.join().ok().flatten();
        let ncpu = boot.as_ref().and_then(|record| record.ncpu.as_ref());
        Self {
            cpu: read("/proc/cpuinfo").and_then(|text| field(&text, "model name")).unwrap_or_default(),
            cpus: ncpu.map_or_else(|| thread::available_parallelism().map_or(0, usize::from), |count| count.affinity),
            quota: ncpu.and_then(|count| count.quota),
            topology: boot
                .as_ref()
                .and_then(|record| record.topology.as_ref())
                .map_or_else(String::new, |t| t.to_string()),
            memory: read("/proc/meminfo").and_then(|text| kibibytes(&field(&text, "MemTotal")?)).unwrap_or(0),
            kernel: kernel(),
            load_before: read("/proc/loadavg").and_then(|text| text.split_whitespace().next()?.parse().ok()),
            boot: boot.map_or_else(String::new, |record| record.to_string()),
        }
    }
}

/// What was built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions {
    /// This project.
    pub(crate) gmp: String,
    /// Its commit; empty outside of a repository.
    pub(crate) commit: String,
    /// tokio.
    pub(crate) tokio: String,
    /// smol.
    #[serde(default)]
    pub(crate) smol: String,
    /// Go; empty if it had no part.
    #[serde(default)]
    pub(crate) go: String,
    /// The compiler.
    pub(crate) rustc: String,
    /// What it compiled for.
    pub(crate) target: String,
    /// Not a debug build.
    pub(crate) optimised: bool,
}

impl Versions {
    /// This program's; of Go it knows nothing.
    pub(crate) fn this() -> Self {
        Self {
            gmp: env!("CARGO_PKG_VERSION").to_owned(),
            commit: env!("GMP_BENCH_COMMIT").to_owned(),
            tokio: env!("GMP_BENCH_TOKIO").to_owned(),
            smol: env!("GMP_BENCH_SMOL").to_owned(),
            go: String::new(),
            rustc: env!("GMP_BENCH_RUSTC").to_owned(),
            target: env!("GMP_BENCH_TARGET").to_owned(),
            optimised: !cfg!(debug_assertions),
        }
    }
}

/// A time as `2026-01-31T12:00:00Z`.
pub(crate) fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= if is_leap(year) { 366 } else { 365 } {
        days -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

fn kernel() -> String {
    let name = read("/proc/sys/kernel/ostype").unwrap_or_else(|| std::env::consts::OS.to_owned());
    let release = read("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} {}", name.trim(), release.trim()).trim_end().to_owned()
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.into_iter().find(|(key, _)| key.trim_end() == name)?;
    Some(value.trim().to_owned())
}

/// The bytes of `12 kB`.
fn kibibytes(text: &str) -> Option<u64> {
    Some(text.strip_suffix("kB")?.trim_end().parse::<u64>().ok()? * 1_024)
}

#[cfg(test)]
mod tests;
