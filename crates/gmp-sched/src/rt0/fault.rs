//! Breaks one step on purpose, of the boot for the most part, so that tests can see what must follow.
//!
//! Without the feature `fault-injection`, which only the project's tests turn on, nothing here looks at anything.
//!
//! Go: none — Go's tests can't reach rt0_go.

/// Whether the environment variable `GMP_FAULT` names this fault.
#[cfg(feature = "fault-injection")]
pub(crate) fn is(fault: &str) -> bool {
    std::env::var_os("GMP_FAULT").is_some_and(|v| v == fault)
}

/// Nothing is ever broken.
#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub(crate) fn is(_fault: &str) -> bool {
    false
}

/// As [`is`], the first time that this is asked in the process.
#[cfg(feature = "fault-injection")]
pub(crate) fn once(fault: &str) -> bool {
    static ASKED: std::sync::Once = std::sync::Once::new();
    let mut first = false;
    if is(fault) {
        ASKED.call_once(|| first = true);
    }
    first
}

/// Nothing is ever broken.
#[cfg(not(feature = "fault-injection"))]
#[inline(always)]
pub(crate) fn once(_fault: &str) -> bool {
    false
}

/// Unwinds if the environment asks for this fault.
pub(crate) fn at(fault: &str) {
    if is(fault) {
        // Not `panic!`: what is looked for is the abort behind it, not a message of its own.
        std::panic::resume_unwind(Box::new("fault injected"));
    }
}
