//! Arguments that have two forms.

/// The values of an argument that has two forms. `None` if both were given, with different values.
pub(super) fn either<'a>(words: &'a [String], options: &'a [String]) -> Option<&'a [String]> {
    match (words, options) {
        (words, []) => Some(words),
        ([], options) => Some(options),
        (words, options) => {
            let same = words.iter().all(|it| options.contains(it)) && options.iter().all(|it| words.contains(it));
            same.then_some(words)
        }
    }
}
