//! How many threads of the whole machine run or would run, beside how many CPUs there are.
//!
//! The kernel counts them anyway, and shows the count of the moment in /proc/loadavg, between averages over minutes that say nothing
//! of now. One reading is one system call, about a microsecond. A container that shows load of its own there, or none, makes the machine look
//! less busy than it is.
//!
//! Go: none — Go doesn't ask whether others want the CPUs

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;

use crate::affinity::CpuSet;
use crate::sys::os;

/// The longest line that is read: three averages, two numbers of threads, one of a process.
const LINE: usize = 128;

/// The machine's load, to be asked again and again.
#[derive(Debug)]
pub struct Load {
    file: File,
    cpus: usize,
}

impl Load {
    /// Of this machine. `None` where the system doesn't say.
    #[must_use]
    pub fn open() -> Option<Load> {
        Load::from_root(os::file_root()?)
    }

    fn from_root(root: &Path) -> Option<Load> {
        let online = fs::read_to_string(root.join("sys/devices/system/cpu/online")).ok()?;
        let cpus = online.trim().parse::<CpuSet>().ok()?.len();
        let mut load = Load { file: File::open(root.join("proc/loadavg")).ok()?, cpus };
        load.running().is_some().then_some(load)
    }

    /// How many CPUs the machine has switched on.
    #[must_use]
    pub fn cpus(&self) -> usize {
        self.cpus
    }

    /// How many threads run or wait for a CPU at the moment, the calling one among them. `None` if it can't be read any more.
    #[must_use]
    pub fn running(&mut self) -> Option<usize> {
        let mut line = [0; LINE];
        let len = self.read(&mut line).ok()?;
        parse(line.get(..len)?)
    }

    fn read(&mut self, line: &mut [u8]) -> io::Result<usize> {
        self.file.rewind()?;
        self.file.read(line)
    }
}

/// The first number of the fourth column, which is "running/all".
fn parse(line: &[u8]) -> Option<usize> {
    let fourth = std::str::from_utf8(line).ok()?.split_ascii_whitespace().nth(3)?;
    fourth.split_once('/')?.0.parse().ok()
}

#[cfg(test)]
mod tests;
