//! Texts in which names are marked, so that a report of a bug can leave them out.

use std::path::Path;

use crate::cli::terminal::output;
use crate::cli::terminal::shell::in_shell;

/// What a name is of. It stands in place of the name in a report.
#[derive(Clone, Copy, Debug)]
enum Of {
    Login,
    Org,
    Host,
    Database,
    File,
}

impl Of {
    fn placeholder(self) -> &'static str {
        match self {
            Self::Login => "<login>",
            Self::Org => "<org>",
            Self::Host => "<host>",
            Self::Database => "<database>",
            Self::File => "<file>",
        }
    }
}

/// A text with marked names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named(Vec<(String, Option<Of>)>);

/// A text of several parts: `named!["the login ", login(name), " is a superuser"]`.
macro_rules! named {
    ($($part:expr),* $(,)?) => { $crate::cli::terminal::named::Named::default()$(.and($part))* };
}
pub(crate) use named;

impl From<&str> for Named {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Named {
    fn from(text: String) -> Self {
        Self(vec![(text, None)])
    }
}

impl Named {
    fn of(name: &str, what: Of) -> Self {
        Self(vec![(name.to_owned(), Some(what))])
    }

    pub(crate) fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }

    /// The texts with this between them.
    pub(crate) fn joined(texts: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut all = Self::default();
        for text in texts {
            all = if all.0.is_empty() { text } else { all.and(between).and(text) };
        }
        all
    }

    /// The whole text.
    pub(crate) fn shown(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// The text without its names.
    pub(crate) fn without_names(&self) -> String {
        let part = |(text, what): &(String, Option<Of>)| match what {
            Some(of) => of.placeholder().to_owned(),
            None => text.clone(),
        };
        self.0.iter().map(part).collect()
    }

    /// The names as words of a shell.
    pub(crate) fn in_shell(self) -> Self {
        let word = |(text, what): (String, Option<Of>)| {
            if what.is_some() { (in_shell(&text).into_owned(), what) } else { (text, what) }
        };
        Self(self.0.into_iter().map(word).collect())
    }

    /// The names as identifiers of SQL.
    pub(crate) fn in_sql(self) -> Self {
        let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
        let word =
            |(text, what): (String, Option<Of>)| if what.is_some() { (quoted(text), what) } else { (text, what) };
        Self(self.0.into_iter().map(word).collect())
    }
}

pub(crate) fn login(name: &str) -> Named {
    Named::of(name, Of::Login)
}

pub(crate) fn org(name: &str) -> Named {
    Named::of(name, Of::Org)
}

pub(crate) fn host(name: &str) -> Named {
    Named::of(name, Of::Host)
}

pub(crate) fn database(name: &str) -> Named {
    Named::of(name, Of::Database)
}

pub(crate) fn file(path: &Path) -> Named {
    Named::of(&output::path(path), Of::File)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_placeholder_for_each_name_and_a_command_quotes_it() {
        let text = named!["byok member remove ", org("acme's").in_shell(), " ", login("a\"da").in_sql()];
        assert_eq!(text.shown(), "byok member remove 'acme'\\''s' \"a\"\"da\"");
        assert_eq!(text.without_names(), "byok member remove <org> <login>");
        assert_eq!(file(Path::new("/a/b.key")).in_shell().shown(), "/a/b.key");
        assert_eq!(Named::joined(["a", "b"].map(Named::from), "; ").shown(), "a; b");
    }
}
