//! Memory for Gs: free cells kept by size, cut from slabs.
//!
//! The allocator is most of the price of a spawn: with glibc's, a burst spends half of its time growing the heap a page at
//! a time. So cells are cut from *slabs* of 32 KiB, and dead Gs' cells are kept for new ones:
//! * Each P has a [`FreeLists`], which its owner alone uses: no atomics. It holds at most 64 free cells of a class, and a
//!   slab that is being cut up.
//! * Half of them go as one chain to the scheduler's [`GlobalFree`], and come from it as one, because a G usually dies on
//!   another P than it was spawned on. It is bounded.
//! * What is over goes back to its slab, and a slab whose cells have all come back goes to the allocator. So a burst
//!   gives its memory back. A slab with one cell in use or in a list stays: the bound on the lists bounds that too.
//!
//! A cell knows its slab by a pointer in its last word. A cell that a thread without a P allocates has none: it comes
//! from the allocator by itself, and goes back there when the lists are full.
//!
//! With `cfg(gmp_no_cell_reuse)` every cell is of that kind and goes back at once, so that a sanitizer sees a use after
//! free.
//!
//! Go: runtime/proc.go (gfput, gfget, gfpurge, 5514-5640), runtime/mheap.go (spans) in spirit

use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use gmp_base::loom::unmodelled::{AtomicU32, AtomicUsize, Ordering};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ptr::NonNull;

/// The sizes of cells, the last word included.
const SIZES: [usize; CLASSES] = [112, 144, 208, 272, 528, 1040];
const CLASSES: usize = 6;
/// What the allocator aligns to anyway on 64-bit targets; a future that wants more gets its own layout.
const ALIGN: usize = 16;
/// The last word of a cell: its slab.
const TAIL: usize = size_of::<Option<NonNull<Slab>>>();
/// A slab: a few hundred small cells, eight pages.
const SLAB_BYTES: usize = 32 << 10;
/// Most free cells of a class on a P (Go: 64).
const LOCAL_MAX: u32 = 64;
/// Cells that move to and from the global list at a time (Go: 32).
const CHAIN: u32 = 32;
/// Most chains of a class in the global list: a thousand cells, what two Ps have in flight at full speed.
const GLOBAL_CHAINS: usize = 32;

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
            if layout.size() <= SIZES[class] - TAIL {
                return Some(Self(class as u8));
            }
            class += 1;
        }
        None
    }

    /// How many bytes of a cell a G may use.
    pub const fn usable(self) -> usize {
        self.size() - TAIL
    }

    const fn size(self) -> usize {
        SIZES[self.0 as usize]
    }

    /// A cell of its own, from the allocator.
    pub fn allocate(self) -> NonNull<u8> {
        let cell = allocate(self.layout());
        // SAFETY: fresh memory of the class.
        unsafe { set_slab(cell, self, None) };
        cell
    }

    /// Gives a cell back, past all lists: to its slab, or to the allocator.
    ///
    /// # Safety
    /// The cell must be of this class and unused.
    pub unsafe fn deallocate(self, cell: NonNull<u8>) {
        // SAFETY: the caller's promise.
        match unsafe { get_slab(cell, self) } {
            // SAFETY: the cell was cut from this slab and is unused.
            Some(slab) => unsafe { Slab::give_back(slab, 1) },
            // SAFETY: the cell was allocated with this layout in `allocate`, and is unused.
            None => unsafe { dealloc(cell.as_ptr(), self.layout()) },
        }
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

/// # Safety
/// The cell must be live memory of this class.
#[inline]
unsafe fn tail(cell: NonNull<u8>, class: SizeClass) -> NonNull<Option<NonNull<Slab>>> {
    // SAFETY: the word is the cell's last one; sizes are multiples of 16, so it is aligned.
    unsafe { cell.add(class.usable()) }.cast()
}

/// # Safety
/// As [`tail`], and nobody else may use the cell.
#[inline]
unsafe fn set_slab(cell: NonNull<u8>, class: SizeClass, slab: Option<NonNull<Slab>>) {
    // SAFETY: the caller's promise.
    let tail = unsafe { tail(cell, class) };
    // SAFETY: as above.
    unsafe { tail.write(slab) };
}

/// # Safety
/// As [`tail`].
#[inline]
unsafe fn get_slab(cell: NonNull<u8>, class: SizeClass) -> Option<NonNull<Slab>> {
    // SAFETY: the caller's promise.
    let tail = unsafe { tail(cell, class) };
    // SAFETY: written when the cell was made; a G's cell ends before it (`usable`).
    unsafe { tail.read() }
}

/// What a slab begins with; its cells follow.
#[repr(C, align(16))]
struct Slab {
    /// Cells that have not come back, uncut ones included. Whoever brings the last one frees the slab.
    out: AtomicU32,
}

const SLAB_LAYOUT: Layout = match Layout::from_size_align(SLAB_BYTES, ALIGN) {
    Ok(layout) => layout,
    Err(_) => panic!("the size and the alignment are constants that fit"),
};

impl Slab {
    /// How many cells of a class a slab has.
    const fn count(class: SizeClass) -> usize {
        (SLAB_BYTES - size_of::<Self>()) / class.size()
    }

    fn allocate(class: SizeClass) -> Uncut {
        let slab = allocate(SLAB_LAYOUT).cast::<Self>();
        let count = Self::count(class) as u32;
        // SAFETY: fresh memory, large and aligned enough.
        unsafe { slab.write(Self { out: AtomicU32::new(count) }) };
        // SAFETY: the cells begin behind the header, inside the slab.
        let next = unsafe { slab.add(1) }.cast();
        Uncut { slab: Some(slab), next, left: count }
    }

    /// # Safety
    /// `count` cells of the slab must be unused and not be given back again.
    unsafe fn give_back(slab: NonNull<Self>, count: u32) {
        // SAFETY: the cells that are given back keep the slab until this subtraction.
        let out = unsafe { &slab.as_ref().out };
        // ORDERING: releases our uses of the cells to whoever frees the slab, and acquires all others' if that is us.
        let before = out.fetch_sub(count, Ordering::AcqRel);
        if before < count {
            gmp_base::throw!("gfput: more cells came back to a slab than it had");
        }
        if before == count {
            // SAFETY: allocated with this layout; all cells are back, so nobody has a pointer into it.
            unsafe { dealloc(slab.as_ptr().cast(), SLAB_LAYOUT) };
        }
    }
}

/// A slab that a P is cutting up.
#[derive(Debug, Clone, Copy)]
struct Uncut {
    slab: Option<NonNull<Slab>>,
    next: NonNull<u8>,
    left: u32,
}

impl Default for Uncut {
    fn default() -> Self {
        Self { slab: None, next: NonNull::dangling(), left: 0 }
    }
}

impl Uncut {
    #[inline]
    fn cut(&mut self, class: SizeClass) -> Option<NonNull<u8>> {
        if self.left == 0 {
            return None;
        }
        let cell = self.next;
        self.left -= 1;
        // SAFETY: `left` cells lie between `next` and the slab's end; one past the last is in bounds too.
        self.next = unsafe { cell.add(class.size()) };
        // SAFETY: a fresh cell of the class.
        unsafe { set_slab(cell, class, self.slab) };
        Some(cell)
    }

    /// Gives the uncut rest back.
    fn give_up(&mut self) {
        if let Some(slab) = self.slab.take() {
            if self.left > 0 {
                // SAFETY: uncut cells are unused, and this forgets them.
                unsafe { Slab::give_back(slab, std::mem::take(&mut self.left)) };
            }
        }
    }
}

/// A free cell: the next one of its list.
struct FreeCell {
    next: Option<NonNull<FreeCell>>,
}

/// A list through the free cells themselves. It owns them, so it isn't `Copy`.
#[derive(Debug, Default)]
struct Chain {
    head: Option<NonNull<FreeCell>>,
    len: u32,
}

impl Chain {
    #[inline]
    fn pop(&mut self) -> Option<NonNull<u8>> {
        let cell = self.head?;
        // SAFETY: a cell in the chain is free memory in which `push` wrote a `FreeCell`.
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

    /// Gives every cell back, neighbours of one slab in one go.
    fn give_back(&mut self, class: SizeClass) {
        let (mut run, mut slab) = (0, None);
        while let Some(cell) = self.pop() {
            // SAFETY: a cell in a chain is of the chain's class.
            let its = unsafe { get_slab(cell, class) };
            if its.is_none() {
                // SAFETY: as above, and unused.
                unsafe { class.deallocate(cell) };
                continue;
            }
            if its != slab {
                give_back_run(slab, run);
                (run, slab) = (0, its);
            }
            run += 1;
        }
        give_back_run(slab, run);
    }
}

fn give_back_run(slab: Option<NonNull<Slab>>, run: u32) {
    if let Some(slab) = slab {
        // SAFETY: so many cells of the slab were in the chain, unused, and have been forgotten.
        unsafe { Slab::give_back(slab, run) };
    }
}

/// A P's free cells. Used by the P's owner only.
#[derive(Debug, Default)]
pub struct FreeLists {
    chains: [Chain; CLASSES],
    uncut: [Uncut; CLASSES],
}

// SAFETY: free memory belongs to no thread.
unsafe impl Send for FreeLists {}

impl FreeLists {
    /// Empty lists.
    pub fn new() -> Self {
        Self::default()
    }

    /// A cell from here, from the global list, or from a new slab (Go: gfget).
    #[inline]
    pub fn get(&mut self, class: SizeClass, global: &GlobalFree) -> NonNull<u8> {
        let i = class.0 as usize;
        match self.chains[i].pop().or_else(|| self.uncut[i].cut(class)) {
            Some(cell) => cell,
            None => self.refill(class, global),
        }
    }

    #[cold]
    fn refill(&mut self, class: SizeClass, global: &GlobalFree) -> NonNull<u8> {
        if cfg!(gmp_no_cell_reuse) {
            return class.allocate();
        }
        let i = class.0 as usize;
        if let Some(chain) = global.get(class) {
            self.chains[i] = chain;
        } else {
            self.uncut[i] = Slab::allocate(class);
        }
        self.get(class, global)
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
        let chain = &mut self.chains[class.0 as usize];
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

    /// Gives everything back (Go: gfpurge).
    pub fn purge(&mut self) {
        for (i, chain) in self.chains.iter_mut().enumerate() {
            chain.give_back(SizeClass(i as u8));
        }
        self.uncut.iter_mut().for_each(Uncut::give_up);
    }

    /// How many free cells are kept, uncut ones not counted.
    pub fn len(&self) -> usize {
        self.chains.iter().map(|c| c.len as usize).sum()
    }

    /// Whether no free cell is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for FreeLists {
    fn drop(&mut self) {
        self.purge();
    }
}

/// The free cells that no P holds, in chains of 32.
#[derive(Debug)]
pub struct GlobalFree([GlobalList; CLASSES]);

#[derive(Debug)]
struct GlobalList {
    /// How many chains there are: a hint that spares the lock.
    hint: AtomicUsize,
    chains: Lock<Vec<Chain>>,
}

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
        Self(std::array::from_fn(|_| GlobalList {
            hint: AtomicUsize::new(0),
            chains: Lock::new(LockRank::GFree, Vec::new()),
        }))
    }

    fn get(&self, class: SizeClass) -> Option<Chain> {
        let list = &self.0[class.0 as usize];
        // ORDERING: a hint; the list is under the lock.
        if list.hint.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut chains = list.chains.lock();
        let chain = chains.pop();
        // ORDERING: as above.
        list.hint.store(chains.len(), Ordering::Relaxed);
        chain
    }

    fn put(&self, mut chain: Chain, class: SizeClass) {
        let list = &self.0[class.0 as usize];
        // ORDERING: a hint; the list is under the lock.
        if list.hint.load(Ordering::Relaxed) < GLOBAL_CHAINS {
            let mut chains = list.chains.lock();
            if chains.len() < GLOBAL_CHAINS {
                chains.push(chain);
                // ORDERING: as above.
                list.hint.store(chains.len(), Ordering::Relaxed);
                return;
            }
        }
        chain.give_back(class);
    }

    /// How many cells are kept.
    pub fn len(&self) -> usize {
        self.0.iter().map(|l| l.chains.lock().iter().map(|c| c.len as usize).sum::<usize>()).sum()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for GlobalFree {
    fn drop(&mut self) {
        for (i, list) in self.0.iter().enumerate() {
            let chains = std::mem::take(&mut *list.chains.lock());
            for mut chain in chains {
                chain.give_back(SizeClass(i as u8));
            }
        }
    }
}

#[cfg(all(test, not(gmp_loom), not(gmp_no_cell_reuse)))]
mod tests;
