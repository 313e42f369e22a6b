//! Takes keys out of texts that are about to be shown: this tool's own, and those of every provider, wherever they stand.
//!
//! Two grades. [`holds_key`] and [`without_keys`] know what cannot be anything else than a key: our own key texts, whole, cut
//! off or mistyped, a vendor's prefix as a word of its own with a key's length of random characters behind it, and a password
//! in a URL. Names, ids and hashes are left alone, so that this can stand before every result and every argument; an id of
//! exactly a vendor's shape is a key. [`masked`] takes out every long random token as well, such as the
//! 32 hexadecimal characters of a key that has no prefix; it stands before errors, notices and paths. A UUID with its hyphens
//! and ids of up to 27 characters (ULID, KSUID, ObjectId) are left alone in both; [`masked_except`] leaves longer ones alone
//! that are known to be ids.

use std::borrow::Cow;
use std::ops::Range;

const MASK: &str = "***";
/// From here on a random token without a known prefix is taken for a key; the ids of other systems are shorter.
const LONG: usize = 28;
/// The key in our own key texts, in base32.
const BODY: usize = 52;

/// How sure it has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Certain,
    Possible,
}

/// Whether a text holds what cannot be anything else than a key.
pub fn holds_key(text: &str) -> bool {
    runs(text).any(|run| !secrets(&text[run], Grade::Certain).is_empty())
}

/// Whether a key text of our own stands in bytes, whole or cut off. It copies nothing, and what else may be a key does not count.
pub fn holds_own_key(bytes: &[u8]) -> bool {
    const PREFIX: usize = "BYOKM1-".len();
    bytes.windows(PREFIX).enumerate().any(|(at, prefix)| {
        let ours = [&b"BYOKM1-"[..], b"BYOKD1-"].iter().any(|known| prefix.eq_ignore_ascii_case(known));
        let mut rest = bytes[at + PREFIX..].iter().skip_while(|byte| byte.is_ascii_digit());
        ours && rest.next() == Some(&b'-')
            && rest.take(BODY).take_while(|byte| byte.is_ascii_alphanumeric()).count() >= 8
    })
}

/// The text without what cannot be anything else than a key.
pub fn without_keys(text: &str) -> Cow<'_, str> {
    replace(text, Grade::Certain)
}

/// The text without anything that may be a key.
pub fn masked(text: &str) -> Cow<'_, str> {
    replace(text, Grade::Possible)
}

/// The same, without touching these ids where they stand by themselves: somebody typed them where an id belongs. Longer ones
/// stand before shorter ones. What is certainly a key goes all the same.
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

/// Where an id stands that is not a part of a longer word.
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

/// The passwords of URLs: between the first colon and the last `@`. One may hold a slash or a comma by mistake; in a result a
/// comma ends the URL, and the login in the next column has an `@` of its own.
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

/// The longest runs of characters that keys and paths consist of. In JSON the letter of an escape belongs to no run.
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

/// Where the keys in a run are.
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

/// `BYOKM1-` and `BYOKD1-` in any case, with a zero for the O, cut off or mistyped; or the middle of one alone.
fn own_key(run: &str, grade: Grade) -> Option<usize> {
    let lower = run.to_ascii_lowercase().replace('0', "o");
    let begins = lower.match_indices("byok").map(|(at, _)| at).find(|at| {
        let Some(rest) = run[at + 4..].strip_prefix(['m', 'M', 'd', 'D']) else { return false };
        let mut parts = rest.splitn(3, ['-', '_', '.']);
        let number =
            |part: Option<&str>| part.is_some_and(|it| it.len() < 11 && it.bytes().all(|l| l.is_ascii_digit()));
        let epoch = number(parts.next()) && number(parts.next());
        let body = parts.next().map_or(0, |it| it.bytes().filter(u8::is_ascii_alphanumeric).count());
        // Ids begin with `byokdemo-` as well: the number of the format is what they lack.
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

/// The prefixes of every vendor; a test compares them with the catalog, which takes longer to read than most commands run.
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

/// A vendor's prefix with enough behind it. Where it has to be certain, and where it is short, only at the beginning of a word:
/// `task_test_1` and `risk-admin-1` are ids.
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

/// Whether what stands behind a prefix makes it certainly a key, by the vendor's format. A UUID is somebody's id, but for the
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

/// The parts of a path that are random: a name in it, or several in a row, since the letters of base64 have a slash.
fn random_parts(run: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut at, mut open): (usize, Option<(usize, usize, usize)>) = (0, None);
    for part in run.split('/').chain(std::iter::once("end")) {
        let weight = weight(part);
        // Behind the last part, or a word: what was gathered ends here.
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

/// How many characters of a text stand in parts that are no words.
fn randomness(text: &str) -> usize {
    text.split(['-', '_', '.', '+', '~', '/']).filter(|part| !is_word(part)).map(str::len).sum()
}

/// The same without the UUIDs that stand in it.
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

/// Whether five groups are those of a UUID, the first of them maybe with something glued to its front.
fn is_uuid(five: &[&str]) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths = five.iter().skip(1).zip([4, 4, 4, 12]).all(|(it, length)| it.len() == length && hex(it));
    five[0].len() >= 8 && hex(five[0]) && lengths
}

/// The same for a name, in which a UUID with its hyphens is as good as a word. With something glued to its front it is the key
/// of a vendor.
fn weight(name: &str) -> usize {
    let groups: Vec<&str> = name.split(['-', '_', '.', '+', '~']).collect();
    let Some(at) = groups.windows(5).position(is_uuid) else {
        return randomness(name);
    };
    let around =
        groups[..at].iter().chain(&groups[at + 5..]).filter(|part| !is_word(part)).map(|part| part.len()).sum();
    if groups[at].len() == 8 { around } else { name.len() }
}

/// Whether people write such a thing: a word, a number, or a word with a number behind it.
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
    // Words run together: every capital is followed by two small letters.
    let humps = letters.split(|l: char| l.is_ascii_uppercase()).skip(1).all(|hump| hump.len() >= 2);
    upper || humps
}

#[cfg(test)]
mod tests;
