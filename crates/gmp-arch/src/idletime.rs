//! How long the machine's CPUs have had nothing to do.
//!
//! The kernel adds it up in the first line of /proc/stat, in hundredths of a second: between two readings a tenth of a second apart it says to a
//! tenth of a CPU how much would be there for one more thread. Time in which a CPU had nothing to do but wait for a disk counts as well: it could have
//! run something. One reading is some microseconds on a small machine, and more on one with many CPUs, for the kernel writes all lines each time.
//!
//! A container that shows a machine of its own there makes this one look as busy or as idle as that is.
//!
//! Go: none — Go doesn't ask whether others want the CPUs

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::affinity::CpuSet;
use crate::sys::os;

/// Of the first line: "cpu" and ten numbers.
const LINE: usize = 256;
/// The kernel's unit for programs in milliseconds (USER_HZ), the same on every architecture that Rust has.
const UNIT: u64 = 10;

/// The machine's idle time, to be asked again and again. No file is kept open: a process can count on its descriptors.
#[derive(Debug)]
pub struct IdleTime {
    stat: PathBuf,
    cpus: usize,
}

impl IdleTime {
    /// Of this machine. `None` where the system doesn't say.
    #[must_use]
    pub fn open() -> Option<IdleTime> {
        IdleTime::from_root(os::file_root()?)
    }

    fn from_root(root: &Path) -> Option<IdleTime> {
        let online = fs::read_to_string(root.join("sys/devices/system/cpu/online")).ok()?;
        let cpus = online.trim().parse::<CpuSet>().ok()?.len();
        let idle = IdleTime { stat: root.join("proc/stat"), cpus };
        idle.read().is_some().then_some(idle)
    }

    /// How many CPUs the machine has switched on.
    #[must_use]
    pub fn cpus(&self) -> usize {
        self.cpus
    }

    /// What all CPUs have been idle together, since the machine was started. `None` if it can't be read any more.
    #[must_use]
    pub fn read(&self) -> Option<Duration> {
        let mut line = [0; LINE];
        let len = File::open(&self.stat).ok()?.read(&mut line).ok()?;
        parse(line.get(..len)?)
    }
}

/// "cpu user nice system idle iowait ...".
fn parse(stat: &[u8]) -> Option<Duration> {
    let line = stat.split(|&b| b == b'\n').next()?;
    let mut columns = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    if columns.next()? != "cpu" {
        return None;
    }
    let mut columns = columns.skip(3).map(str::parse::<u64>);
    let (idle, iowait) = (columns.next()?.ok()?, columns.next()?.ok()?);
    Some(Duration::from_millis(idle.checked_add(iowait)?.checked_mul(UNIT)?))
}

#[cfg(test)]
mod tests;
