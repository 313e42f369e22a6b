//! Bash: reads the words of its line, and quotes candidates for it.
//!
//! The line editor of bash replaces only a part of a word: what follows the last of certain letters (COMP_WORDBREAKS), or
//! the opening quote. It quotes nothing itself. So the line is read here as bash reads it, and a candidate is written as
//! what takes the place of that part.

use crate::cli::completion::typed::{Replaced, Typed};

/// Letters at which the line editor begins another word, if they are not quoted. `:`, `=` and `@` may be left out by the user.
const BREAKS: &str = "\"'><;|&(";

/// Letters that mean something to bash.
const SPECIAL: &str = " \t\\'\"`$&;|<>()*?[]{}#~!^";

/// Reads the more letters at which words break, and on the next line what was typed up to the cursor.
pub(super) fn read(text: &str) -> Typed {
    let (more, line) = text.split_once('\n').unwrap_or_default();
    let (mut words, mut typed) = (Vec::new(), Typed::default());
    let mut open = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let quote = typed.replaced.quote;
        match (quote, letter) {
            (None, ' ' | '\t' | '\n') => {
                if open {
                    words.push(std::mem::take(&mut typed.current));
                }
                (open, typed.replaced) = (false, Replaced::default());
                continue;
            }
            (None, '\'' | '"') => {
                typed.replaced = Replaced { before: typed.current.clone(), quote: Some(letter) };
            }
            (Some(mark), _) if letter == mark => typed.replaced.quote = None,
            (None, '\\') => typed.current.extend(letters.next()),
            (Some('"'), '\\') => {
                let next = letters.next();
                typed.current.extend(next.filter(|it| !"\"\\$`".contains(*it)).map(|_| '\\'));
                typed.current.extend(next);
            }
            _ => {
                typed.current.push(letter);
                if quote.is_none() && (BREAKS.contains(letter) || more.contains(letter)) {
                    typed.replaced.before.clone_from(&typed.current);
                }
            }
        }
        open = true;
    }
    if !words.is_empty() {
        words.remove(0);
    }
    Typed { words, ..typed }
}

/// What takes the place of the replaced part.
pub(super) fn written(value: &str, whole: bool, replaced: &Replaced) -> Option<String> {
    let rest = value.strip_prefix(replaced.before.as_str())?;
    let escaped = |special: &str| -> String {
        rest.chars().flat_map(|letter| special.contains(letter).then_some('\\').into_iter().chain([letter])).collect()
    };
    // In quotes, the line editor closes them.
    match replaced.quote {
        Some('\'') if rest.contains('\'') => None,
        Some('\'') => Some(rest.to_owned()),
        Some(_) => Some(escaped("\"\\$`")),
        None => {
            let home = replaced.before.is_empty() && rest.starts_with("~/");
            let text = escaped(SPECIAL);
            let text = if home { text.trim_start_matches('\\').to_owned() } else { text };
            Some(if whole { text + " " } else { text })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(line: &str) -> (Vec<String>, String) {
        let typed = read(&format!(":=@\n{line}"));
        (typed.words, typed.current)
    }

    #[test]
    fn a_line_is_read_as_bash_reads_it() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(read_words("byok key "), (words(&["key"]), String::new()));
        assert_eq!(read_words("byok  key li"), (words(&["key"]), "li".into()));
        assert_eq!(read_words(r"byok --org a\$b\ c "), (words(&["--org", "a$b c"]), String::new()));
        assert_eq!(read_words("byok --org 'a\"$b' x"), (words(&["--org", "a\"$b"]), "x".into()));
        assert_eq!(read_words(r#"byok --org "a\"b\c"#), (words(&["--org"]), "a\"b\\c".into()));
        assert_eq!(read_words("byok ''"), (words(&[]), String::new()));
    }

    #[test]
    fn a_candidate_is_written_as_what_the_line_editor_replaces() {
        let after = |line: &str, value: &str| written(value, true, &read(&format!(":=@\n{line}")).replaced);
        assert_eq!(after("byok --org ac", "acme").as_deref(), Some("acme "));
        assert_eq!(after("byok --org ac", "ac$`'\"x").as_deref(), Some("ac\\$\\`\\'\\\"x "));
        assert_eq!(after("byok --org a:b", "a:bc").as_deref(), Some("bc "));
        assert_eq!(after(r"byok --org a\:b", "a:bc").as_deref(), Some("a:bc "));
        assert_eq!(after("byok --org=a", "--org=acme").as_deref(), Some("acme "));
        assert_eq!(after("byok --org 'a:", "a:b").as_deref(), Some("a:b"));
        assert_eq!(after("byok --org \"a$", "a$b\"c").as_deref(), Some("a\\$b\\\"c"));
        assert_eq!(after("byok --org 'a", "a'b"), None);
        // A user may have taken the colon out of COMP_WORDBREAKS.
        assert_eq!(written("a:bc", true, &read("=@\nbyok --org a:b").replaced).as_deref(), Some("a:bc "));
        assert_eq!(after("byok --to-file ~/", "~/a b").as_deref(), Some("~/a\\ b "));
    }
}
