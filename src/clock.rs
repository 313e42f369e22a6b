//! Times as text: RFC 3339 in UTC, in whole seconds. Times that are stored or decided on come from the database.

use time::OffsetDateTime;
use time::macros::format_description;

/// The clock of this machine. It is used for times that another machine has set, such as an HTTP date or the life of a
/// signed statement, and to compare it with the server's.
#[expect(clippy::disallowed_methods, reason = "the one place that asks this machine for the time")]
pub(crate) fn here() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// `2026-11-23T17:04:05Z`.
pub fn rfc3339(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    at.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_else(|_| at.to_string())
}

/// Reads the begin of a period: `2027-01-31` (the start of that day in UTC) or an RFC 3339 time.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    read(text, time::Time::MIDNIGHT)
}

/// Reads an end date: `2027-01-31` (the end of that day in UTC, its last second) or an RFC 3339 time.
pub fn parse_end(text: &str) -> Option<OffsetDateTime> {
    read(text, time::macros::time!(23:59:59))
}

fn read(text: &str, of_day: time::Time) -> Option<OffsetDateTime> {
    let day = format_description!("[year]-[month]-[day]");
    let at = match time::Date::parse(text, day) {
        Ok(date) => date.with_time(of_day).assume_utc(),
        Err(_) => OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?,
    };
    is_usual(at).then_some(at)
}

/// Whether the database accepts this time, as `byok.check_time` does: from 1970 until before 2200.
pub fn is_usual(at: OffsetDateTime) -> bool {
    (1970..2200).contains(&at.to_offset(time::UtcOffset::UTC).year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_utc_and_read_back() {
        let at = parse("2027-01-31T12:30:00+05:30").expect("a time");
        assert_eq!(rfc3339(at), "2027-01-31T07:00:00Z");
        assert_eq!(parse(&rfc3339(at)), Some(at));
    }

    #[test]
    fn a_date_is_the_start_of_that_day_as_a_begin_and_its_end_as_an_end() {
        assert_eq!(parse("2027-01-31").map(rfc3339).as_deref(), Some("2027-01-31T00:00:00Z"));
        assert_eq!(parse_end("2027-01-31").map(rfc3339).as_deref(), Some("2027-01-31T23:59:59Z"));
        assert_eq!(parse_end("2027-01-31T07:00:00Z"), parse("2027-01-31T07:00:00Z"));
    }

    #[test]
    fn rubbish_is_no_date() {
        for bad in ["+20000-01-01", "-2027-01-31", "1969-12-31", "2200-01-01", "2199-12-31T23:59:59-01:00"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        for bad in ["", "tomorrow", "2027-13-01", "2027-02-30", "31.01.2027", "2027-01-31T25:00:00Z"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
