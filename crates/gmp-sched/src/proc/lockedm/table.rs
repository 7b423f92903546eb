//! [`LockedMs`]: which M a locked G belongs to, and the right to run it on the way there.
//!
//! Go: runtime/runtime2.go (g.lockedm, m.lockedg)

use gmp_base::lock::{Lock, LockGuard};
use gmp_base::lockrank::LockRank;

/// The locked Gs that wait, or have been woken before their M came to wait for them. There are few: each has a thread to itself.
///
/// An entry is there for one wait. It must not outlast it: a G that is unlocked may be locked to another M before the first one is done
/// here, and a new G may have the address of one that is dead.
#[derive(Debug)]
pub struct LockedMs<T>(Lock<Vec<Entry<T>>>);

#[derive(Debug)]
struct Entry<T> {
    /// The G's address.
    g: usize,
    /// `None`: the G was woken before its M came here.
    mp: Option<T>,
    /// It is runnable, and the right to run it is here.
    woken: bool,
}

impl<T: Copy> Default for LockedMs<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Copy> LockedMs<T> {
    /// None yet.
    pub fn new() -> Self {
        Self(Lock::new(LockRank::Leaf, Vec::new()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn find(list: &mut LockGuard<'_, Vec<Entry<T>>>, g: usize) -> Option<usize> {
        list.iter().position(|entry| entry.g == g)
    }

    /// The right to run the G is put here, for its M. Says whom to wake, if the M may be asleep.
    pub fn wake(&self, g: usize) -> Option<T> {
        let mut list = self.0.lock();
        let Some(i) = Self::find(&mut list, g) else {
            list.push(Entry { g, mp: None, woken: true });
            return None;
        };
        if std::mem::replace(&mut list[i].woken, true) {
            gmp_base::throw!("startlockedm: the g is runnable twice");
        }
        list[i].mp
    }

    /// The M comes to wait for the G.
    pub fn enter(&self, g: usize, mp: T) {
        let mut list = self.0.lock();
        match Self::find(&mut list, g) {
            Some(i) => list[i].mp = Some(mp),
            None => list.push(Entry { g, mp: Some(mp), woken: false }),
        }
    }

    /// Whether the G has been woken; the right to run it is the caller's then, and the wait is over. For the M.
    #[must_use]
    pub fn take_woken(&self, g: usize) -> bool {
        let mut list = self.0.lock();
        match Self::find(&mut list, g).filter(|&i| list[i].woken) {
            Some(i) => {
                list.swap_remove(i);
                true
            }
            None => false,
        }
    }

    /// The M waits for the G no more: it is to be cancelled.
    pub fn leave(&self, g: usize) {
        let mut list = self.0.lock();
        if let Some(i) = Self::find(&mut list, g) {
            if list.swap_remove(i).woken {
                gmp_base::throw!("stoplockedm: the g is left behind runnable");
            }
        }
    }
}
