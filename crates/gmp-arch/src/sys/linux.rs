//! Linux: the raw questions, through libc.
//!
//! `gettid` and `tgkill` go through `syscall`, since glibc has wrappers for them only from 2.30 on
//! and musl's are not declared everywhere.
//!
//! Go: runtime/os_linux.go (getCPUCount, sysauxv)

#![expect(unsafe_code, reason = "calls into the C library")]

use std::io;
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;
use std::time::Duration;

use crate::sys::MAX_CPUS;

/// The kernel's masks are arrays of `unsigned long`.
const WORD_BITS: usize = libc::c_ulong::BITS as usize;

/// As many CPUs as glibc's `cpu_set_t` holds; larger kernels are asked again with more.
const FIRST_TRY: usize = 1024;

pub(crate) fn stack_bounds() -> Option<(usize, usize)> {
    let mut attr = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: `pthread_self` has no requirements.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: `pthread_getattr_np` wants a live thread, which the caller is, and room for an
    // attribute object, which `attr` is; it initialises the object itself.
    if unsafe { libc::pthread_getattr_np(me, attr.as_mut_ptr()) } != 0 {
        return None;
    }
    let mut lo = ptr::null_mut();
    let mut len = 0;
    // SAFETY: `attr` was initialised by the call above, which returned 0; both results are written
    // to locals.
    let found = unsafe { libc::pthread_attr_getstack(attr.as_ptr(), &raw mut lo, &raw mut len) };
    // SAFETY: `attr` was initialised above, is destroyed once, and not used again.
    unsafe { libc::pthread_attr_destroy(attr.as_mut_ptr()) };
    let lo = lo.addr();
    (found == 0).then_some((lo, lo.checked_add(len)?))
}

pub(crate) fn affinity() -> Option<Vec<usize>> {
    let mut room = FIRST_TRY;
    while room <= MAX_CPUS {
        let mut words = vec![0 as libc::c_ulong; room / WORD_BITS];
        let bytes = size_of_val(words.as_slice());
        // SAFETY: the kernel writes at most `bytes` bytes, which is what `words` has, and any bits
        // are a valid word. A `cpu_set_t` is an array of the same words, so the pointer is aligned
        // for it.
        let rc = unsafe { libc::sched_getaffinity(0, bytes, words.as_mut_ptr().cast()) };
        if rc == 0 {
            return Some(cpus_in(&words));
        }
        if io::Error::last_os_error().raw_os_error() != Some(libc::EINVAL) {
            return None;
        }
        room *= 2;
    }
    None
}

fn cpus_in(words: &[libc::c_ulong]) -> Vec<usize> {
    let bit_is_set = |cpu: &usize| words[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1 == 1;
    (0..words.len() * WORD_BITS).filter(bit_is_set).collect()
}

pub(crate) fn set_affinity(cpus: &[usize]) -> io::Result<()> {
    sched_setaffinity(0, cpus)
}

pub(crate) fn set_affinity_of(tid: i32, cpus: &[usize]) -> io::Result<()> {
    if tid <= 0 {
        // 0 would be the caller, which nobody means who names a thread.
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    require_own_thread(tid)?;
    sched_setaffinity(tid, cpus)
}

/// Thread ids are reused across processes, so that the id of a dead thread may by now be anybody's.
/// Signal 0 to a thread *of this process* is the cheapest way to ask.
fn require_own_thread(tid: i32) -> io::Result<()> {
    // SAFETY: `getpid` has no requirements.
    let pid = unsafe { libc::getpid() };
    let no_signal: libc::c_int = 0;
    // SAFETY: `tgkill` takes three integers and no pointers; signal 0 delivers nothing.
    let rc = unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, no_signal) };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn sched_setaffinity(tid: i32, cpus: &[usize]) -> io::Result<()> {
    let room = cpus.iter().map(|cpu| cpu + 1).max().unwrap_or(0).max(FIRST_TRY);
    let mut words = vec![0 as libc::c_ulong; room.div_ceil(WORD_BITS)];
    for cpu in cpus {
        words[cpu / WORD_BITS] |= 1 << (cpu % WORD_BITS);
    }
    let bytes = size_of_val(words.as_slice());
    // SAFETY: the kernel reads `bytes` bytes, which is what `words` has; see `affinity` for the
    // alignment.
    let rc = unsafe { libc::sched_setaffinity(tid, bytes, words.as_ptr().cast()) };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

pub(crate) fn gettid() -> i32 {
    // SAFETY: `gettid` takes nothing and cannot fail.
    let tid = unsafe { libc::syscall(libc::SYS_gettid) };
    i32::try_from(tid).unwrap_or(0)
}

/// A clock id made of a kernel thread id, not a `pthread_t`: reading it after the thread's death is
/// an `EINVAL`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuClock(libc::clockid_t);

impl CpuClock {
    pub(crate) fn current() -> Option<CpuClock> {
        let mut id = 0;
        // SAFETY: `pthread_self` has no requirements.
        let me = unsafe { libc::pthread_self() };
        // SAFETY: `pthread_getcpuclockid` wants a live thread, which the caller is, and room for a
        // clock id.
        let rc = unsafe { libc::pthread_getcpuclockid(me, &raw mut id) };
        (rc == 0).then_some(CpuClock(id))
    }

    pub(crate) fn of_process() -> Option<CpuClock> {
        Some(CpuClock(libc::CLOCK_PROCESS_CPUTIME_ID))
    }

    pub(crate) fn of_thread(tid: i32) -> Option<CpuClock> {
        // The kernel's rule (MAKE_THREAD_CPUCLOCK): the complement of the id above three bits that say which clock.
        const PER_THREAD: i32 = 4;
        const SCHED: i32 = 2;
        (tid > 0).then_some(CpuClock(!tid << 3 | PER_THREAD | SCHED))
    }

    pub(crate) fn read(self) -> Option<Duration> {
        let mut now = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: `clock_gettime` checks the clock id itself, and has room for its answer in `now`.
        if unsafe { libc::clock_gettime(self.0, now.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: the call returned 0, so it has written `now`.
        let now = unsafe { now.assume_init() };
        Some(Duration::new(u64::try_from(now.tv_sec).ok()?, u32::try_from(now.tv_nsec).ok()?))
    }

    /// The number itself, so that a test can hold it against the kernel's rule for making it.
    #[cfg(test)]
    pub(crate) fn raw(self) -> i32 {
        self.0
    }
}

pub(crate) fn is_setuid() -> bool {
    // SAFETY: `getauxval` only looks up a number; a missing entry is 0.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

pub(crate) fn auxv_random() -> Option<[u8; 16]> {
    // SAFETY: `getauxval` only looks up a number; a missing entry is 0.
    let addr = unsafe { libc::getauxval(libc::AT_RANDOM) };
    let bytes = ptr::with_exposed_provenance::<[u8; 16]>(usize::try_from(addr).ok()?);
    // SAFETY: a non-null AT_RANDOM is the address of 16 bytes that the kernel put above the initial
    // stack, which stay mapped for the life of the process and which nobody writes; bytes have no
    // alignment.
    (!bytes.is_null()).then(|| unsafe { bytes.read() })
}

pub(crate) fn page_size() -> usize {
    // SAFETY: `sysconf` takes a number and answers with one.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}

/// A sandbox may have made RDTSC a SIGSEGV by `prctl(PR_SET_TSC)`, as record-and-replay debuggers
/// do.
pub(crate) fn tsc_enabled() -> bool {
    let mut state: libc::c_int = 0;
    // SAFETY: PR_GET_TSC writes one int to the address in its second argument.
    let rc = unsafe { libc::prctl(libc::PR_GET_TSC, &raw mut state) };
    rc != 0 || state != libc::PR_TSC_SIGSEGV
}

pub(crate) fn file_root() -> Option<&'static Path> {
    Some(Path::new("/"))
}

/// Nanoseconds that the calling thread could have run and had no CPU to run on.
pub(crate) fn run_delay() -> Option<u64> {
    run_delay_in("/proc/thread-self/schedstat")
}

/// As [`run_delay`] of another thread.
pub(crate) fn run_delay_of(tid: i32) -> Option<u64> {
    run_delay_in(&format!("/proc/self/task/{tid}/schedstat"))
}

fn run_delay_in(file: &str) -> Option<u64> {
    // "cpu_time run_delay timeslices", if the kernel keeps them.
    std::fs::read_to_string(file).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Whether a thread of this process runs or waits for a CPU, and for nothing else.
pub(crate) fn wants_cpu(tid: i32) -> Option<bool> {
    let stat = std::fs::read(format!("/proc/self/task/{tid}/stat")).ok()?;
    // "tid (name) state ...", and a name may have anything in it.
    let end = stat.iter().rposition(|&b| b == b')')?;
    Some(*stat.get(end + 2)? == b'R')
}
