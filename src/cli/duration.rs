//! Lengths of time as they are typed: `24h`, `30d`.

use std::time::Duration;

const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];

/// Why a length is refused.
pub(crate) const ZERO: &str = "it is longer than zero";
pub(crate) const TOO_LONG: &str = "it is at most 50 years";

/// The longest one, 50 years, which the database can count in seconds.
const LONGEST: Duration = Duration::from_secs(18_262 * 86_400);

/// Reads a whole number with its unit. Zero is no length of time.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "it is a whole number with a unit: s, m, h, d or w, such as 24h or 30d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?.1;
    let number = text.strip_suffix(unit).unwrap_or_default();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let length = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs);
    match length {
        Some(Duration::ZERO) => Err(ZERO.into()),
        Some(length) if length <= LONGEST => Ok(length),
        _ => Err(TOO_LONG.into()),
    }
}

/// A length of time in words, in the largest unit that counts it: `24 hours`, `30 days`.
pub(crate) fn words(length: Duration) -> String {
    const NAMES: [(u64, &str); 4] = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let seconds = length.as_secs();
    // One day is told in hours, as everybody says it.
    let whole = |(unit, _): &&(u64, &str)| seconds.is_multiple_of(*unit) && (seconds / unit > 1 || *unit == 1);
    let (unit, name) = NAMES.iter().find(whole).unwrap_or(&NAMES[3]);
    let count = seconds / unit;
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_a_whole_number_with_a_unit() {
        for (text, seconds) in [("45s", 45), ("90m", 5400), ("24h", 86_400), ("30d", 2_592_000), ("2w", 1_209_600)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in
            ["", "d", "30", "0d", "-1d", "+1d", "1.5h", "30 d", "30D", "1h30m", "∞d", "99999999999999999999d", "18263d"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_length_is_told_in_the_largest_unit_that_counts_it() {
        let told =
            [("24h", "24 hours"), ("48h", "2 days"), ("30d", "30 days"), ("90m", "90 minutes"), ("1s", "1 second")];
        for (text, words) in told {
            assert_eq!(super::words(parse(text).expect("a length")), words);
        }
    }
}
