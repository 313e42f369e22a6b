//! How long a hold lasts.

use std::time::Duration;

use crate::cli::terminal::failure::Failure;

/// Reads `90s`, `15m`, `2h` or `1d`.
pub(super) fn duration(text: &str) -> anyhow::Result<Duration> {
    let bad =
        || Failure::usage("bad_duration", "a time is a number with s, m, h or d, such as 15m, and at most 30 days");
    let unit = text.chars().last().ok_or_else(bad)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(bad().into()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    match count.checked_mul(seconds) {
        Some(total @ 1..=2_592_000) => Ok(Duration::from_secs(total)),
        _ => Err(bad().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_its_unit() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7200), ("30d", 2_592_000)] {
            assert_eq!(duration(text).ok(), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "15", "m", "0s", "-1s", "1.5h", "31d", "1w", "9999999999999999999d", "5µ"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
