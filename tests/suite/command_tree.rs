//! Every command of the program, from the help texts that users read.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::harness::Byok;

/// A command, and what `--help` says of it.
pub(crate) struct Page {
    pub(crate) path: Vec<String>,
    pub(crate) help: String,
}

impl Page {
    /// Whether it only has commands below it.
    pub(crate) fn is_group(&self) -> bool {
        self.help.contains("\nCommands:\n")
    }

    pub(crate) fn name(&self) -> String {
        self.path.join(" ")
    }

    pub(crate) fn words(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The names of the commands below it.
    pub(crate) fn below(&self) -> Vec<&str> {
        let Some((_, list)) = self.help.split_once("\nCommands:\n") else { return Vec::new() };
        let lines = list.lines().take_while(|line| line.starts_with("  "));
        // A longer indentation continues the sentence of the line before.
        let names = lines.filter_map(|line| line[2..].split_once(' ').map(|(name, _)| name));
        names.filter(|name| !name.is_empty() && *name != "help").collect()
    }
}

/// Every command with its help text, the groups too, and the program itself first.
pub(crate) fn pages() -> &'static [Page] {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let (byok, mut pages, mut open) = (Byok::new(), Vec::new(), vec![Vec::new()]);
        while let Some(path) = open.pop() {
            let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
            let page = Page { help: byok.ok(&words), path };
            open.extend(page.below().into_iter().map(|name| [&page.path[..], &[name.to_owned()]].concat()));
            pages.push(page);
        }
        pages
    })
}

/// Every command that does something, with all its words.
pub(crate) fn commands() -> BTreeSet<String> {
    pages().iter().filter(|page| !page.is_group()).map(Page::name).collect()
}
