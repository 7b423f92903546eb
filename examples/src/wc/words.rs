//! [`Count`]: lines, words and bytes of a text that comes in pieces.
//!
//! A count can be appended to another, so that files can be counted at the same time and still add up to what they
//! are one after the other. For that a count remembers how its text begins and ends:
//! * in a word or not, for a word that spans the border is counted once;
//! * with which pieces of a UTF-8 character, for the text on the other side may complete it.
//!
//! A piece that is never completed is nothing to wc: it neither separates words nor makes one.

use crate::wc::locale::{Class, Locale};
use std::str;

/// The most bytes that a UTF-8 character has.
const LONGEST: usize = 4;

/// Lines, words and bytes of a text.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// How many newlines there are.
    pub lines: u64,
    /// How many words there are: stretches without separators in which there is something that prints.
    pub words: u64,
    /// How many bytes there are.
    pub bytes: u64,
    /// `None` while nothing has come up that separates words or makes one.
    edges: Option<Edges>,
    /// The continuation bytes at the beginning, as many as can belong to a character of the text before.
    head: Piece,
    /// The bytes at the end that the text after may complete.
    tail: Piece,
}

/// Where words may span a border.
#[derive(Clone, Copy, Debug)]
struct Edges {
    starts_in_word: bool,
    ends_in_word: bool,
}

/// Part of a UTF-8 character.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Count {
    /// Goes on with the text.
    pub fn push(&mut self, text: &[u8], locale: &Locale) {
        self.lines += text.iter().filter(|&&byte| byte == b'\n').count() as u64;
        if locale.is_utf8() {
            self.push_head(text);
            let rest = self.complete_tail(text, locale);
            self.push_chars(rest, locale);
        } else {
            self.push_bytes(text, locale);
        }
        self.bytes += text.len() as u64;
    }

    /// Goes on with a text that has been counted by itself.
    pub fn append(&mut self, next: &Count, locale: &Locale) {
        let next_is_only_head = next.is_only_head();
        self.push_head(next.head.bytes());
        self.complete_tail(next.head.bytes(), locale);
        if !next_is_only_head {
            self.tail = next.tail;
        }
        self.lines += next.lines;
        self.bytes += next.bytes;
        self.join(next.words, next.edges);
    }

    /// Joins what follows at its edges.
    fn join(&mut self, words: u64, edges: Option<Edges>) {
        self.words += words;
        let (Some(mine), Some(next)) = (&mut self.edges, edges) else {
            self.edges = self.edges.or(edges);
            return;
        };
        self.words -= u64::from(mine.ends_in_word && next.starts_in_word);
        mine.ends_in_word = next.ends_in_word;
    }

    /// Whether the text so far is nothing but its head.
    fn is_only_head(&self) -> bool {
        self.bytes == self.head.len as u64
    }

    /// Keeps the continuation bytes that `text` begins with, if it begins the whole text.
    fn push_head(&mut self, text: &[u8]) {
        if self.is_only_head() {
            let room = LONGEST - 1 - self.head.len;
            for &byte in text.iter().take(room).take_while(|b| is_continuation(**b)) {
                self.head.push(byte);
            }
        }
    }

    /// Completes the character at the end as far as possible, and returns the text after it.
    fn complete_tail<'a>(&mut self, mut text: &'a [u8], locale: &Locale) -> &'a [u8] {
        while self.tail.len > 0 {
            let Some((&byte, after)) = text.split_first() else {
                break;
            };
            self.tail.push(byte);
            match decode(self.tail.bytes()) {
                Decoded::Char(c) => {
                    self.tail = Piece::default();
                    self.push_class(locale.wide(c));
                }
                Decoded::Incomplete => {}
                // Never to be completed. What `byte` is doesn't depend on it.
                Decoded::Invalid => {
                    self.tail = Piece::default();
                    break;
                }
            }
            text = after;
        }
        text
    }

    /// Goes on with UTF-8 that doesn't complete a character.
    fn push_chars(&mut self, mut text: &[u8], locale: &Locale) {
        while !text.is_empty() {
            let ascii = text.iter().position(|b| !b.is_ascii());
            let (run, after) = text.split_at(ascii.unwrap_or(text.len()));
            self.push_bytes(run, locale);
            text = after;
            while let Some(byte) = text.first().filter(|b| !b.is_ascii()) {
                let width = width(*byte);
                let char = &text[..width.min(text.len())];
                text = &text[match decode(char) {
                    Decoded::Char(c) => {
                        self.push_class(locale.wide(c));
                        width
                    }
                    Decoded::Incomplete => {
                        char.iter().for_each(|&byte| self.tail.push(byte));
                        char.len()
                    }
                    Decoded::Invalid => 1,
                }..];
            }
        }
    }

    /// Goes on with one character.
    fn push_class(&mut self, class: Class) {
        let in_word = class == Class::Word;
        if class != Class::Neither {
            let edges = Edges { starts_in_word: in_word, ends_in_word: in_word };
            self.join(u64::from(in_word), Some(edges));
        }
    }

    /// Goes on with characters of one byte.
    fn push_bytes(&mut self, text: &[u8], locale: &Locale) {
        let classes = locale.bytes();
        let class = |byte: &u8| classes[usize::from(*byte)];
        let Some(begin) = text.iter().position(|byte| class(byte) != Class::Neither) else {
            return;
        };
        let mut words = 0;
        let mut in_word = false;
        for byte in &text[begin..] {
            let class = class(byte);
            // Without branches: words are too short for the CPU to predict their ends.
            let now_in_word = (in_word & (class != Class::Separator)) | (class == Class::Word);
            words += u64::from(now_in_word & !in_word);
            in_word = now_in_word;
        }
        let edges = Edges { starts_in_word: class(&text[begin]) == Class::Word, ends_in_word: in_word };
        self.join(words, Some(edges));
    }
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }
}

/// What some bytes are.
enum Decoded {
    Char(char),
    /// The beginning of a character.
    Incomplete,
    Invalid,
}

/// Decodes one character, of which all bytes there are have been given.
fn decode(bytes: &[u8]) -> Decoded {
    match str::from_utf8(bytes) {
        Ok(text) => text.chars().next().map_or(Decoded::Incomplete, Decoded::Char),
        Err(error) if error.error_len().is_none() => Decoded::Incomplete,
        Err(_) => Decoded::Invalid,
    }
}

/// How many bytes a character has that begins with `byte`.
fn width(byte: u8) -> usize {
    match byte {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
        _ => 1,
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests;
