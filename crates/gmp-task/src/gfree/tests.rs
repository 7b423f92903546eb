//! The lists are bounded, cells travel, sizes fit.

use super::{FreeLists, GLOBAL_BYTES, GlobalFree, LOCAL_MAX, SIZES, SizeClass};
use std::alloc::Layout;
use std::collections::HashSet;

#[test]
fn classes_fit() {
    for size in 1..=1024 {
        let class = SizeClass::of(Layout::from_size_align(size, 8).unwrap()).unwrap();
        assert!(class.size() >= size);
        assert!(
            SIZES.iter().all(|&s| s < size || s >= class.size()),
            "{size} would fit a smaller class"
        );
    }
    assert_eq!(
        SizeClass::of(Layout::from_size_align(1025, 8).unwrap()),
        None
    );
    assert_eq!(
        SizeClass::of(Layout::from_size_align(64, 32).unwrap()),
        None
    );
}

#[test]
fn a_burst_gives_its_memory_back() {
    let global = GlobalFree::new();
    let mut lists = FreeLists::new();
    let class = SizeClass::of(Layout::from_size_align(100, 8).unwrap()).unwrap();
    let cells: Vec<_> = (0..100_000).map(|_| lists.get(class, &global)).collect();
    assert_eq!(
        cells.iter().collect::<HashSet<_>>().len(),
        cells.len(),
        "a cell was given out twice"
    );
    for cell in cells {
        // SAFETY: from `get`, unused.
        unsafe { lists.put(cell, class, &global) };
        assert!(lists.len() <= LOCAL_MAX as usize);
    }
    assert!(global.len() * class.size() <= GLOBAL_BYTES);
    assert!(!global.is_empty());
}

#[test]
fn cells_travel_from_one_p_to_another() {
    let global = GlobalFree::new();
    let (mut a, mut b) = (FreeLists::new(), FreeLists::new());
    let class = SizeClass::of(Layout::from_size_align(96, 16).unwrap()).unwrap();
    let first: HashSet<_> = (0..64)
        .map(|_| {
            let cell = a.get(class, &global);
            // The cell must be ours to write, all of it.
            // SAFETY: fresh memory of the class's size.
            unsafe { cell.write_bytes(0xAB, class.size()) };
            cell
        })
        .collect();
    for &cell in &first {
        // SAFETY: from `get`, unused.
        unsafe { a.put(cell, class, &global) };
    }
    assert_eq!((a.len(), global.len()), (32, 32));
    let again: Vec<_> = (0..32).map(|_| b.get(class, &global)).collect();
    assert!(
        again.iter().all(|c| first.contains(c)),
        "the global list was not used"
    );
    for cell in again {
        // SAFETY: from `get`, unused.
        unsafe { b.put(cell, class, &global) };
    }
}
