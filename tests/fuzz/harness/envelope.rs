//! Wrapped data keys and sealed provider keys: nothing opens but what was sealed, where it was sealed.

use std::sync::LazyLock;

use byok::admin::crypto::{DataKey, MasterKey, OpenError, SealContext};
use byok::secret::Credential;
use serde_json::Value;

use super::input::Input;

const MASTER: &str = "BYOKM1-3-AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQKRMFYYDENBWHA5DYPQ-";
const DATA: &str = "BYOKD1-1-OBSWU2VPZJU2BPZTEJSD6OD64FGGPU32X4B2L3XL2TTBVUUX3WXA-CKHM2S";

static KEYS: LazyLock<(MasterKey, DataKey)> = LazyLock::new(|| {
    let master = MasterKey::parse(&super::key_text::with_checksum(MASTER.trim_end_matches('-'))).expect("a key");
    (master, DataKey::parse(DATA).expect("a key"))
});

/// One of the ways to forge something, chosen by the first byte.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    match input.byte() % 5 {
        0 => forged(input.rest()),
        1 => payload(input.rest()),
        2 => changed_seal(&mut input),
        3 => changed_wrap(&mut input),
        _ => credential(&mut input),
    }
}

const PLACE: SealContext<'static> =
    SealContext { org: "acme", provider: "openai", version: 7, settings: "{}", hint: "xK7q" };

/// Bytes that nobody sealed.
fn forged(bytes: &[u8]) {
    let (master, data) = &*KEYS;
    let wanted = match bytes {
        [] => OpenError::TooShort,
        [1, rest @ ..] if rest.len() < 28 => OpenError::TooShort,
        [1, ..] => OpenError::Authentication,
        _ => OpenError::Format,
    };
    assert_eq!(data.open(&PLACE, bytes).err(), Some(wanted));
    assert_eq!(master.unwrap_data_key("acme", 1, bytes).err(), Some(wanted));
}

/// An authentic seal over any bytes, as only somebody with the data key can make one.
fn payload(padded: &[u8]) {
    let data = &KEYS.1;
    let sealed = data.seal_for_vectors(&PLACE, [7; 12], padded).expect("a seal");
    let opened = data.open(&PLACE, &sealed);
    assert_eq!(opened.is_ok(), fields_of(padded).is_some());
    let Ok(credential) = opened else { return };
    let again = Credential::from_payload(&credential.to_payload()).expect("as it was written");
    assert_eq!(*again.to_payload(), *credential.to_payload());
    assert_eq!(data.fingerprint("openai", &again), data.fingerprint("openai", &credential));
}

/// Our own reading: a JSON object of texts, no name twice, `0x80`, and zeros up to the next multiple of 64.
fn fields_of(padded: &[u8]) -> Option<()> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    let length = (end / 64 + 1) * 64;
    if padded[end] != 0x80 || padded.len() != length {
        return None;
    }
    let Value::Object(fields) = serde_json::from_slice(&padded[..end]).ok()? else { return None };
    (fields.values().all(Value::is_string) && texts_in(&padded[..end]) == 2 * fields.len()).then_some(())
}

/// How many texts stand in JSON: in an object of texts, two for each pair.
fn texts_in(json: &[u8]) -> usize {
    let (mut quotes, mut escaped) = (0, false);
    for byte in json {
        quotes += usize::from(*byte == b'"' && !escaped);
        escaped = *byte == b'\\' && !escaped;
    }
    quotes / 2
}

/// A seal of which one byte is another, or which was moved.
fn changed_seal(input: &mut Input<'_>) {
    let (at, bits, version) = (input.number() as usize, input.byte(), input.number());
    let [org, provider, settings, hint, text] = std::array::from_fn(|_| input.text());
    let place = SealContext { org: &org, provider: &provider, version, settings: &settings, hint: &hint };
    let data = &KEYS.1;
    let padded = padded(&serde_json::json!({ "api_key": text }).to_string());
    let mut sealed = data.seal_for_vectors(&place, [7; 12], &padded).expect("a seal");
    let opened = data.open(&place, &sealed).expect("where it was sealed");
    assert_eq!(opened.get("api_key").map(|it| it.expose().to_owned()), Some(text));
    for moved in [
        SealContext { org: &provider, provider: &org, ..place },
        SealContext { settings: &hint, hint: &settings, ..place },
        SealContext { version: version ^ u32::from(bits), ..place },
        PLACE,
    ] {
        let same = same_place(&moved, &place);
        assert_eq!(data.open(&moved, &sealed).is_ok(), same, "{moved:?} {place:?}");
        let passphrase = |place: &SealContext<'_>| data.passphrase(place.org, place.provider).expose().to_owned();
        let one_key = (moved.org, moved.provider) == (place.org, place.provider);
        assert_eq!(passphrase(&moved) == passphrase(&place), one_key);
    }
    let at = at % sealed.len();
    sealed[at] ^= bits;
    assert_eq!(data.open(&place, &sealed).is_ok(), bits == 0);
}

fn same_place(one: &SealContext<'_>, other: &SealContext<'_>) -> bool {
    (one.org, one.provider, one.version, one.settings, one.hint)
        == (other.org, other.provider, other.version, other.settings, other.hint)
}

fn padded(payload: &str) -> Vec<u8> {
    let mut padded = payload.as_bytes().to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    padded
}

/// The same of a wrapped data key.
fn changed_wrap(input: &mut Input<'_>) {
    let (at, bits, epoch) = (input.number() as usize, input.byte(), input.number());
    let org = input.text();
    let (master, data) = &*KEYS;
    let mut wrapped = master.wrap(&org, data).expect("random bytes");
    let opened = master.unwrap_data_key(&org, data.epoch(), &wrapped).expect("where it was wrapped");
    assert_eq!(opened.check_value(&org), data.check_value(&org));
    assert_eq!(master.unwrap_data_key(&org, epoch, &wrapped).is_ok(), epoch == data.epoch());
    let other = input.text();
    assert_eq!(master.unwrap_data_key(&other, data.epoch(), &wrapped).is_ok(), other == org);
    let at = at % wrapped.len();
    wrapped[at] ^= bits;
    assert_eq!(master.unwrap_data_key(&org, data.epoch(), &wrapped).is_ok(), bits == 0);
}

/// Any fields: their payload reads back, and two credentials have one payload only when they are the same.
fn credential(input: &mut Input<'_>) {
    let mut fields = std::collections::BTreeMap::new();
    while !input.is_empty() && fields.len() < 16 {
        fields.insert(input.text(), input.text());
    }
    let mut credential = Credential::default();
    for (name, value) in &fields {
        credential.insert(name, byok::secret::SecretText::new(value.clone()));
    }
    let payload = credential.to_payload();
    let read: std::collections::BTreeMap<String, String> = serde_json::from_slice(&payload).expect("an object");
    assert_eq!(read, fields);
    let hidden = fields.keys().map(|name| format!("{name:?}: SecretText(***)")).collect::<Vec<_>>();
    assert_eq!(format!("{credential:?}"), format!("Credential({{{}}})", hidden.join(", ")));
}
