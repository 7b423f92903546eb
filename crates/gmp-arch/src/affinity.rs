//! Which CPUs a thread may run on, asked and set.
//!
//! One core for the calling thread is core_affinity's business; masks of several cores, and another
//! thread's mask, are the kernel's own call. Affinity is inherited by threads and read by
//! `available_parallelism`, so ask before pinning, and start threads from an unpinned one.
//!
//! Nothing here panics: a CPU number that doesn't exist is a `false` or an error.
//!
//! Go: none — Go doesn't pin; sched_getaffinity is in os_linux.go (getCPUCount)

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::sys::{MAX_CPUS, os};

#[cfg_attr(not(miri), path = "affinity/pin.rs")]
#[cfg_attr(miri, path = "affinity/no_pin.rs")]
mod sys;

const WORD_BITS: usize = u64::BITS as usize;

/// Nanoseconds that the calling thread could have run and had no CPU to run on; on a CPU that it has to itself, hardly any. `None`
/// where the system doesn't say.
#[must_use]
pub fn run_delay() -> Option<u64> {
    os::run_delay()
}

/// As [`run_delay`], of another thread of this process.
#[must_use]
pub fn run_delay_of(tid: i32) -> Option<u64> {
    os::run_delay_of(tid)
}

/// A set of CPU numbers. Its text form is the kernel's, "0-3,8".
#[derive(Clone, Default)]
pub struct CpuSet {
    words: Vec<u64>,
}

impl CpuSet {
    /// CPU numbers from here on can't be in a set; Linux can be built for half as many.
    pub const LIMIT: usize = MAX_CPUS;

    /// The empty set.
    #[must_use]
    pub fn new() -> CpuSet {
        CpuSet::default()
    }

    /// Adds `cpu`. False if it was in the set already, or is not below [`LIMIT`](Self::LIMIT).
    pub fn insert(&mut self, cpu: usize) -> bool {
        if cpu >= Self::LIMIT || self.contains(cpu) {
            return false;
        }
        let word = cpu / WORD_BITS;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (cpu % WORD_BITS);
        true
    }

    /// Takes `cpu` out. False if it wasn't in the set.
    pub fn remove(&mut self, cpu: usize) -> bool {
        let was_in = self.contains(cpu);
        if was_in {
            self.words[cpu / WORD_BITS] &= !(1 << (cpu % WORD_BITS));
        }
        was_in
    }

    /// Whether `cpu` is in the set.
    #[must_use]
    pub fn contains(&self, cpu: usize) -> bool {
        self.words.get(cpu / WORD_BITS).is_some_and(|word| word >> (cpu % WORD_BITS) & 1 == 1)
    }

    /// How many CPUs are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The CPUs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.words.len() * WORD_BITS).filter(|&cpu| self.contains(cpu))
    }

    /// The CPUs in both sets.
    #[must_use]
    pub fn intersection(&self, other: &CpuSet) -> CpuSet {
        CpuSet { words: self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect() }
    }
}

/// Numbers from [`CpuSet::LIMIT`] on are left out.
impl FromIterator<usize> for CpuSet {
    fn from_iter<I: IntoIterator<Item = usize>>(cpus: I) -> CpuSet {
        let mut set = CpuSet::new();
        for cpu in cpus {
            set.insert(cpu);
        }
        set
    }
}

/// By contents: words of zeros at the end don't count.
impl PartialEq for CpuSet {
    fn eq(&self, other: &CpuSet) -> bool {
        let longest = self.words.len().max(other.words.len());
        let word = |set: &CpuSet, i: usize| set.words.get(i).copied().unwrap_or(0);
        (0..longest).all(|i| word(self, i) == word(other, i))
    }
}

impl Eq for CpuSet {}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cpus = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = cpus.next() {
            let mut last = first;
            while let Some(next) = cpus.next_if_eq(&(last + 1)) {
                last = next;
            }
            if first == last {
                write!(f, "{separator}{first}")?;
            } else {
                write!(f, "{separator}{first}-{last}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuSet({self})")
    }
}

/// Reads what `Display` writes; blanks around the numbers are let through, an empty text is the
/// empty set.
impl FromStr for CpuSet {
    type Err = ParseCpuSetError;

    fn from_str(text: &str) -> Result<CpuSet, ParseCpuSetError> {
        let mut set = CpuSet::new();
        if text.trim().is_empty() {
            return Ok(set);
        }
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<usize>().ok().filter(|&cpu| cpu < CpuSet::LIMIT);
            let error = || ParseCpuSetError { part: part.trim().to_owned() };
            let (first, last) = (number(first).ok_or_else(error)?, number(last).ok_or_else(error)?);
            if first > last {
                return Err(error());
            }
            for cpu in first..=last {
                set.insert(cpu);
            }
        }
        Ok(set)
    }
}

/// A text that isn't a list of CPUs such as "0-3,8".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseCpuSetError {
    part: String,
}

impl fmt::Display for ParseCpuSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a CPU number or a range of them, as in \"0-3,8\"", self.part)
    }
}

impl std::error::Error for ParseCpuSetError {}

/// The CPUs that the calling thread may run on; `None` where the system has no masks, or doesn't
/// tell.
#[must_use]
pub fn current() -> Option<CpuSet> {
    os::affinity().map(CpuSet::from_iter)
}

/// The cores that the calling thread may be pinned to, ascending; empty if that can't be found out.
#[must_use]
pub fn usable_cores() -> Vec<usize> {
    let mut cores = sys::core_ids();
    if cores.is_empty() {
        // core_affinity's masks end at 1024 CPUs, ours don't.
        cores = os::affinity().unwrap_or_default();
    }
    cores.sort_unstable();
    cores
}

/// Pins the calling thread to one core. False if that can't be done.
#[must_use]
pub fn pin_current_to_core(cpu: usize) -> bool {
    sys::pin(cpu).unwrap_or_else(|| cpu < CpuSet::LIMIT && os::set_affinity(&[cpu]).is_ok())
}

/// Lets the calling thread run on these CPUs.
///
/// # Errors
/// None of them is usable, or the system has no masks.
pub fn set_current(cpus: &CpuSet) -> io::Result<()> {
    os::set_affinity(&cpus.iter().collect::<Vec<_>>())
}

/// Lets another thread of this process run on these CPUs; `tid` is its own [`gettid`].
///
/// A thread that has ended meanwhile is an error, but ids are reused: the caller sees to it that
/// the thread doesn't end and give its id to another one of this process at the same time.
///
/// # Errors
/// No such thread in this process, none of the CPUs is usable, or the system has no masks.
pub fn set_thread(tid: i32, cpus: &CpuSet) -> io::Result<()> {
    os::set_affinity_of(tid, &cpus.iter().collect::<Vec<_>>())
}

/// The kernel's id of the calling thread, for [`set_thread`]; 0 where that has no use.
#[must_use]
pub fn gettid() -> i32 {
    os::gettid()
}

#[cfg(test)]
mod tests;
