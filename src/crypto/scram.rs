//! Passwords of logins. They are made here, and PostgreSQL gets only a verifier, so that no log of the server can
//! contain a password.

use data_encoding::{BASE32_NOPAD, BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::RandomError;
use crate::secret::SecretText;

const ROUNDS: u32 = 4096;

/// A password of 160 random bits, in letters and digits that need no quoting.
pub fn password() -> Result<SecretText, RandomError> {
    let mut bytes = Zeroizing::new([0; 20]);
    getrandom::fill(bytes.as_mut()).map_err(|_| RandomError)?;
    let mut text = BASE32_NOPAD.encode(bytes.as_ref());
    text.make_ascii_lowercase();
    Ok(SecretText::new(text))
}

/// The verifier that PostgreSQL stores: `SCRAM-SHA-256$4096:<salt>$<stored key>:<server key>` (RFC 5802, 7677).
pub(crate) fn verifier(password: &SecretText) -> Result<String, RandomError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| RandomError)?;
    Ok(verifier_with(password, &salt))
}

fn verifier_with(password: &SecretText, salt: &[u8]) -> String {
    let salted = salted(password.expose().as_bytes(), salt);
    let client = Zeroizing::new(hmac(salted.as_ref(), b"Client Key"));
    let stored = Sha256::digest(client.as_ref());
    let server = hmac(salted.as_ref(), b"Server Key");
    let (salt, stored, server) = (BASE64.encode(salt), BASE64.encode(&stored), BASE64.encode(&server));
    format!("SCRAM-SHA-256${ROUNDS}:{salt}${stored}:{server}")
}

/// PBKDF2-HMAC-SHA256 of one block.
fn salted(password: &[u8], salt: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut last = Zeroizing::new(hmac(password, &[salt, &1_u32.to_be_bytes()].concat()));
    let mut sum = last.clone();
    for _ in 1..ROUNDS {
        *last = hmac(password, last.as_ref());
        sum.iter_mut().zip(last.iter()).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes a key of any length, so there is always a tag.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(message);
        mac.finalize().into_bytes().into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_is_that_of_the_standard() {
        // RFC 7677: password `pencil`, its salt, and the server key that its exchange proves.
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").expect("base64");
        let made = verifier_with(&SecretText::new("pencil".into()), &salt);
        let wanted = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                      wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
        assert_eq!(made, wanted);
    }

    #[test]
    fn a_password_is_long_and_needs_no_quoting() {
        let one = password().expect("random bytes");
        assert!(one.expose().len() == 32 && one.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(one.expose(), password().expect("random bytes").expose());
    }
}
