//! No two files of the source tree depend on each other, not even through other files.
//!
//! An edge leads from a file to every file of which it names something, in a `use` or in a path. What a parent hands on with
//! `pub use` is followed to the file that defines it, and is no edge of the parent.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

type Module = Vec<String>;

#[derive(Default)]
struct Source {
    /// Paths that the file names, from the root of the crate.
    named: BTreeSet<Module>,
    /// Names that it hands on, and the path of each.
    handed_on: BTreeMap<String, Module>,
}

/// Code without comments and without its tests.
fn code(text: &str) -> String {
    let text = Regex::new(r"//[^\n]*").unwrap().replace_all(text, "").into_owned();
    text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned()
}

/// Each path of a `use` with braces.
fn expanded(tree: &str) -> Vec<String> {
    let Some((head, rest)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = &rest[..rest.rfind('}').unwrap()];
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(expanded).map(|part| format!("{}{part}", head.trim())).collect()
}

/// A path from the root of the crate; none where it leads out of it.
fn absolute(path: &str, here: &[String]) -> Option<Module> {
    let mut parts: Vec<String> = path.split(" as ").next()?.trim().split("::").map(str::to_owned).collect();
    let mut base = match parts[0].as_str() {
        "crate" | "byok" => Vec::new(),
        "self" | "super" => here.to_vec(),
        _ => return None,
    };
    while parts.first().is_some_and(|part| part == "super") {
        parts.remove(0);
        base.pop();
    }
    if ["crate", "byok", "self"].contains(&parts.first().map_or("", String::as_str)) {
        parts.remove(0);
    }
    base.extend(parts);
    Some(base)
}

fn read(text: &str, module: &Module, modules: &BTreeSet<Module>) -> Source {
    let uses = Regex::new(r"(?m)^ *(pub(?:\([a-z]+\))? )?use ([^;]+);").unwrap();
    let paths = Regex::new(r"(?-u:\b)(?:crate|super|self)(?:::[A-Za-z0-9_]+)+").unwrap();
    let (text, mut source) = (code(text), Source::default());
    for found in uses.captures_iter(&text) {
        for leaf in expanded(&found[2].split_whitespace().collect::<Vec<_>>().join(" ")) {
            let (path, alias) = leaf.split_once(" as ").unwrap_or((&leaf, ""));
            let from_here = absolute(path, module);
            let known = from_here.is_some();
            let child = || module.iter().cloned().chain(path.split("::").map(str::to_owned)).collect();
            let mut leads: Module = from_here.unwrap_or_else(child);
            if leads.last().is_some_and(|last| last == "self") {
                leads.pop();
            }
            if found.get(1).is_some() {
                let name = if alias.is_empty() { leads.last().unwrap().clone() } else { alias.to_owned() };
                source.handed_on.insert(name, leads);
            } else if known || modules.contains(&leads[..=module.len().min(leads.len() - 1)]) {
                source.named.insert(leads);
            }
        }
    }
    let rest = uses.replace_all(&text, "");
    source.named.extend(paths.find_iter(&rest).filter_map(|path| absolute(path.as_str(), module)));
    let children = modules.iter().filter(|other| other.split_last().is_some_and(|(_, parent)| parent == module));
    for child in children {
        let named = Regex::new(&format!(r"(?:^|[^:A-Za-z0-9_]){}::[A-Za-z0-9_]", child.last().unwrap())).unwrap();
        if named.is_match(&rest) {
            source.named.insert(child.clone());
        }
    }
    source
}

/// The file that defines what a path names.
fn defined(path: &[String], sources: &BTreeMap<Module, Source>, depth: usize) -> Option<Module> {
    for length in (0..=path.len()).rev().filter(|_| depth < 7) {
        let Some(source) = sources.get(&path[..length]) else { continue };
        let handed_on = path.get(length).and_then(|name| source.handed_on.get(name));
        return match handed_on {
            Some(leads) => defined(&[leads, &path[length + 1..]].concat(), sources, depth + 1),
            None => Some(path[..length].to_vec()),
        };
    }
    None
}

/// The files that a file needs, whatever the way.
fn reached(from: &Module, edges: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<Module> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(module) = open.pop() {
        for next in edges.get(&module).into_iter().flatten() {
            if found.insert(next.clone()) {
                open.push(next.clone());
            }
        }
    }
    found
}

#[test]
fn no_two_files_need_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let texts: BTreeMap<Module, String> = super::files("src", "rs")
        .into_iter()
        .map(|(path, text)| {
            let path = path.strip_prefix(&root).unwrap().with_extension("");
            let parts: Module = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            // The roots of the library and of the program are the root of their crates.
            (if parts == ["lib"] || parts == ["main"] { Vec::new() } else { parts }, text)
        })
        .fold(BTreeMap::new(), |mut texts, (module, text)| {
            texts.entry(module).or_insert_with(String::new).push_str(&text);
            texts
        });
    let modules: BTreeSet<Module> = texts.keys().cloned().collect();
    let sources: BTreeMap<Module, Source> =
        texts.iter().map(|(module, text)| (module.clone(), read(text, module, &modules))).collect();
    let edges: BTreeMap<Module, BTreeSet<Module>> = sources
        .iter()
        .map(|(module, source)| {
            let needed = source.named.iter().filter_map(|path| defined(path, &sources, 0));
            (module.clone(), needed.filter(|needed| needed != module).collect())
        })
        .collect();
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 200, "the edges are not seen");
    let circles: Vec<String> = edges
        .keys()
        .filter(|module| reached(module, &edges).contains(*module))
        .map(|module| module.join("::"))
        .collect();
    assert!(circles.is_empty(), "these files need each other: {}", circles.join(", "));
}
