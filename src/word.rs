//! Closed sets of words. A result, a state or a kind is an enum here, and text only in the database and on screens.

use std::fmt;

/// An enum of which each value has one word.
pub trait Word: Copy + Eq + fmt::Debug + Sized + 'static {
    /// What the words are for, as errors name it: `state of a key`.
    const WHAT: &'static str;
    /// Every value.
    const VALUES: &'static [Self];

    /// The word of a value.
    fn word(self) -> &'static str;

    /// The value of a word.
    fn of_word(word: &str) -> Result<Self, UnknownWord> {
        let known = Self::VALUES.iter().copied().find(|value| value.word() == word);
        known.ok_or_else(|| UnknownWord { what: Self::WHAT, word: head(word) })
    }
}

/// A word that this version of byok does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a known {what}")]
pub struct UnknownWord {
    /// What it should be, such as `state of a key`.
    pub what: &'static str,
    /// The word, or how it begins where it is long.
    pub word: String,
}

fn head(word: &str) -> String {
    word.chars().take(64).collect()
}

/// A word in a row of a list. A row with an unknown one is reported, and does not end the list of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedWord<T> {
    /// One of the set.
    Known(T),
    /// Something else.
    Unknown(UnknownWord),
}

impl<T: Word> ListedWord<T> {
    /// Reads a word.
    pub fn of_word(word: &str) -> Self {
        T::of_word(word).map_or_else(Self::Unknown, Self::Known)
    }

    /// The word, known or not.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.word(),
            Self::Unknown(unknown) => &unknown.word,
        }
    }

    /// Whether it is one of the set.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// The value, or what stands there instead.
    pub fn known(&self) -> Result<T, UnknownWord> {
        match self {
            Self::Known(value) => Ok(*value),
            Self::Unknown(unknown) => Err(unknown.clone()),
        }
    }
}

impl<T: PartialEq> PartialEq<T> for ListedWord<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(value) if value == other)
    }
}

impl<T: Word> fmt::Display for ListedWord<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

/// Defines an enum and its words: `words!(/// … pub enum State: "state of a key" { /// … Active = "active" });`
macro_rules! words {
    ($(#[$about:meta])* $vis:vis enum $name:ident: $what:literal { $($(#[$doc:meta])* $value:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$doc])* $value,)+ }

        impl $name {
            /// All of them.
            $vis const ALL: &'static [Self] = &[$(Self::$value,)+];

            /// The stable word.
            $vis const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }
        }

        impl $crate::word::Word for $name {
            const WHAT: &'static str = $what;
            const VALUES: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.as_str())
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    words! {
        /// A colour.
        enum Colour: "colour" {
            /// Of blood.
            Red = "red",
            /// Of grass.
            Green = "green",
        }
    }

    #[test]
    fn a_word_is_one_of_its_set_or_is_named() {
        assert_eq!(Colour::of_word("green"), Ok(Colour::Green));
        let error = Colour::of_word("mauve").expect_err("unknown");
        assert_eq!(error.to_string(), "`mauve` is not a known colour");
        assert_eq!(Colour::of_word(&"x".repeat(1000)).expect_err("unknown").word.len(), 64);
    }

    #[test]
    fn a_list_keeps_a_row_with_an_unknown_word() {
        let (red, mauve) = (ListedWord::<Colour>::of_word("red"), ListedWord::<Colour>::of_word("mauve"));
        assert!(red == Colour::Red && red.is_known() && mauve != Colour::Red && !mauve.is_known());
        assert_eq!((red.as_str(), mauve.as_str(), mauve.to_string()), ("red", "mauve", "mauve".into()));
        assert!(mauve.known().is_err());
    }
}
