//! What the crate asks of the operating system: one contract, three files that keep it.
//!
//! `os` is `sys/linux.rs`, `sys/macos.rs` or `sys/other.rs` (everything else, and Miri). Each has:
//!
//! * `stack_bounds() -> Option<(usize, usize)>`: lowest and one-past-highest address of the calling
//!   thread's stack.
//! * `affinity() -> Option<Vec<usize>>`: the CPUs the calling thread may run on, ascending.
//! * `set_affinity(&[usize]) -> io::Result<()>`: for the calling thread; `set_affinity_of(tid,
//!   &[usize])`: for another thread of this process, and an error for any other tid.
//! * `gettid() -> i32`: the calling thread's id for `set_affinity_of`; 0 where there is none.
//! * `CpuClock`, `Copy`: `current() -> Option<Self>`, `of_thread(tid) -> Option<Self>`, `of_process() -> Option<Self>` and `read(self) ->
//!   Option<Duration>`; uninhabited where no thread can read another's clock.
//! * `run_delay() -> Option<u64>`, `run_delay_of(tid)`: nanoseconds that a thread has waited for a CPU.
//! * `wants_cpu(tid) -> Option<bool>`: whether a thread runs or could.
//! * `is_setuid() -> bool`, `auxv_random() -> Option<[u8; 16]>`, `page_size() -> usize`.
//! * `file_root() -> Option<&'static Path>`: below which /proc and /sys are, where they are
//!   Linux's.
//! * `tsc_enabled() -> bool`: whether the kernel lets this thread execute RDTSC; true where it has
//!   no say.
//!
//! Go: none — Go has a file per system instead (os_linux.go, os_darwin.go)

#[cfg_attr(all(target_os = "linux", not(miri)), path = "sys/linux.rs")]
#[cfg_attr(all(target_os = "macos", not(miri)), path = "sys/macos.rs")]
#[cfg_attr(any(miri, not(any(target_os = "linux", target_os = "macos"))), path = "sys/other.rs")]
pub(crate) mod os;

/// CPU numbers from here on are not believed: Linux builds for at most 8192 CPUs, and a set must
/// not grow with whatever number a file holds.
pub(crate) const MAX_CPUS: usize = 1 << 14;
