//! What depends on the operating system is in one module, so that each check of an owner or a mode stands once.

use regex::Regex;

use super::files;

/// Code without comments and without its tests, which play other systems and other users.
fn code(text: &str) -> String {
    let text = Regex::new(r"//[^\n]*").unwrap().replace_all(text, "").into_owned();
    Regex::new(r"#\[cfg\([^\n]*test[^\n]*\)\]\nmod tests").unwrap().split(&text).next().unwrap().to_owned()
}

/// The first thing of the system's own that a text names.
fn named(text: &str) -> Option<String> {
    let own = r#"(?-u:\b)(?:std::os::|rustix|nix::|tokio::signal|target_os)|"/(?:proc|dev/fd|dev/tty)"#;
    Regex::new(own).unwrap().find(&code(text)).map(|found| found.as_str().to_owned())
}

#[test]
fn only_one_module_names_what_belongs_to_the_operating_system() {
    let source = files("src", "rs");
    let inside = |path: &std::path::Path| path.to_string_lossy().contains("/src/system/");
    assert!(source.iter().any(|(path, text)| inside(path) && named(text).is_some()), "the names are not seen");
    for (path, text) in source.iter().filter(|(path, _)| !inside(path)) {
        assert_eq!(named(text), None, "{}: use byok::system", path.display());
    }
}

#[test]
fn a_name_of_the_system_is_found_wherever_it_stands() {
    for bad in [
        "use std::os::unix::fs::MetadataExt as _;",
        "let us = rustix::process::geteuid();",
        "use nix::unistd::User;",
        "fn f() -> tokio::signal::unix::Signal {}",
        "#[cfg(target_os = \"linux\")]",
        "File::open(\"/dev/tty\")",
        "format!(\"/proc/{pid}/comm\")",
    ] {
        assert!(named(bad).is_some(), "{bad}");
    }
    for good in ["// rustix", "let unix = 1;", "#[cfg(test)]\nmod tests {\n use rustix::io::Errno;\n}", "\"/dev/null\""]
    {
        assert_eq!(named(good), None, "{good}");
    }
}
