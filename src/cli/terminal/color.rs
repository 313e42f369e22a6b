//! Whether output is coloured. Colours never carry a meaning of their own.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use byok::setting;

/// When output is coloured.
#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// At a terminal, unless NO_COLOR is set or TERM is dumb; with CLICOLOR_FORCE also elsewhere
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What --color says, as a number.
static CHOSEN: AtomicU8 = AtomicU8::new(Color::Auto as u8);

/// Takes what --color says.
pub(crate) fn choose(color: Color) {
    CHOSEN.store(color as u8, Ordering::Relaxed);
}

/// Whether what is written to this stream is coloured.
pub(crate) fn is_wanted(stream: &(impl IsTerminal + Write)) -> bool {
    let set = |name| setting::bytes(name).is_some_and(|value| !value.is_empty());
    match CHOSEN.load(Ordering::Relaxed) {
        chosen if chosen == Color::Always as u8 => true,
        chosen if chosen == Color::Never as u8 => false,
        _ if set("NO_COLOR") => false,
        _ if setting::bytes("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0") => true,
        // Without TERM nobody knows what the terminal can do.
        _ => set("TERM") && setting::bytes("TERM").is_some_and(|term| term != "dumb") && stream.is_terminal(),
    }
}

/// The words that begin a message, and their colours.
const BEGINNINGS: [(&str, &str); 4] = [("error:", "1;31"), ("warning:", "1;33"), ("  hint:", "1;36"), ("- ", "2")];

/// A message whose first word is coloured.
pub(crate) fn marked(words: &str) -> Cow<'_, str> {
    let found = BEGINNINGS.iter().find_map(|(word, color)| Some((word, color, words.strip_prefix(word)?)));
    found.map_or(Cow::Borrowed(words), |(word, color, rest)| format!("\u{1b}[{color}m{word}\u{1b}[0m{rest}").into())
}
