//! The one reader of the environment.
//!
//! A variable that is set and cannot be used is an error that names it: one that is empty or not UTF-8 would otherwise count
//! as unset and lead to another database or another key than was meant. No error repeats a value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

/// Why a variable cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// Set to nothing.
    #[error("the variable {0} is set and empty")]
    Empty(String),
    /// Bytes where a text is needed.
    #[error("the variable {0} is not UTF-8 text")]
    NotText(String),
    /// A directory that depends on where the program was started.
    #[error("the variable {0} is not an absolute path")]
    Relative(String),
    /// Another word than yes or no.
    #[error("the variable {0} is neither true nor false")]
    NotSwitch(String),
}

/// The bytes of a variable, empty or not: for what is handed on or only looked at.
pub fn bytes(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A path, which may be any bytes but not empty.
pub fn path(name: &str) -> Result<Option<PathBuf>, SettingError> {
    match bytes(name) {
        Some(value) if value.is_empty() => Err(SettingError::Empty(name.to_owned())),
        value => Ok(value.map(PathBuf::from)),
    }
}

/// A directory of the user's own, as the system names it: absolute, or not named at all.
pub fn directory(name: &str) -> Result<Option<PathBuf>, SettingError> {
    match path(name)? {
        Some(path) if path.is_relative() => Err(SettingError::Relative(name.to_owned())),
        path => Ok(path),
    }
}

/// A directory of the XDG specification, by which one that is set to nothing is not set.
pub fn xdg(name: &str) -> Result<Option<PathBuf>, SettingError> {
    if bytes(name).is_some_and(|value| value.is_empty()) { Ok(None) } else { directory(name) }
}

/// Where this system keeps the data of a user's programs: `XDG_DATA_HOME` where it is set, on every system, else the system's own
/// place. None without a home.
pub fn data_dir() -> Result<Option<PathBuf>, SettingError> {
    place("XDG_DATA_HOME", BaseDirs::data_dir)
}

/// The same for configuration, by `XDG_CONFIG_HOME`.
pub fn config_dir() -> Result<Option<PathBuf>, SettingError> {
    place("XDG_CONFIG_HOME", BaseDirs::config_dir)
}

fn place(name: &str, of: impl Fn(&BaseDirs) -> &Path) -> Result<Option<PathBuf>, SettingError> {
    // A home that is named and is none would silently be another one, and what is kept there another thing.
    directory("HOME")?;
    match xdg(name)? {
        Some(dir) => Ok(Some(dir)),
        None => Ok(BaseDirs::new().map(|dirs| of(&dirs).to_owned())),
    }
}

/// A text, which is UTF-8 and not empty.
pub fn text(name: &str) -> Result<Option<String>, SettingError> {
    match path(name)? {
        None => Ok(None),
        Some(value) => match value.into_os_string().into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(SettingError::NotText(name.to_owned())),
        },
    }
}

/// Yes or no; a variable that is not set is no.
pub fn switch(name: &str) -> Result<bool, SettingError> {
    let Some(word) = text(name)? else { return Ok(false) };
    match word.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        _ => Err(SettingError::NotSwitch(name.to_owned())),
    }
}

/// The name of every variable there is.
pub fn names() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name)
}
