//! [`Locale`]: which characters are part of words.
//!
//! To GNU wc (9.1) each character is one of three things ([`Class`]): it separates words, it makes one, or it does
//! neither, such as a control character or a byte that can't be decoded. Which it is depends on the locale. In the C
//! locale only ASCII makes words. In a UTF-8 locale the C library's tables decide, so they are asked here too: with
//! tables of our own, totals would differ from wc's by the words in the scripts of a newer or an older Unicode.
//!
//! Locales of other encodings count as the C locale.

use libc::{CODESET, LC_ALL_MASK, locale_t};
use std::ffi::{CStr, c_int};
use std::fmt;
use std::ptr;

unsafe extern "C" {
    fn iswprint_l(wc: u32, locale: locale_t) -> c_int;
    fn iswspace_l(wc: u32, locale: locale_t) -> c_int;
}

/// What a character is to the counting of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Ends a word.
    Separator,
    /// Begins a word, or goes on with it.
    Word,
    /// Is passed over, in a word and between words.
    Neither,
}

/// Which characters are part of words.
pub struct Locale {
    bytes: [Class; 256],
    /// `None`: every byte is a character.
    wide: Option<Wide>,
}

/// The classes of what isn't ASCII.
struct Wide {
    /// A bit for each code point: whether it prints.
    prints: Vec<u64>,
    /// Those that print but separate words, in ascending order.
    separators: Vec<char>,
}

impl Locale {
    /// The C locale.
    pub fn c() -> Self {
        let bytes = std::array::from_fn(|byte| match byte {
            0x09..=0x0d | 0x20 => Class::Separator,
            0x21..=0x7e => Class::Word,
            _ => Class::Neither,
        });
        Self { bytes, wide: None }
    }

    /// The locale that the environment says, by `LC_ALL`, `LC_CTYPE` or `LANG`.
    pub fn from_env() -> Self {
        match System::from_env().filter(System::is_utf8) {
            Some(system) => Self::utf8(|c| system.class(c)),
            None => Self::c(),
        }
    }

    /// A locale of UTF-8, in which `class` says what a character is that isn't ASCII.
    pub(crate) fn utf8(class: impl Fn(char) -> Class) -> Self {
        let wide = Wide::new(class);
        Self { wide: Some(wide), ..Self::c() }
    }

    /// Whether characters have several bytes.
    pub fn is_utf8(&self) -> bool {
        self.wide.is_some()
    }

    /// The classes of single bytes: of all, or in UTF-8 of those below 0x80.
    pub(crate) fn bytes(&self) -> &[Class; 256] {
        &self.bytes
    }

    /// The class of a character that isn't ASCII.
    pub(crate) fn wide(&self, c: char) -> Class {
        match &self.wide {
            Some(wide) => wide.class(c),
            None => Class::Neither,
        }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locale").field("is_utf8", &self.is_utf8()).finish_non_exhaustive()
    }
}

impl Wide {
    fn new(class: impl Fn(char) -> Class) -> Self {
        let mut wide = Self { prints: vec![0; (char::MAX as usize + 1).div_ceil(64)], separators: Vec::new() };
        for c in '\u{80}'..=char::MAX {
            let class = class(c);
            if class == Class::Separator {
                wide.separators.push(c);
            }
            wide.prints[c as usize / 64] |= u64::from(class != Class::Neither) << (c as usize % 64);
        }
        wide
    }

    fn class(&self, c: char) -> Class {
        let prints = self.prints[c as usize / 64] >> (c as usize % 64) & 1 == 1;
        if !prints {
            Class::Neither
        } else if self.separators.binary_search(&c).is_ok() {
            Class::Separator
        } else {
            Class::Word
        }
    }
}

/// A locale of the C library.
struct System(locale_t);

impl System {
    fn from_env() -> Option<Self> {
        // SAFETY: the name is a C string that lives forever, and there is no base to be modified.
        let locale = unsafe { libc::newlocale(LC_ALL_MASK, c"".as_ptr(), ptr::null_mut()) };
        (!locale.is_null()).then_some(Self(locale))
    }

    fn is_utf8(&self) -> bool {
        // SAFETY: the locale is valid until `self` is dropped.
        let name = unsafe { libc::nl_langinfo_l(CODESET, self.0) };
        // SAFETY: it is a C string that stays as it is while the locale lives, and is not used longer than this call.
        let name = unsafe { CStr::from_ptr(name) };
        name.to_bytes().eq_ignore_ascii_case(b"UTF-8")
    }

    /// What wc makes of a character that isn't ASCII.
    fn class(&self, c: char) -> Class {
        // SAFETY: in a UTF-8 locale, and others aren't asked, code points are wide characters; the locale is valid.
        let prints = unsafe { iswprint_l(c.into(), self.0) != 0 };
        if !prints {
            return Class::Neither;
        }
        // SAFETY: as above.
        let is_space = unsafe { iswspace_l(c.into(), self.0) != 0 };
        // Not spaces to the C library, for they don't break lines; but they separate words.
        let is_unbreakable = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{2060}');
        if is_space || is_unbreakable { Class::Separator } else { Class::Word }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // SAFETY: `newlocale` made it, and nobody uses it after us.
        unsafe { libc::freelocale(self.0) };
    }
}
