//! [`PollCache`]: where descriptors live. A place is used again and again and never freed before the netpoller, so that an
//! event that comes too late finds something that can tell it so.
//!
//! Go: runtime/netpoll.go (pollCache, 192, 688)

use crate::poll_desc::PollDesc;
use gmp_base::lock::Lock;
use gmp_base::lockrank::LockRank;
use mio::Token;
use std::sync::{Arc, OnceLock};

/// Places on the first page; each further page is as large as all before it.
const FIRST: usize = 64;
/// Enough for four thousand million descriptors.
const PAGES: usize = 26;

/// A token is a place and as much of its generation as there is room for.
const INDEX_BITS: u32 = if usize::BITS == 64 { 32 } else { 20 };

/// The token of the break, which no descriptor has.
pub(crate) const BREAK: Token = Token(usize::MAX);

/// All descriptors of a netpoller.
#[derive(Debug)]
pub(crate) struct PollCache {
    pages: [OnceLock<Box<[Arc<PollDesc>]>>; PAGES],
    state: Lock<State>,
}

#[derive(Debug, Default)]
struct State {
    unused: Vec<u32>,
    /// Places that there are.
    len: usize,
    closed: bool,
}

/// Page of a place, and the number there.
fn place(index: usize) -> (usize, usize) {
    if index < FIRST {
        return (0, index);
    }
    let page = (index / FIRST).ilog2() as usize + 1;
    (page, index - page_len(page))
}

fn page_len(page: usize) -> usize {
    FIRST << page.saturating_sub(1)
}

impl PollCache {
    pub(crate) fn new() -> Self {
        Self { pages: [const { OnceLock::new() }; PAGES], state: Lock::new(LockRank::PollCache, State::default()) }
    }

    /// An unused descriptor; `None` once closed.
    pub(crate) fn alloc(&self) -> Option<Arc<PollDesc>> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        if state.unused.is_empty() {
            let first = state.len;
            let (page, _) = place(first);
            let places: Vec<u32> = (first..first + page_len(page)).map(|index| index as u32).collect();
            let descs = places.iter().map(|&index| Arc::new(PollDesc::new(index))).collect();
            if self.pages.get(page).is_none_or(|p| p.set(descs).is_err()) {
                gmp_base::throw!("pollcache: page {page} exists already or can't");
            }
            state.len += places.len();
            state.unused.extend(places.into_iter().rev());
        }
        let index = state.unused.pop()?;
        drop(state);
        self.get(index as usize).cloned()
    }

    /// The descriptor is closed.
    pub(crate) fn free(&self, desc: &PollDesc) {
        desc.recycle();
        self.state.lock().unused.push(desc.index());
    }

    fn get(&self, index: usize) -> Option<&Arc<PollDesc>> {
        let (page, at) = place(index);
        self.pages.get(page)?.get()?.get(at)
    }

    /// The descriptor of a token and the generation that it must have.
    pub(crate) fn find(&self, token: Token) -> Option<(&PollDesc, u32)> {
        let desc = self.get(token.0 & ((1 << INDEX_BITS) - 1))?;
        let generation = desc.generation();
        // What the token has of it must be the same; the rest is read from the word.
        (token_of(desc, generation) == token).then_some((&**desc, generation))
    }

    /// Refuses newcomers from now on, and returns everything that there is.
    pub(crate) fn close(&self) -> impl Iterator<Item = &PollDesc> {
        self.state.lock().closed = true;
        self.pages.iter().filter_map(OnceLock::get).flat_map(|page| page.iter().map(|desc| &**desc))
    }
}

fn token_of(desc: &PollDesc, generation: u32) -> Token {
    // On 64 bits all of the generation fits.
    Token((generation as usize).wrapping_shl(INDEX_BITS) | desc.index() as usize)
}

/// The token of a descriptor that is in use.
pub(crate) fn token(desc: &PollDesc) -> Token {
    token_of(desc, desc.generation())
}

#[cfg(all(test, not(gmp_loom)))]
mod tests;
