//! [`Count`]: lines, words and bytes of a text that comes in pieces.
//!
//! A count can be appended to another, so that files can be counted at the same time and still add up to what they
//! are one after the other. For that a count remembers how its text begins and ends:
//! * in a word or not, for a word that spans the border is counted once;
//! * with which pieces of a UTF-8 character, for the next text may complete it.
//!
//! A piece of a character that never is completed is nothing to wc: it neither separates words nor makes one.

use crate::wc::locale::{Class, Locale};

/// Lines, words and bytes of a text.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// How many newlines there are.
    pub lines: u64,
    /// How many words there are: runs without separators in which something prints.
    pub words: u64,
    /// How many bytes there are.
    pub bytes: u64,
    /// `None` while nothing has come up that separates words or makes one.
    edges: Option<Edges>,
    /// The continuation bytes at the beginning, which may complete a character of the text before.
    head: Piece,
    /// The bytes at the end that may become a character.
    tail: Piece,
}

#[derive(Clone, Copy, Debug)]
struct Edges {
    starts_in_word: bool,
    ends_in_word: bool,
}

/// Part of a UTF-8 character.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    bytes: [u8; 3],
    len: usize,
}

impl Count {
    /// Goes on with the text.
    pub fn push(&mut self, text: &[u8], locale: &Locale) {
        if !locale.is_utf8() {
            self.bytes += text.len() as u64;
            self.push_bytes(text, locale);
            return;
        }
        for &byte in text {
            // Still at the beginning: nothing but continuation bytes so far.
            if self.bytes != self.head.len as u64 || !is_continuation(byte) {
                break;
            }
            if !self.head.push(byte) {
                break;
            }
            self.bytes += 1;
        }
        todo!()
    }
}
