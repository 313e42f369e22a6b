//! Credits: exact decimals with six places, kept as integer micro-credits; and the names that the ledger uses.

mod name;

use std::fmt;
use std::str::FromStr;

pub use name::{CallId, Operation, PostingKind, RequestId, UndoReason, Unit};

const MICRO: i64 = 1_000_000;
const PLACES: usize = 6;

/// The largest amount of one posting: a billion credits.
pub const LARGEST: Credits = Credits(1_000_000_000 * MICRO);

/// An amount of credits. It is negative if something is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Credits(i64);

/// Why a text is not an amount. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Not a plain decimal.
    #[error("an amount is a plain decimal number such as 12.5, without exponent or separators")]
    Form,
    /// Finer than a micro-credit.
    #[error("an amount has at most six decimal places")]
    TooFine,
    /// Larger than one posting may be.
    #[error("an amount is at most a billion credits")]
    TooLarge,
    /// The amount must be more than 0.
    #[error("the amount must be more than 0")]
    NotPositive,
}

impl Credits {
    /// None at all.
    pub const ZERO: Self = Self(0);

    /// An amount in the database's unit, micro-credits.
    pub const fn from_micro(micro: i64) -> Self {
        Self(micro)
    }

    /// The amount in micro-credits, as in the database.
    pub const fn micro(self) -> i64 {
        self.0
    }

    /// Reads an amount that has to be more than 0.
    pub fn parse_positive(text: &str) -> Result<Self, AmountError> {
        match text.parse()? {
            amount if amount > Self::ZERO => Ok(amount),
            _ => Err(AmountError::NotPositive),
        }
    }
}

impl FromStr for Credits {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(part) {
            return Err(AmountError::Form);
        }
        let part = part.trim_end_matches('0');
        if part.len() > PLACES {
            return Err(AmountError::TooFine);
        }
        let whole: i64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
        let part: i64 = format!("{part:0<PLACES$}").parse().map_err(|_| AmountError::Form)?;
        let micro = whole.checked_mul(MICRO).and_then(|micro| micro.checked_add(part)).ok_or(AmountError::TooLarge)?;
        if micro > LARGEST.0 {
            return Err(AmountError::TooLarge);
        }
        Ok(Self(sign * micro))
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micro = self.0.unsigned_abs();
        let (whole, part) = (micro / MICRO.unsigned_abs(), micro % MICRO.unsigned_abs());
        let text = format!("{sign}{whole}.{part:06}");
        out.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl std::ops::Add for Credits {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Neg for Credits {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl std::iter::Sum for Credits {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, std::ops::Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micro(text: &str) -> Result<i64, AmountError> {
        text.parse().map(Credits::micro)
    }

    #[test]
    fn an_amount_is_read_exactly_or_refused() {
        for (text, wanted) in [
            ("0", 0),
            ("12.5", 12_500_000),
            ("0.000001", 1),
            ("007.10", 7_100_000),
            ("1.0000000000", 1_000_000),
            ("-3", -3_000_000),
            ("1000000000", 1_000_000_000_000_000),
        ] {
            assert_eq!(micro(text), Ok(wanted), "{text}");
        }
        for bad in ["", "-", ".", ".5", "5.", "1e3", "+1", "1,5", "1_000", " 1", "1 ", "--1", "0x1", "NaN", "٣"] {
            assert_eq!(micro(bad), Err(AmountError::Form), "{bad}");
        }
        assert_eq!(micro("0.0000001"), Err(AmountError::TooFine));
        assert_eq!(micro("1000000000.000001"), Err(AmountError::TooLarge));
        assert_eq!(micro("99999999999999999999"), Err(AmountError::TooLarge));
        assert_eq!(Credits::parse_positive("0"), Err(AmountError::NotPositive));
        assert_eq!(Credits::parse_positive("-1"), Err(AmountError::NotPositive));
    }

    #[test]
    fn an_amount_shows_no_digit_too_many() {
        for (micro, wanted) in [(0, "0"), (1, "0.000001"), (-1_500_000, "-1.5"), (100_000_000, "100"), (75, "0.000075")]
        {
            assert_eq!(Credits::from_micro(micro).to_string(), wanted);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_the_same(micro in -LARGEST.micro()..=LARGEST.micro()) {
            let shown = Credits::from_micro(micro).to_string();
            prop_assert_eq!(shown.parse(), Ok(Credits::from_micro(micro)));
        }

        #[test]
        fn no_text_makes_the_parser_panic_and_none_is_read_as_another(text in "[-0-9.e+]{0,24}|.{0,12}") {
            if let Ok(amount) = text.parse::<Credits>() {
                prop_assert_eq!(amount.to_string().parse(), Ok(amount));
            }
        }

        #[test]
        fn adding_amounts_is_adding_integers(one in 0..LARGEST.micro(), other in 0..LARGEST.micro()) {
            let sum = Credits::from_micro(one) + Credits::from_micro(other);
            prop_assert_eq!(sum.micro(), one + other);
            prop_assert_eq!(sum + -Credits::from_micro(other), Credits::from_micro(one));
        }
    }
}
