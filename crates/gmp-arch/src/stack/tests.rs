//! A thread's bounds hold its own locals and nobody else's.

use std::thread;

use super::*;
use crate::fake_tree::on_linux;

#[test]
fn bounds_hold_the_stack_pointer() {
    let Some(bounds) = current_thread_bounds() else {
        assert!(!on_linux(), "Linux knows its stacks");
        return;
    };
    assert!(bounds.contains(stack_pointer()));
    assert!(bounds.lo % align_of::<usize>() == 0 && bounds.lo < bounds.hi);
}

#[test]
fn a_spawned_thread_gets_what_it_asked_for() {
    const ASKED: usize = 256 * 1024;
    let theirs = thread::Builder::new()
        .stack_size(ASKED)
        .spawn(|| current_thread_bounds().map(|bounds| (bounds, stack_pointer())))
        .and_then(|thread| thread.join().map_err(|_| std::io::ErrorKind::Other.into()))
        .unwrap();
    if let Some((bounds, sp)) = theirs {
        assert!(bounds.contains(sp));
        assert!(!bounds.contains(stack_pointer()), "that stack is gone or not ours");
        // The thread's own data and a guard may be taken from, or added to, what was asked for.
        assert!((ASKED / 2..ASKED * 4).contains(&(bounds.hi - bounds.lo)), "{bounds:?}");
    }
}

#[test]
fn the_stack_pointer_falls_in_a_deeper_frame() {
    #[inline(never)]
    fn deeper() -> usize {
        let room = black_box([0_u8; 4096]);
        stack_pointer().max(usize::from(room[0]))
    }
    let here = stack_pointer();
    assert!(deeper() < here);
}

#[test]
fn remaining_counts_down_to_lo() {
    let bounds = StackBounds { lo: 0x1000, hi: 0x3000 };
    assert_eq!(bounds.remaining(0x1000), 0);
    assert_eq!(bounds.remaining(0x2fff), 0x1fff);
    assert_eq!(bounds.remaining(0x3000), 0);
    assert_eq!(bounds.remaining(0), 0);
}
