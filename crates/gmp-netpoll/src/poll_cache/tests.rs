//! Pages, places that are used again, tokens.

use super::{BREAK, FIRST, INDEX_BITS, PollCache, page_len, place, token};
use crate::ready::Ready;
use mio::Token;
use std::collections::HashSet;
use std::sync::Arc;
use std::task::Waker;

#[test]
fn places_follow_each_other() {
    let mut index = 0;
    for page in 0..12 {
        for at in [0, 1, page_len(page) - 1] {
            assert_eq!(place(index + at), (page, at), "place {}", index + at);
        }
        index += page_len(page);
    }
    assert_eq!((page_len(0), page_len(1), page_len(2)), (FIRST, FIRST, 2 * FIRST));
}

#[test]
fn places_are_distinct_and_stay_where_they_are() {
    let cache = PollCache::new();
    let descs: Vec<_> = (0..FIRST * 5).map(|_| cache.alloc().unwrap()).collect();
    let tokens: HashSet<_> = descs.iter().map(|desc| token(desc)).collect();
    assert_eq!(tokens.len(), descs.len());
    for desc in &descs {
        let (found, generation) = cache.find(token(desc)).expect("a token that was just given");
        assert!(std::ptr::eq(found, Arc::as_ptr(desc)));
        assert_eq!(generation, desc.generation());
    }
}

#[test]
fn a_free_place_is_used_before_a_new_one() {
    let cache = PollCache::new();
    let descs: Vec<_> = (0..FIRST).map(|_| cache.alloc().unwrap()).collect();
    for desc in &descs {
        cache.free(desc);
    }
    for _ in 0..10 * FIRST {
        let desc = cache.alloc().unwrap();
        assert!((desc.index() as usize) < FIRST);
        cache.free(&desc);
    }
    assert!(cache.pages[1].get().is_none(), "a page that wasn't needed");
}

#[test]
fn a_stale_token_finds_nothing() {
    let cache = PollCache::new();
    let desc = cache.alloc().unwrap();
    let old = token(&desc);
    desc.set_ready(desc.generation(), Ready::READABLE, Waker::wake);
    cache.free(&desc);
    assert!(cache.find(old).is_none());
    let next = cache.alloc().unwrap();
    assert!(Arc::ptr_eq(&desc, &next), "the place isn't used again, and this test has lost its point");
    assert!(next.look(Ready::READ).ready.is_empty());
    assert!(cache.find(old).is_none());
    assert_ne!(token(&next), old);
    assert!(cache.find(token(&next)).is_some());
}

#[test]
fn tokens_of_nobody_find_nothing() {
    let cache = PollCache::new();
    assert!(cache.find(Token(0)).is_none(), "no page yet");
    let desc = cache.alloc().unwrap();
    assert_eq!(token(&desc), Token(desc.index() as usize));
    assert!(cache.find(Token(FIRST)).is_none(), "a page that isn't there");
    assert!(cache.find(Token((1 << INDEX_BITS) - 1)).is_none(), "a page that can't be there");
    assert!(cache.find(BREAK).is_none());
}

#[test]
fn closed_is_closed() {
    let cache = PollCache::new();
    let descs = [cache.alloc().unwrap(), cache.alloc().unwrap()];
    for desc in cache.close() {
        desc.shut_down(Waker::wake);
    }
    assert!(cache.alloc().is_none());
    assert!(descs.iter().all(|desc| desc.look(Ready::EMPTY).is_shutdown));
    // Their owners give them back all the same.
    descs.iter().for_each(|desc| cache.free(desc));
    assert!(cache.alloc().is_none());
}
