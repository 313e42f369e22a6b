//! Removes keys from texts that are about to be shown: byok's own keys, and those of every provider.
//!
//! There are two levels. [`holds_key`] and [`without_keys`] remove only what is certainly a key: byok's own key texts
//! (whole, cut off or mistyped), a vendor's prefix followed by as many random characters as its keys have, and a
//! password in a URL. They do not touch names, ids and hashes, so they can be used for every result and every argument.
//! An id with exactly a vendor's form counts as a key. [`masked`] also removes every long random text, such as a key of
//! 32 hexadecimal characters without a prefix. It is used for errors, notices and paths. Neither level touches a UUID
//! with hyphens or an id of up to 27 characters (ULID, KSUID, ObjectId). [`masked_except`] also leaves longer texts
//! that are known to be ids.

use std::borrow::Cow;
use std::ops::Range;

const MASK: &str = "***";
/// A random text of at least this length counts as a key even without a known prefix. Ids of other systems are shorter.
const LONG: usize = 28;
/// The length of the key part in byok's own key texts, in base32.
const BODY: usize = 52;

/// How certain it must be that a text is a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Certain,
    Possible,
}

/// Whether a text contains something that is certainly a key.
pub fn holds_key(text: &str) -> bool {
    runs(text).any(|run| !secrets(&text[run], Grade::Certain).is_empty())
}

/// Whether bytes contain one of byok's own keys, whole or cut off. It copies nothing, and other keys do not count.
pub fn holds_own_key(bytes: &[u8]) -> bool {
    const PREFIX: usize = "BYOKM1-".len();
    bytes.windows(PREFIX).enumerate().any(|(at, prefix)| {
        let ours = [&b"BYOKM1-"[..], b"BYOKD1-"].iter().any(|known| prefix.eq_ignore_ascii_case(known));
        let mut rest = bytes[at + PREFIX..].iter().skip_while(|byte| byte.is_ascii_digit());
        ours && rest.next() == Some(&b'-')
            && rest.take(BODY).take_while(|byte| byte.is_ascii_alphanumeric()).count() >= 8
    })
}

/// The text without anything that is certainly a key.
pub fn without_keys(text: &str) -> Cow<'_, str> {
    replace(text, Grade::Certain)
}

/// The text without anything that may be a key.
pub fn masked(text: &str) -> Cow<'_, str> {
    replace(text, Grade::Possible)
}

/// The same, but these ids stay if they are words of their own, because a user gave them as ids. Longer ids must come
/// first. What is certainly a key is removed even then.
pub fn masked_except<'t>(text: &'t str, ids: &[String]) -> Cow<'t, str> {
    if !ids.iter().any(|id| find_whole(text, id).is_some()) {
        return masked(text);
    }
    let mut out = String::with_capacity(text.len());
    mask_between(&without_keys(text), ids, &mut out);
    Cow::Owned(out)
}

fn mask_between(text: &str, ids: &[String], out: &mut String) {
    match ids.iter().find_map(|id| find_whole(text, id).map(|at| (at, id))) {
        None => out.push_str(&masked(text)),
        Some((at, id)) => {
            mask_between(&text[..at], ids, out);
            out.push_str(id);
            mask_between(&text[at + id.len()..], ids, out);
        }
    }
}

/// The positions of an id that is not a part of a longer word.
fn find_whole(text: &str, id: &str) -> Option<usize> {
    let apart = |letter: Option<char>| letter.is_none_or(|it| !it.is_alphanumeric());
    let mut places = text.match_indices(id).map(|(at, _)| at).filter(|_| !id.is_empty());
    places.find(|at| apart(text[..*at].chars().next_back()) && apart(text[at + id.len()..].chars().next()))
}

fn replace(text: &str, grade: Grade) -> Cow<'_, str> {
    let mut found: Vec<Range<usize>> = passwords(text, grade);
    for run in runs(text) {
        let secrets = secrets(&text[run.clone()], grade);
        found.extend(secrets.into_iter().map(|it| run.start + it.start..run.start + it.end));
    }
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_unstable_by_key(|range| range.start);
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for range in found {
        if range.start >= done {
            out.push_str(&text[done..range.start]);
            out.push_str(MASK);
        }
        done = done.max(range.end);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The passwords in URLs: from the first colon to the last `@`. A password may contain a slash or a comma by mistake.
/// In a result a comma ends the URL, because the login in the next column may have an `@`.
fn passwords(text: &str, grade: Grade) -> Vec<Range<usize>> {
    let ends = |l: char| l.is_whitespace() || matches!(l, '"' | '\'' | '`') || (l == ',' && grade == Grade::Certain);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest.find(ends).unwrap_or(rest.len());
        let Some(last) = rest[..end].rfind('@') else { continue };
        if let Some(colon) = rest[..last].find(':') {
            found.push(at + 3 + colon + 1..at + 3 + last);
        }
    }
    found
}

fn in_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.+/~".contains(&byte)
}

/// The longest runs of characters that keys and paths consist of. In JSON, the letter of an escape does not belong to a
/// run.
fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !in_run(bytes[at]) {
            at += if bytes[at] == b'\\' && bytes.get(at + 1).is_some_and(|it| b"nrtbf".contains(it)) { 2 } else { 1 };
        }
        let start = at;
        while at < bytes.len() && in_run(bytes[at]) {
            at += 1;
        }
        (start < at).then_some(start..at)
    })
}

/// The positions of the keys in a run.
fn secrets(run: &str, grade: Grade) -> Vec<Range<usize>> {
    let shortest = if grade == Grade::Certain { 14 } else { 7 };
    if run.len() < shortest {
        return Vec::new();
    }
    if let Some(start) = own_key(run, grade).into_iter().chain(vendor_key(run, grade)).min() {
        let mut found = secrets(&run[..start], grade);
        found.push(start..run.len());
        return found;
    }
    if grade == Grade::Certain { Vec::new() } else { random_parts(run) }
}

/// Finds `BYOKM1-` and `BYOKD1-` in any case, with a zero for the O, cut off or mistyped, or only the middle of such a
/// key.
fn own_key(run: &str, grade: Grade) -> Option<usize> {
    let lower = run.to_ascii_lowercase().replace('0', "o");
    let begins = lower.match_indices("byok").map(|(at, _)| at).find(|at| {
        let Some(rest) = run[at + 4..].strip_prefix(['m', 'M', 'd', 'D']) else { return false };
        let mut parts = rest.splitn(3, ['-', '_', '.']);
        let number =
            |part: Option<&str>| part.is_some_and(|it| it.len() < 11 && it.bytes().all(|l| l.is_ascii_digit()));
        let epoch = number(parts.next()) && number(parts.next());
        let body = parts.next().map_or(0, |it| it.bytes().filter(u8::is_ascii_alphanumeric).count());
        // Ids may begin with `byokdemo-`. They do not have the number of the format.
        let numbered = grade == Grade::Possible || rest.starts_with(|l: char| l.is_ascii_digit());
        numbered && ((epoch && body >= 8) || randomness(rest) >= 16)
    });
    begins.or_else(|| {
        let mut at = 0;
        run.split(['-', '_', '.', '+', '/', '~']).find_map(|part| {
            let start = at;
            at += part.len() + 1;
            let letter = |byte: u8| byte.is_ascii_alphabetic() || (b'2'..=b'7').contains(&byte);
            (part.len() == BODY && part.bytes().all(letter) && !is_word(part)).then_some(start)
        })
    })
}

/// The prefixes of all vendors. A test compares them with the catalog, which would take longer to read than most
/// commands run.
const PREFIXES: [&str; 33] = [
    "ABSK",
    "AIza",
    "AKIA",
    "AQ.",
    "ASIA",
    "ap2_",
    "api_org_",
    "bedrock-api-key-",
    "csk-",
    "eyJ",
    "fw_",
    "gsk_",
    "hf_",
    "pplx-",
    "sk-",
    "sk-admin-",
    "sk-ant-",
    "sk-ant-admin01-",
    "sk-ant-oat01-",
    "sk-ant-ort01-",
    "sk-or-",
    "sk-or-v1-",
    "sk-proj-",
    "sk-svcacct-",
    "sk_",
    "sk_car_",
    "sk_car_admin_",
    "sk_live_",
    "sk_test_",
    "snx_org_",
    "tgp_v1_",
    "xai-",
    "ya29.",
];

/// Finds a vendor's prefix with enough characters after it. A short prefix, and every prefix at the certain level,
/// counts only at the beginning of a word, because `task_test_1` and `risk-admin-1` are ids.
fn vendor_key(run: &str, grade: Grade) -> Option<usize> {
    let found = PREFIXES.iter().filter_map(|prefix| {
        let distinct = prefix.len() >= 6 || prefix.contains(|l: char| l.is_ascii_digit());
        run.match_indices(prefix).map(|(at, _)| at).find(|at| {
            let rest = &run[at + prefix.len()..];
            let begins = *at == 0 || !run.as_bytes()[at - 1].is_ascii_alphanumeric();
            match (distinct, grade) {
                (_, Grade::Certain) => begins && is_key_of(prefix, rest),
                (true, Grade::Possible) => rest.len() >= 4,
                (false, Grade::Possible) => begins && randomness(rest) >= 4,
            }
        })
    });
    found.min()
}

/// Whether the text after a prefix makes it certainly a key, by the vendor's format. A UUID is an id, except for the
/// one vendor whose keys are a prefix and a UUID.
fn is_key_of(prefix: &str, rest: &str) -> bool {
    let word = &rest[..rest.find(|l: char| !l.is_ascii_alphanumeric()).unwrap_or(rest.len())];
    match prefix {
        "AKIA" | "ASIA" => {
            word.len() == 16 && word.bytes().all(|it| it.is_ascii_uppercase() || (b'2'..=b'7').contains(&it))
        }
        "api_org_" | "csk-" | "fw_" | "gsk_" | "hf_" | "pplx-" => word.len() >= 16 && !is_word(word),
        "ap2_" => randomness(rest) >= 16,
        "eyJ" => rest.contains('.') && randomness(rest) >= 16,
        "sk-" | "sk_" => randomness_beside_uuids(rest) >= 20,
        _ => randomness_beside_uuids(rest) >= 16,
    }
}

/// The parts of a path that are random. Several parts in a row count together, because base64 has slashes.
fn random_parts(run: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut open): (usize, Option<(usize, usize, usize)>) = (0, None);
    for part in run.split('/').chain(std::iter::once("end")) {
        let weight = weight(part);
        // After the last part or a word, the collected parts end.
        if at > run.len() || (weight == 0 && part.len() > 3) {
            if let Some((start, end, sum)) = open.take()
                && sum >= LONG
            {
                found.push(start..end);
            }
        } else if !part.is_empty() {
            let (start, _, sum) = open.unwrap_or((at, at, 0));
            open = Some((start, at + part.len(), sum + weight));
        }
        at += part.len() + 1;
    }
    found
}

/// How many characters of a text are in parts that are not words.
fn randomness(text: &str) -> usize {
    text.split(['-', '_', '.', '+', '~', '/']).filter(|part| !is_word(part)).map(str::len).sum()
}

/// The same without the UUIDs in the text.
fn randomness_beside_uuids(text: &str) -> usize {
    let groups: Vec<&str> = text.split(['-', '_', '.', '+', '~', '/']).collect();
    let (mut at, mut sum) = (0, 0);
    while at < groups.len() {
        if groups[at].len() == 8 && groups.get(at..at + 5).is_some_and(is_uuid) {
            at += 5;
        } else {
            sum += if is_word(groups[at]) { 0 } else { groups[at].len() };
            at += 1;
        }
    }
    sum
}

/// Whether five groups have the form of a UUID. The first may have a text in front of it.
fn is_uuid(five: &[&str]) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths = five.iter().skip(1).zip([4, 4, 4, 12]).all(|(it, length)| it.len() == length && hex(it));
    five[0].len() >= 8 && hex(five[0]) && lengths
}

/// The same for a name, in which a UUID with hyphens counts as a word. With a text directly in front of it, it is a key
/// of one vendor.
fn weight(name: &str) -> usize {
    let groups: Vec<&str> = name.split(['-', '_', '.', '+', '~']).collect();
    let Some(at) = groups.windows(5).position(is_uuid) else {
        return randomness(name);
    };
    let around =
        groups[..at].iter().chain(&groups[at + 5..]).filter(|part| !is_word(part)).map(|part| part.len()).sum();
    if groups[at].len() == 8 { around } else { name.len() }
}

/// Whether people write such a part: a word, a number, or a word with a number after it.
fn is_word(part: &str) -> bool {
    let letters = part.trim_end_matches(|l: char| l.is_ascii_digit());
    let digits = part.len() - letters.len();
    if part.len() <= 3 || (letters.is_empty() && digits <= 10) {
        return true;
    }
    if digits > 4 || letters.len() > 24 || !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let upper = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    // In words that were joined, every capital is followed by two small letters.
    let humps = letters.split(|l: char| l.is_ascii_uppercase()).skip(1).all(|hump| hump.len() >= 2);
    upper || humps
}

#[cfg(test)]
mod tests;
