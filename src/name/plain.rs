//! The characters that an id may have. The database has the same list (`byok.is_plain`), and a test compares both over
//! all of Unicode. No locale and no version of Unicode matters.

/// Characters that are invisible, can be confused with others, or are not characters, in order. Each range says what it
/// contains.
const REFUSED: &[(u32, u32, &str)] = &[
    (0x0, 0x20, "controls and the space"),
    (0x7f, 0xa0, "controls and the no-break space"),
    (0xad, 0xad, "soft hyphen"),
    (0x300, 0x36f, "accents that join the letter before: an accented letter is one character"),
    (0x483, 0x489, "Cyrillic marks that join"),
    (0x600, 0x605, "Arabic number signs, which enclose what follows"),
    (0x61c, 0x61c, "direction"),
    (0x6dd, 0x6dd, "encloses what follows"),
    (0x70f, 0x70f, "encloses what follows"),
    (0x890, 0x891, "encloses what follows"),
    (0x8e2, 0x8e2, "encloses what follows"),
    (0x115f, 0x1160, "Hangul fillers"),
    (0x1680, 0x1680, "Ogham space"),
    (0x17b4, 0x17b5, "Khmer vowels that are not shown"),
    (0x180b, 0x180f, "Mongolian selectors"),
    (0x1ab0, 0x1aff, "marks that join"),
    (0x1dc0, 0x1dff, "marks that join"),
    (0x2000, 0x200f, "spaces, zero width, direction"),
    (0x2028, 0x202f, "line separators, direction, a space"),
    (0x205f, 0x206f, "a space, zero width, direction"),
    (0x20d0, 0x20ff, "marks that join"),
    (0x2800, 0x2800, "Braille without a dot"),
    (0x3000, 0x3000, "wide space"),
    (0x3164, 0x3164, "Hangul filler"),
    (0xa66f, 0xa67d, "Cyrillic marks that join"),
    (0xd800, 0xf8ff, "halves of characters, private use"),
    (0xfdd0, 0xfdef, "no characters"),
    (0xfe00, 0xfe0f, "selectors"),
    (0xfe20, 0xfe2f, "marks that join"),
    (0xfeff, 0xfeff, "byte order mark"),
    (0xff01, 0xff5e, "ASCII in full width"),
    (0xffa0, 0xffa0, "Hangul filler"),
    (0xffe0, 0xffff, "signs in full width, specials, no characters"),
    (0x110bd, 0x110bd, "encloses what follows"),
    (0x110cd, 0x110cd, "encloses what follows"),
    (0x13430, 0x1345f, "layout of hieroglyphs"),
    (0x16fe4, 0x16fe4, "Khitan filler"),
    (0x1bca0, 0x1bcaf, "shorthand layout"),
    (0x1d159, 0x1d182, "musical layout"),
    (0x1d400, 0x1d7ff, "Latin and Greek letters in mathematical type"),
    (0x1fffe, 0x1ffff, "no characters"),
    (0x2fffe, 0x2ffff, "no characters"),
    (0x3fffe, 0x0010_ffff, "planes without letters: tags, selectors, private use"),
];

/// Whether an id may have this character.
pub(super) fn is_plain(letter: char) -> bool {
    let code = u32::from(letter);
    // The fast path for ASCII.
    if letter.is_ascii() {
        return letter.is_ascii_graphic();
    }
    let after = REFUSED.partition_point(|(first, ..)| *first <= code);
    after == 0 || REFUSED[after - 1].1 < code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_order_and_apart() {
        assert!(REFUSED.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        assert!(REFUSED.iter().all(|(first, last, _)| first <= last));
    }

    #[test]
    fn what_is_blank_or_passes_for_something_else_is_refused() {
        for letter in "\0\t\n \u{7f}\u{85}\u{a0}\u{ad}\u{301}\u{34f}\u{61c}\u{115f}\u{1160}\u{1680}\u{17b4}\u{180e}\u{2003}\u{200b}\
                       \u{200d}\u{200e}\u{2028}\u{202e}\u{205f}\u{2060}\u{2066}\u{2800}\u{3000}\u{3164}\u{e000}\u{fe0f}\u{feff}\u{ff21}\
                       \u{ffa0}\u{fffc}\u{fffd}\u{1d41a}\u{1d173}\u{e0041}\u{e0100}\u{f0000}\u{10ffff}"
            .chars()
        {
            assert!(!is_plain(letter), "{letter:?}");
        }
        for letter in "!~azAZ09-_.:/@(é Ø ß ж 漢 か 한 अ ा ் ع א €".replace(' ', "").chars() {
            assert!(is_plain(letter), "{letter:?}");
        }
    }
}
