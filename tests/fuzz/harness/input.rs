//! Reads an input piece by piece. A piece of text ends at a byte that no UTF-8 text has, so that inserting into one piece
//! leaves the others what they were.

/// Stands in the middle of an input; must not stand in what is said about it.
pub(super) const CANARY: &str = "CANARYq7Zp0x4Wv";

const END: u8 = 0xff;

pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.rest.split_first().unwrap_or((&0, &[]));
        self.rest = rest;
        *first
    }

    pub(super) fn number(&mut self) -> u32 {
        u32::from_be_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| *byte == END).unwrap_or(self.rest.len());
        let piece = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        piece
    }

    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn choose<T>(&mut self, from: &'a [T]) -> &'a T {
        let at = usize::from(self.byte());
        &from[at % from.len()]
    }
}

/// The text with the canary somewhere in it.
pub(super) fn with_canary(text: &str, at: u8) -> String {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let at = places[usize::from(at) % places.len()];
    format!("{}{CANARY}{}", &text[..at], &text[at..])
}

/// Whether the canary is in a text, in whatever case: the fuzzer learns it, and puts it elsewhere.
pub(super) fn has_canary(text: &str) -> bool {
    text.to_ascii_lowercase().contains(&CANARY.to_ascii_lowercase())
}

/// Fails when what is said shows the canary.
pub(super) fn assert_silent(said: &str) {
    assert!(!has_canary(said), "{said}");
}
