//! Free cells: dead Gs' memory, kept by size for new ones.
//!
//! Each P has a [`FreeLists`], which its owner alone uses: no atomics. It holds at most 64 cells of a class; half of
//! them go as one chain to the scheduler's [`GlobalFree`], and come from it as one, because a G usually dies on another P
//! than it was spawned on. The global lists are bounded in bytes: what a burst leaves above that goes back to the
//! allocator.
//!
//! With `cfg(gmp_no_cell_reuse)` every cell goes to the allocator at once, so that a sanitizer sees a use after free.
//!
//! Go: runtime/proc.go (gfput, gfget, gfpurge, 5514-5640)

use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// The sizes that cells are rounded up to.
const SIZES: [usize; CLASSES] = [96, 128, 192, 256, 512, 1024];
const CLASSES: usize = 6;
/// What the allocator aligns to anyway on 64-bit targets; a future that wants more gets its own layout.
const ALIGN: usize = 16;
/// Most cells of a class on a P (Go: 64).
const LOCAL_MAX: u32 = 64;
/// Cells that move to and from the global list at a time (Go: 32).
const CHAIN: u32 = 32;
/// Most bytes of a class in the global list: two megabytes hold what two Ps have in flight at full speed.
const GLOBAL_BYTES: usize = 2 << 20;

/// An index into the sizes of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeClass(u8);

impl SizeClass {
    /// The class for a layout; `None` for what is too large or too strictly aligned.
    #[inline]
    pub const fn of(layout: Layout) -> Option<Self> {
        if layout.align() > ALIGN {
            return None;
        }
        let mut class = 0;
        while class < CLASSES {
            if layout.size() <= SIZES[class] {
                return Some(Self(class as u8));
            }
            class += 1;
        }
        None
    }

    /// The size of the class's cells in bytes.
    pub const fn size(self) -> usize {
        SIZES[self.0 as usize]
    }

    /// From the allocator.
    pub fn allocate(self) -> NonNull<u8> {
        allocate(self.layout())
    }

    /// To the allocator.
    ///
    /// # Safety
    /// The cell must be of this class and unused.
    pub unsafe fn deallocate(self, cell: NonNull<u8>) {
        // SAFETY: cells of a class are allocated with the class's layout only; the caller says it is unused.
        unsafe { dealloc(cell.as_ptr(), self.layout()) }
    }

    fn layout(self) -> Layout {
        match Layout::from_size_align(self.size(), ALIGN) {
            Ok(layout) => layout,
            Err(_) => unreachable!("the sizes and the alignment are constants that fit"),
        }
    }
}

/// Allocates or ends the process, as `Box` does.
pub(crate) fn allocate(layout: Layout) -> NonNull<u8> {
    // SAFETY: no cell has size zero: it has a header.
    let cell = unsafe { alloc(layout) };
    NonNull::new(cell).unwrap_or_else(|| handle_alloc_error(layout))
}

/// A free cell: the next one of its list.
struct FreeCell {
    next: Option<NonNull<FreeCell>>,
}

/// A list through the free cells themselves.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    head: Option<NonNull<FreeCell>>,
    len: u32,
}

impl Chain {
    #[inline]
    fn pop(&mut self) -> Option<NonNull<u8>> {
        let cell = self.head?;
        // SAFETY: a cell in the chain is free memory of at least 96 bytes in which `push` wrote a `FreeCell`.
        self.head = unsafe { cell.as_ref() }.next;
        self.len -= 1;
        Some(cell.cast())
    }

    /// # Safety
    /// The cell must be free memory of this chain's class.
    #[inline]
    unsafe fn push(&mut self, cell: NonNull<u8>) {
        let cell = cell.cast::<FreeCell>();
        // SAFETY: the caller says the memory is free; every class is large and aligned enough.
        unsafe { cell.write(FreeCell { next: self.head }) };
        self.head = Some(cell);
        self.len += 1;
    }
}

/// A P's free cells. Used by the P's owner only.
#[derive(Debug, Default)]
pub struct FreeLists([Chain; CLASSES]);

// SAFETY: free memory belongs to no thread.
unsafe impl Send for FreeLists {}

impl FreeLists {
    /// Empty lists.
    pub fn new() -> Self {
        Self::default()
    }

    /// A cell from here, from the global list, or from the allocator (Go: gfget).
    #[inline]
    pub fn get(&mut self, class: SizeClass, global: &GlobalFree) -> NonNull<u8> {
        let chain = &mut self.0[class.0 as usize];
        if let Some(cell) = chain.pop() {
            return cell;
        }
        Self::refill(chain, class, global)
    }

    #[cold]
    fn refill(chain: &mut Chain, class: SizeClass, global: &GlobalFree) -> NonNull<u8> {
        if let Some(full) = global.get(class) {
            *chain = full;
        }
        chain.pop().unwrap_or_else(|| class.allocate())
    }

    /// Keeps a free cell, here or in the global list, if they have room (Go: gfput).
    ///
    /// # Safety
    /// The cell must be of this class and unused.
    #[inline]
    pub unsafe fn put(&mut self, cell: NonNull<u8>, class: SizeClass, global: &GlobalFree) {
        if cfg!(gmp_no_cell_reuse) {
            // SAFETY: the caller's promise.
            return unsafe { class.deallocate(cell) };
        }
        let chain = &mut self.0[class.0 as usize];
        // SAFETY: the caller's promise.
        unsafe { chain.push(cell) };
        if chain.len >= LOCAL_MAX {
            Self::spill(chain, class, global);
        }
    }

    #[cold]
    fn spill(chain: &mut Chain, class: SizeClass, global: &GlobalFree) {
        // The newest cells, warm in the cache, stay.
        let mut keep = Chain::default();
        while keep.len < CHAIN {
            let Some(cell) = chain.pop() else { break };
            // SAFETY: it was in this chain.
            unsafe { keep.push(cell) };
        }
        let old = std::mem::replace(chain, keep);
        global.put(old, class);
    }

    /// Gives everything back to the allocator (Go: gfpurge).
    pub fn purge(&mut self) {
        for (i, chain) in self.0.iter_mut().enumerate() {
            release(chain, SizeClass(i as u8));
        }
    }

    /// How many cells are kept.
    pub fn len(&self) -> usize {
        self.0.iter().map(|c| c.len as usize).sum()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for FreeLists {
    fn drop(&mut self) {
        self.purge();
    }
}

fn release(chain: &mut Chain, class: SizeClass) {
    while let Some(cell) = chain.pop() {
        // SAFETY: a cell in a chain is of the chain's class and unused.
        unsafe { class.deallocate(cell) };
    }
}

/// The free cells that no P holds, in chains of 32.
#[derive(Debug)]
pub struct GlobalFree([Lock<Vec<Chain>>; CLASSES]);

// SAFETY: free memory belongs to no thread; the lists are behind locks.
unsafe impl Send for GlobalFree {}
// SAFETY: as above.
unsafe impl Sync for GlobalFree {}

impl Default for GlobalFree {
    fn default() -> Self {
        Self::new()
    }
}

impl GlobalFree {
    /// Empty lists.
    pub fn new() -> Self {
        Self(std::array::from_fn(|_| {
            Lock::new(LockRank::GFree, Vec::new())
        }))
    }

    fn get(&self, class: SizeClass) -> Option<Chain> {
        self.0[class.0 as usize].lock().pop()
    }

    fn put(&self, mut chain: Chain, class: SizeClass) {
        let most = GLOBAL_BYTES / (class.size() * CHAIN as usize);
        let mut list = self.0[class.0 as usize].lock();
        if list.len() < most {
            list.push(chain);
            return;
        }
        drop(list);
        release(&mut chain, class);
    }

    /// How many cells are kept.
    pub fn len(&self) -> usize {
        self.0
            .iter()
            .map(|l| l.lock().iter().map(|c| c.len as usize).sum::<usize>())
            .sum()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for GlobalFree {
    fn drop(&mut self) {
        for (i, list) in self.0.iter().enumerate() {
            let chains = std::mem::take(&mut *list.lock());
            for mut chain in chains {
                release(&mut chain, SizeClass(i as u8));
            }
        }
    }
}

#[cfg(all(test, not(gmp_loom), not(gmp_no_cell_reuse)))]
mod tests;
