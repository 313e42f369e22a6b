//! No function takes a tuple as a parameter: unrelated things are arguments of their own, related ones a struct with names.

use super::files;

/// The parameters of every function of a text, each with the function's name.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("fn ") {
        let rest = &text[at + 3..];
        let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        let before = text[..at].chars().next_back();
        if name.is_empty() || before.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let mut after = &rest[name.len()..];
        if after.starts_with('<') {
            let Some(end) = closing(after, '<', '>') else { continue };
            after = &after[end + 1..];
        }
        if let Some(end) = after.starts_with('(').then(|| closing(after, '(', ')')).flatten() {
            found.extend(split(&after[1..end]).into_iter().map(|parameter| (name.clone(), parameter)));
        }
    }
    found
}

/// Where the bracket that a text begins with is closed. The arrow of a return type closes none.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let (mut depth, mut before) = (0, ' ');
    for (at, letter) in text.char_indices() {
        depth += i32::from(letter == open);
        depth -= i32::from(letter == close && before != '-');
        if depth == 0 {
            return Some(at);
        }
        before = letter;
    }
    None
}

/// The parts between the commas that stand in no brackets.
fn split(list: &str) -> Vec<String> {
    let (mut parts, mut depth, mut before) = (vec![String::new()], 0, ' ');
    for letter in list.chars() {
        depth += i32::from("([{<".contains(letter));
        depth -= i32::from(")]}".contains(letter) || (letter == '>' && before != '-'));
        before = letter;
        match parts.last_mut() {
            Some(part) if letter != ',' || depth > 0 => part.push(letter),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// Whether the type of a parameter is a tuple, or a list of tuples.
fn is_tuple(parameter: &str) -> bool {
    let Some((_, kind)) = parameter.split_once(": ") else { return false };
    let kind = kind.trim().trim_start_matches('&');
    // Of `&'a mut (…)` the words go; of `&(dyn Error + 'static)` nothing is a tuple.
    let kind = kind.split_once(" mut ").map_or(kind, |(_, kind)| kind).trim_start_matches("mut ").trim();
    kind.starts_with('(') && kind.contains(',')
}

#[test]
fn no_function_takes_a_tuple() {
    let mut found = Vec::new();
    for (path, text) in files("src", "rs") {
        let tuples = parameters(&text).into_iter().filter(|(_, parameter)| is_tuple(parameter));
        found.extend(tuples.map(|(name, parameter)| format!("{}: {name}: {}", path.display(), parameter.trim())));
    }
    assert!(found.is_empty(), "give these parameters names, in a struct or one by one:\n{}", found.join("\n"));
}

#[test]
fn a_tuple_is_found_wherever_it_stands_among_the_parameters() {
    let taken = |text: &str| parameters(text).iter().any(|(_, parameter)| is_tuple(parameter));
    for bad in [
        "fn one((a, b): (u8, u8)) {}",
        "pub async fn one<T: Into<U>>(self, key: (u32, T), last: u8) -> T",
        "fn one<'a>(\n    first: &'a str,\n    (a, b): (&'a str, Option<&'a str>),\n) {}",
        "fn one(pair: &(u32, u32)) {}",
        "fn one(pair: &mut (u32, u32)) {}",
    ] {
        assert!(taken(bad), "{bad}");
    }
    for good in [
        "fn one(a: u8, cause: &(dyn Error + 'static)) -> (u8, u8) { (a, a) }",
        "fn one(f: impl Fn(&str, u8) -> (u8, u8), map: HashMap<u8, (u8, u8)>) {}",
        "let one = |(a, b): (u8, u8)| a + b;",
    ] {
        assert!(!taken(good), "{good}");
    }
}
