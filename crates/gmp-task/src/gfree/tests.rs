//! The lists are bounded, cells travel, sizes fit, slabs go when their last cell comes back.

use super::{CHAIN, FreeLists, GLOBAL_CHAINS, GlobalFree, LOCAL_MAX, SIZES, SizeClass, Slab};
use std::alloc::Layout;
use std::collections::HashSet;

fn class(size: usize) -> SizeClass {
    SizeClass::of(Layout::from_size_align(size, 8).unwrap()).unwrap()
}

#[test]
fn classes_fit() {
    for size in 1..=1032 {
        let class = class(size);
        assert!(class.usable() >= size);
        assert!(SIZES.iter().all(|&s| s - 8 < size || s - 8 >= class.usable()), "{size} would fit a smaller class");
    }
    assert_eq!(SizeClass::of(Layout::from_size_align(1033, 8).unwrap()), None);
    assert_eq!(SizeClass::of(Layout::from_size_align(64, 32).unwrap()), None);
}

#[test]
fn a_burst_gives_its_memory_back() {
    let global = GlobalFree::new();
    let mut lists = FreeLists::new();
    let class = class(100);
    let cells: Vec<_> = (0..100_000).map(|_| lists.get(class, &global)).collect();
    assert_eq!(cells.iter().collect::<HashSet<_>>().len(), cells.len(), "a cell was given out twice");
    let slabs: HashSet<_> = cells
        .iter()
        // SAFETY: a cell of the class.
        .filter_map(|&c| unsafe { super::get_slab(c, class) })
        .collect();
    assert_eq!(slabs.len(), 100_000_usize.div_ceil(Slab::count(class)));
    for cell in cells {
        // SAFETY: from `get`, unused.
        unsafe { lists.put(cell, class, &global) };
        assert!(lists.len() <= LOCAL_MAX as usize);
    }
    assert_eq!(global.len(), GLOBAL_CHAINS * CHAIN as usize);
    // The rest has come back to its slabs; the leak checkers see whether those are gone when the lists are dropped.
}

/// The slab itself is freed by the last of its cells, in any order, from any thread.
#[test]
fn cells_of_one_slab_come_back_from_two_threads() {
    let global = GlobalFree::new();
    let mut lists = FreeLists::new();
    let class = class(1000);
    let mut cells: Vec<_> =
        (0..Slab::count(class) * 20).map(|_| lists.get(class, &global).as_ptr().expose_provenance()).collect();
    let odd: Vec<_> = cells.iter().copied().skip(1).step_by(2).collect();
    cells = cells.into_iter().step_by(2).collect();
    let give_back = move |cells: Vec<usize>| {
        for cell in cells {
            let cell = std::ptr::NonNull::new(std::ptr::with_exposed_provenance_mut(cell)).unwrap();
            // SAFETY: from `get`, unused; each is in one of the two lists.
            unsafe { class.deallocate(cell) };
        }
    };
    std::thread::scope(|s| {
        s.spawn(move || give_back(odd));
        s.spawn(move || give_back(cells));
    });
    assert!(lists.is_empty() && global.is_empty());
}

#[test]
fn cells_travel_from_one_p_to_another() {
    let global = GlobalFree::new();
    let (mut a, mut b) = (FreeLists::new(), FreeLists::new());
    let class = class(96);
    let first: HashSet<_> = (0..64)
        .map(|_| {
            let cell = a.get(class, &global);
            // The cell must be ours to write, all of it but the last word.
            // SAFETY: fresh memory of the class.
            unsafe { cell.write_bytes(0xAB, class.usable()) };
            cell
        })
        .collect();
    for &cell in &first {
        // SAFETY: from `get`, unused.
        unsafe { a.put(cell, class, &global) };
    }
    assert_eq!((a.len(), global.len()), (32, 32));
    let again: Vec<_> = (0..32).map(|_| b.get(class, &global)).collect();
    assert!(again.iter().all(|c| first.contains(c)), "the global list was not used");
    for cell in again {
        // SAFETY: from `get`, unused.
        unsafe { b.put(cell, class, &global) };
    }
}

#[test]
fn a_cell_without_a_slab_is_kept_like_any_other() {
    let global = GlobalFree::new();
    let mut lists = FreeLists::new();
    let class = class(200);
    let alone = class.allocate();
    // SAFETY: from `allocate`, unused.
    unsafe { lists.put(alone, class, &global) };
    assert_eq!(lists.get(class, &global), alone);
    // SAFETY: as above.
    unsafe { class.deallocate(alone) };
}
