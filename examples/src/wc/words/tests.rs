//! Unit tests of [`Count`](super::Count): pieces add up to the whole.

use super::{Class, Count, Locale};

/// All that a count knows, for comparing.
fn whole(count: &Count) -> String {
    format!("{count:?}")
}

fn count(text: &[u8], locale: &Locale) -> Count {
    let mut count = Count::default();
    count.push(text, locale);
    count
}

fn utf8() -> Locale {
    Locale::utf8(|c| match c {
        '\u{a0}' | '\u{3000}' => Class::Separator,
        '\u{80}'..='\u{9f}' | '\u{e0000}'.. => Class::Neither,
        _ => Class::Word,
    })
}

#[test]
fn words_of_ascii_are_the_same_in_both_locales() {
    for locale in [Locale::c(), utf8()] {
        let words = |text: &str| count(text.as_bytes(), &locale).words;
        assert_eq!(words(""), 0);
        assert_eq!(words(" \t\n\x0b\x0c\r"), 0);
        assert_eq!(words("a"), 1);
        assert_eq!(words(" a bc\nd "), 3);
        assert_eq!(words("\0\x01\x7f"), 0, "nothing prints");
        assert_eq!(words("a\0b"), 1, "NUL doesn't separate");
    }
}

#[test]
fn other_scripts_are_words_in_utf8_only() {
    let text = "→ 日本\u{3000}語 a\u{a0}b \u{80} \u{e0000}".as_bytes();
    assert_eq!(count(text, &Locale::c()).words, 1);
    assert_eq!(count(text, &utf8()).words, 5);
    assert_eq!(count(b"\xff \x80\x80 \xc3 \xe0\x80\x80 \xed\xa0\x80", &utf8()).words, 0);
}

#[test]
fn a_word_that_spans_a_border_counts_once() {
    let locale = Locale::c();
    let mut total = Count::default();
    for (text, words) in [("one", 1), ("", 1), ("\0", 1), ("still one", 2), (" ", 2), ("three\n", 3)] {
        total.append(&count(text.as_bytes(), &locale), &locale);
        assert_eq!(total.words, words, "after {text:?}");
    }
    assert_eq!((total.lines, total.bytes), (1, 20));
}

#[test]
fn a_character_that_spans_borders_is_completed() {
    let locale = utf8();
    let mut total = Count::default();
    for (text, words) in
        [(&b" \xe2"[..], 0), (b"", 0), (b"\x86", 0), (b"\x92\x92 ", 1), (b"\xe2\x86", 1), (b" \x92", 1)]
    {
        total.append(&count(text, &locale), &locale);
        assert_eq!(total.words, words, "after {text:?}");
    }
}

/// Every text of a few telling bytes, cut at every two places, pushed and appended.
#[test]
fn pieces_add_up_to_the_whole() {
    const BYTES: [u8; 7] = [b'a', b' ', 0xa0, 0xe3, 0x80, 0xf0, 0x9f];
    let utf8 = utf8();
    for mut number in 0..7_u32.pow(5) {
        let text = [(); 5].map(|()| {
            let byte = BYTES[number as usize % 7];
            number /= 7;
            byte
        });
        let expected = whole(&count(&text, &utf8));
        for middle in 0..=5 {
            for end in middle..=5 {
                let pieces = [&text[..middle], &text[middle..end], &text[end..]];
                let [mut pushed, mut left, mut right] = [(); 3].map(|()| Count::default());
                for piece in pieces {
                    pushed.push(piece, &utf8);
                    left.append(&count(piece, &utf8), &utf8);
                }
                let mut last_two = count(pieces[1], &utf8);
                last_two.append(&count(pieces[2], &utf8), &utf8);
                right.append(&count(pieces[0], &utf8), &utf8);
                right.append(&last_two, &utf8);
                for (how, got) in [("pushed", pushed), ("appended", left), ("last two first", right)] {
                    assert_eq!(whole(&got), expected, "{how}: {pieces:x?}");
                }
            }
        }
    }
}
