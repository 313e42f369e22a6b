//! What takes keys out of texts: a key text of ours is found wherever it stands, and everything else of a certain kind too.

use byok::mask::{holds_key, masked, without_keys};
use data_encoding::BASE32_NOPAD;

use super::input::Input;
use super::key_text::with_checksum;

/// Any text, and a key with other texts before and behind it.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.byte();
    let bytes: Vec<u8> = (0..8).flat_map(|_| input.number().to_be_bytes()).collect();
    let (before, behind) = (input.text(), input.text());
    let plain = format!("{before}{behind}");
    // What is certainly one is possibly one.
    assert!(!holds_key(&plain) || (without_keys(&plain) != plain && masked(&plain) != plain), "{plain}");
    let body = BASE32_NOPAD.encode(&bytes);
    let epoch = if kind & 2 == 0 { 1 } else { u32::MAX };
    let mut key = with_checksum(&format!("BYOK{}1-{epoch}-{body}", if kind & 1 == 0 { "M" } else { "D" }));
    if kind & 4 != 0 {
        key.make_ascii_lowercase();
    }
    let text = format!("{before}{key}{behind}");
    assert!(holds_key(&text), "{text}");
    for shown in [without_keys(&text), masked(&text)] {
        let whole = |at: usize| !plain.contains(&key[at..at + 12]) && shown.contains(&key[at..at + 12]);
        assert!(!(9..key.len() - 12).any(whole), "{text} gave {shown}");
    }
}
