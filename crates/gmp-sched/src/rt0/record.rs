//! [`BootRecord`]: what each step of the boot found.
//!
//! Go: none — Go keeps it in globals.

pub use crate::proc::pin::Pinning;
pub use crate::rt0::args::DebugVars;
use gmp_arch::affinity::CpuSet;
use gmp_arch::cpuid::CpuInfo;
use gmp_arch::ncpu::CpuCount;
use gmp_arch::stack::StackBounds;
use gmp_arch::topology::Topology;
use std::ffi::OsString;
use std::fmt;

/// What each step of the boot found. Printed to stderr with `GMP_DEBUG=boot=1`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BootRecord {
    /// 1: the program's arguments.
    pub args: Vec<OsString>,
    /// 1: the stack is aligned as the ABI says.
    pub stack_aligned: bool,
    /// 2: the stack of the booting thread, M0's g0, if the system tells.
    pub stack: Option<StackBounds>,
    /// 2: how many bytes of it must be free for a task to be polled.
    pub stack_guard: usize,
    /// 3: what CPUID says.
    pub cpu: CpuInfo,
    /// 4: the vendor is Intel.
    pub is_intel: bool,
    /// 4: LFENCE serialises RDTSC (Go 1.14's variable of that name).
    pub lfence_before_rdtsc: bool,
    /// 5: leaf 1's EAX (Go: processorVersionInfo); 0 if unknown.
    pub processor_version_info: u32,
    /// 7, 8: the address of the thread's g slot.
    pub tls_slot: usize,
    /// 9: 0x123 arrived there.
    pub tls_checked: bool,
    /// 11: atomics and indices do what they should.
    pub checked: bool,
    /// 12: the program runs with somebody else's rights; the environment was ignored.
    pub secure: bool,
    /// 12: debug switches.
    pub debug: DebugVars,
    /// 13: CPUs that the booting thread may use.
    pub cpus: Option<CpuSet>,
    /// 13: how many that makes, with the cgroup's quota.
    pub ncpu: Option<CpuCount>,
    /// 13: the size of a page in bytes.
    pub page_size: usize,
    /// 13: which CPUs share what.
    pub topology: Option<Topology>,
    /// 14: GOMAXPROCS.
    pub procs: usize,
    /// 14: who said so.
    pub procs_from: &'static str,
    /// 14: the seed of the scheduler's random numbers.
    pub seed: u64,
    /// 14: where Ms run.
    pub pinning: Option<Pinning>,
}

impl BootRecord {
    /// The CPU of a slot that was placed at boot: the first one that it is pinned to, or where it would be if it were.
    pub(crate) fn home(&self, slot: usize) -> usize {
        let pinned = self.pinning.as_ref().and_then(|p| p.slots.get(slot)?.first().copied());
        let usable = self.cpus.as_ref().filter(|cpus| !cpus.is_empty());
        let usual = || usable.and_then(|cpus| cpus.iter().nth(slot % cpus.len()));
        pinned.or_else(usual).unwrap_or(slot)
    }
}

impl Default for BootRecord {
    fn default() -> Self {
        Self {
            args: Vec::new(),
            stack_aligned: false,
            stack: None,
            stack_guard: 0,
            cpu: CpuInfo::unknown(),
            is_intel: false,
            lfence_before_rdtsc: false,
            processor_version_info: 0,
            tls_slot: 0,
            tls_checked: false,
            checked: false,
            secure: false,
            debug: DebugVars::default(),
            cpus: None,
            ncpu: None,
            page_size: 0,
            topology: None,
            procs: 0,
            procs_from: "",
            seed: 0,
            pinning: None,
        }
    }
}

impl fmt::Display for BootRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "gmp boot")?;
        self.fmt_machine(f)?;
        self.fmt_sched(f)
    }
}

impl BootRecord {
    /// Steps 1 to 11.
    fn fmt_machine(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ok = |b: bool| if b { "ok" } else { "not done" };
        writeln!(f, "   1 args       {} arguments, stack aligned: {}", self.args.len(), self.stack_aligned)?;
        match self.stack {
            Some(s) => writeln!(
                f,
                "   2 g0         stack {:#x}..{:#x} ({} KiB), guard {} KiB",
                s.lo,
                s.hi,
                (s.hi - s.lo) >> 10,
                self.stack_guard >> 10
            )?,
            None => writeln!(f, "   2 g0         stack unknown, guard {} KiB", self.stack_guard >> 10)?,
        }
        writeln!(f, "   3 cpuid      {}", self.cpu)?;
        writeln!(
            f,
            "   4 vendor     {:?}, isIntel: {}, lfenceBeforeRdtsc: {}",
            self.cpu.vendor, self.is_intel, self.lfence_before_rdtsc
        )?;
        writeln!(f, "   5 version    processorVersionInfo {:#x}", self.processor_version_info)?;
        writeln!(f, "   6 on_boot    called if given")?;
        writeln!(f, " 7-9 tls        slot at {:#x}, 0x123: {}", self.tls_slot, ok(self.tls_checked))?;
        writeln!(f, "  10 bind       m0.g0 = g0, g0.m = m0")?;
        writeln!(f, "  11 check      {}", ok(self.checked))
    }

    /// Steps 12 to 14.
    fn fmt_sched(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  12 args       {}",
            if self.secure { "environment ignored (setuid)" } else { "environment read" }
        )?;
        match &self.ncpu {
            Some(n) => write!(f, "  13 osinit     {n}")?,
            None => write!(f, "  13 osinit     CPUs not counted")?,
        }
        if let Some(cpus) = &self.cpus {
            write!(f, ", mask {cpus}")?;
        }
        writeln!(f, ", page {} bytes", self.page_size)?;
        if let Some(t) = &self.topology {
            writeln!(f, "                {t}")?;
        }
        writeln!(f, "  14 schedinit  gomaxprocs {} (by {}), seed {:#x}", self.procs, self.procs_from, self.seed)?;
        if let Some(p) = &self.pinning {
            let pinned = if p.is_pinned() { format!("pinned to CPUs {:?}", p.slots) } else { "floating".to_owned() };
            writeln!(f, "                pin {:?}: {pinned} ({})", p.policy, p.reason)?;
        }
        Ok(())
    }
}
