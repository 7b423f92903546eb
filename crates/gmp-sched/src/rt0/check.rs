//! Step 11: check(). Layouts at compile time; atomics and indices that wrap at run time.
//!
//! Go: runtime/runtime1.go (check, 145-291)

use crate::rt0::fault;
use crate::rt0::record::BootRecord;
use gmp_base::loom::unmodelled::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use gmp_queue::runq::CAPACITY;
use std::mem::{align_of, offset_of, size_of};

// A ring index wraps with the word; that a slot is `index % CAPACITY` holds across the wrap only if this divides.
const _: () = assert!(CAPACITY.is_power_of_two());
const _: () =
    assert!(size_of::<AtomicUsize>() == size_of::<usize>() && size_of::<AtomicPtr<u8>>() == size_of::<usize>());
const _: () = assert!(align_of::<AtomicU64>() == 8 && size_of::<AtomicU32>() == 4);
// The state word comes first: a waker reaches it without an offset.
const _: () = assert!(offset_of!(gmp_task::Header, status) == 0);
const _: () = assert!(usize::BITS >= 32);

/// The run-time half.
pub(super) fn check(record: &mut BootRecord) {
    let failed = if fault::is("check") { Some("fault injected") } else { first_failure() };
    if let Some(what) = failed {
        gmp_base::throw!("check: {what}");
    }
    record.checked = true;
}

fn first_failure() -> Option<&'static str> {
    let word = AtomicU64::new(1);
    // ORDERING: one thread; the operations are under test, not their order.
    let checks = [
        (word.compare_exchange(1, 2, Ordering::SeqCst, Ordering::SeqCst) == Ok(1), "cas64 1"),
        (word.compare_exchange(1, 3, Ordering::SeqCst, Ordering::SeqCst) == Err(2), "cas64 2"),
        (word.load(Ordering::SeqCst) == 2, "load64 failed"),
        (word.swap((1 << 40) + 1, Ordering::SeqCst) == 2, "xchg64 failed"),
        (word.fetch_add(1 << 40, Ordering::SeqCst) == (1 << 40) + 1, "xadd64 failed"),
        (word.fetch_or(6, Ordering::SeqCst) == (2 << 40) + 1, "or64 failed"),
        (word.fetch_and(!1, Ordering::SeqCst) == (2 << 40) + 7, "and64 failed"),
        (word.load(Ordering::SeqCst) == (2 << 40) + 6, "the sum of it failed"),
        (usize::MAX.wrapping_add(2).wrapping_sub(usize::MAX) == 2, "ring indices don't wrap"),
        (usize::MAX % CAPACITY == CAPACITY - 1 && 0 % CAPACITY == 0, "ring slots don't wrap"),
        (f64::NAN.partial_cmp(&f64::NAN).is_none(), "NaN compares"),
    ];
    checks.iter().find(|(ok, _)| !ok).map(|&(_, what)| what)
}
