//! `BYOKM1-...` and `BYOKD1-...`: what is read is written back the same, and only the one spelling of a key is read.

use byok::admin::crypto::{DataKey, KeyTextError, MasterKey, MasterKeys};
use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};

use super::input::{Input, assert_silent, with_canary};

/// Any bytes as a key, or as the parts of one under a checksum that fits.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mode = input.byte();
    match mode % 3 {
        0 => any_text(&input.text(), mode),
        1 => parts(&input.text(), &input.text(), mode & 0x80 != 0),
        _ => several(&input.text()),
    }
}

fn any_text(text: &str, at: u8) {
    let plain = text.trim().to_ascii_uppercase();
    if let Ok(key) = MasterKey::parse(text) {
        assert!(key.to_text().expose() == plain && key.epoch() > 0);
        assert_eq!(DataKey::parse(text).err(), Some(KeyTextError::WrongKind("master", "data")));
        assert!(!format!("{key:?}").contains(&plain[plain.len() - 50..plain.len() - 10]));
    }
    if let Ok(key) = DataKey::parse(text) {
        assert!(key.to_text().expose() == plain && key.epoch() > 0);
        assert_eq!(MasterKey::parse(text).err(), Some(KeyTextError::WrongKind("data", "master")));
        assert!(!format!("{key:?}").contains(&plain[plain.len() - 50..plain.len() - 10]));
    }
    let marked = with_canary(text, at);
    let error = MasterKey::parse(&marked).expect_err("no key has a canary in it");
    assert_silent(&format!("{error} {error:?}"));
    let error = DataKey::parse(&marked).expect_err("no key has a canary in it");
    assert_silent(&format!("{error} {error:?}"));
}

pub(super) fn with_checksum(text: &str) -> String {
    let mut checksum = BASE32_NOPAD.encode(&Sha256::digest(text.as_bytes())[..4]);
    checksum.truncate(6);
    format!("{text}-{checksum}")
}

/// Past the checksum: our own reading of what an epoch and a body are.
fn parts(epoch: &str, body: &str, master: bool) {
    let text = with_checksum(&format!("BYOK{}1-{epoch}-{body}", if master { "M" } else { "D" }));
    let plain_epoch =
        epoch.bytes().all(|byte| byte.is_ascii_digit()) && !epoch.starts_with('0') && epoch.parse::<u32>().is_ok();
    let letters = body.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
    // 52 letters are 260 bits, and a key has 256.
    let whole = body.len() == 52 && letters && b"AQ".contains(&body.as_bytes()[51]);
    let read = if master { MasterKey::parse(&text).is_ok() } else { DataKey::parse(&text).is_ok() };
    assert_eq!(read, plain_epoch && whole, "{text}");
    any_text(&text, 0);
}

fn several(text: &str) {
    let Ok(keys) = MasterKeys::parse(text) else { return };
    let mut epochs: Vec<u32> = keys.names().iter().map(|(epoch, _)| *epoch).collect();
    assert!(!epochs.is_empty());
    let written: Vec<String> = keys.iter().map(|key| key.to_text().expose().to_owned()).collect();
    let again = MasterKeys::parse(&written.join("\r\n# a remark\n\n")).expect("as it was written");
    assert_eq!(again.names(), keys.names());
    epochs.sort_unstable();
    epochs.dedup();
    assert_eq!(epochs.len(), written.len(), "one key of each epoch");
}
