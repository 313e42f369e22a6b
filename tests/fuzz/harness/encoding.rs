//! `enc(..)`: no two lists of fields share an encoding, since every encoding can be taken apart again.

use byok::admin::testing::encode_for_vectors;

use super::input::Input;

/// Any fields, and any bytes as an encoding.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mut fields = Vec::new();
    while !input.is_empty() && fields.len() < 64 {
        fields.push(input.bytes());
    }
    assert_eq!(decoded(&encode_for_vectors(&fields)).as_deref(), Some(fields.as_slice()));
    if let Some(fields) = decoded(data) {
        assert_eq!(encode_for_vectors(&fields), data);
    }
}

/// The fields of an encoding; none when it is not one.
fn decoded(mut encoded: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !encoded.is_empty() {
        let (length, rest) = encoded.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)?;
        fields.push(field);
        encoded = rest;
    }
    Some(fields)
}
