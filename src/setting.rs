//! The only reader of the environment.
//!
//! A variable that is set and cannot be used is an error that names the variable. If an empty variable counted as
//! unset, byok could use another database or another key than the user meant. No error repeats a value.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

/// Why a variable cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The variable is empty.
    #[error("the variable {0} is empty")]
    Empty(String),
    /// The value is not UTF-8.
    #[error("the variable {0} is not UTF-8 text")]
    NotText(String),
    /// The path is relative, so it would depend on the working directory.
    #[error("the variable {0} is not an absolute path")]
    Relative(String),
    /// The value is neither true nor false.
    #[error("the variable {0} is neither true nor false")]
    NotSwitch(String),
}

/// The bytes of a variable, which may be empty. This is for values that are passed on or only compared.
pub fn bytes(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// A path. It need not be UTF-8, and must not be empty.
pub fn path(name: &str) -> Result<Option<PathBuf>, SettingError> {
    match bytes(name) {
        Some(value) if value.is_empty() => Err(SettingError::Empty(name.to_owned())),
        value => Ok(value.map(PathBuf::from)),
    }
}

/// A directory. Its path must be absolute.
pub fn directory(name: &str) -> Result<Option<PathBuf>, SettingError> {
    match path(name)? {
        Some(path) if path.is_relative() => Err(SettingError::Relative(name.to_owned())),
        path => Ok(path),
    }
}

/// A directory of the XDG specification, in which an empty variable counts as unset.
pub fn xdg(name: &str) -> Result<Option<PathBuf>, SettingError> {
    if bytes(name).is_some_and(|value| value.is_empty()) { Ok(None) } else { directory(name) }
}

/// The directory for the data of programs: `XDG_DATA_HOME` if it is set, or else `.local/share` in the home directory.
/// `None` if there is no home directory.
pub fn data_dir() -> Result<Option<PathBuf>, SettingError> {
    place("XDG_DATA_HOME", ".local/share", BaseDirs::data_dir)
}

/// The directory for configuration: `XDG_CONFIG_HOME`, or else `.config` in the home directory.
pub fn config_dir() -> Result<Option<PathBuf>, SettingError> {
    place("XDG_CONFIG_HOME", ".config", BaseDirs::config_dir)
}

/// The user's home directory. `None` if there is none.
pub fn home_dir() -> Result<Option<PathBuf>, SettingError> {
    // If HOME cannot be used, `BaseDirs` would silently use another home directory with other data.
    directory("HOME")?;
    Ok(BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()))
}

/// The directory for what can be made again. `None` if neither `XDG_CACHE_HOME` nor `HOME` is set.
pub fn cache_dir() -> Result<Option<PathBuf>, SettingError> {
    if xdg("XDG_CACHE_HOME")?.is_none() && directory("HOME")?.is_none() {
        return Ok(None);
    }
    place("XDG_CACHE_HOME", ".cache", BaseDirs::cache_dir)
}

/// The place is the same on every Unix. On macOS too, users look for the files of a command there, and not in
/// `Library/Application Support`.
fn place(name: &str, usual: &str, of: impl Fn(&BaseDirs) -> &Path) -> Result<Option<PathBuf>, SettingError> {
    let home = home_dir()?;
    if let Some(dir) = xdg(name)? {
        return Ok(Some(dir));
    }
    if cfg!(unix) {
        Ok(home.map(|home| home.join(usual)))
    } else {
        Ok(BaseDirs::new().map(|dirs| of(&dirs).to_owned()))
    }
}

/// A text. It must be UTF-8, and must not be empty.
pub fn text(name: &str) -> Result<Option<String>, SettingError> {
    match path(name)? {
        None => Ok(None),
        Some(value) => match value.into_os_string().into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(SettingError::NotText(name.to_owned())),
        },
    }
}

/// A switch. An unset variable is false.
pub fn switch(name: &str) -> Result<bool, SettingError> {
    let Some(word) = text(name)? else { return Ok(false) };
    match word.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        _ => Err(SettingError::NotSwitch(name.to_owned())),
    }
}

/// The names of all variables.
pub fn names() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name)
}
