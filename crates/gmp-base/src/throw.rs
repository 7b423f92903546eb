//! [`throw!`](crate::throw!): one of our own invariants is broken, so print what is known and abort.
//!
//! A half-unwound scheduler loses wake-ups, and a lost wake-up is worse than a dead process. A caller's mistake is a
//! panic and the world's faults are `Result`s; neither comes here.
//!
//! Go: runtime/panic.go (throw, fatal)

use std::io::Write;
use std::sync::OnceLock;

/// Prints the state of every scheduler in the process.
pub type DumpFn = fn(&mut dyn Write);

static DUMP: OnceLock<DumpFn> = OnceLock::new();

/// Tells [`throw!`](crate::throw!) how to print the schedulers' state. The first caller wins; all callers pass the same function.
pub fn set_dump(dump: DumpFn) {
    // A second runtime in the process passes the same function again, which is no error.
    let _ = DUMP.set(dump);
}

/// The body of [`throw!`](crate::throw!).
#[cold]
#[track_caller]
pub fn throw(message: std::fmt::Arguments<'_>) -> ! {
    let at = std::panic::Location::caller();
    // In one write: another thread's panic may be printing at the same time.
    let mut text = format!("fatal error: gmp: {message}\n\tat {at}\n").into_bytes();
    if let Some(dump) = DUMP.get() {
        dump(&mut text);
    }
    // Nothing is left to do about a stderr that cannot be written to: the process ends here either way.
    let _ = std::io::stderr().write_all(&text);
    std::process::abort()
}

/// Aborts with a message and the schedulers' state. For broken invariants of the runtime only.
#[macro_export]
macro_rules! throw {
    ($($arg:tt)*) => {
        $crate::throw::throw(::core::format_args!($($arg)*))
    };
}
