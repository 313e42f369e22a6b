//! The next command for errors of the core that do not come from the database.

use byok::provider::{Catalog, FormatError, Provider, TargetError};
use byok::setting::SettingError;

/// For an environment variable that cannot be used.
pub(super) fn of_setting(error: &SettingError) -> String {
    match error {
        SettingError::Empty(name) => format!("set a value, or remove it: unset {name}"),
        SettingError::NotText(name) => format!("set it to UTF-8 text, or remove it: unset {name}"),
        SettingError::Relative(name) => format!("begin it with a slash, or remove it: unset {name}"),
        SettingError::NotSwitch(name) => {
            format!("set it to true or false (also 1 or 0, yes or no, on or off), or remove it: unset {name}")
        }
    }
}

/// For a text that cannot be a key.
pub(super) fn of_format(error: &FormatError) -> String {
    match error {
        FormatError::Empty => "check the command or the file that the key comes from".into(),
        FormatError::MultipleLines => "copy only the key; for a document use --from-file".into(),
        FormatError::Quoted => "remove the quotes".into(),
        FormatError::Bearer | FormatError::Assignment(_) => "give only the key after it".into(),
        FormatError::Masked | FormatError::Placeholder => {
            "copy the key when the provider shows it, which is usually only once".into()
        }
        FormatError::OtherProvider { owner, .. } => {
            let id = Catalog::builtin().providers().iter().find(|provider| &provider.name == owner);
            let set = |it: &Provider| {
                let id = &it.id;
                format!("to store it for that provider: byok key set {id} --org ORG, or byok platform-key set {id}")
            };
            id.map_or_else(|| "check which key you copied".into(), set)
        }
        FormatError::WrongKind { provider, .. } => {
            format!("create an ordinary API key of {provider}, and store that one")
        }
        FormatError::OtherDocument { wanted, .. } => format!("create {wanted} at the provider, and store that file"),
        _ => "copy the key at its provider again".into(),
    }
}

/// For a name that is not a provider's.
pub(super) fn of_target(error: &TargetError) -> String {
    match error {
        TargetError::LooksLikeKey => {
            "a key is never an argument: run byok key set PROVIDER --org ORG, and type it at the prompt".into()
        }
        TargetError::Unknown { near, .. } => match near.as_slice() {
            [] => "to see all providers: byok provider list".into(),
            near => format!("did you mean {}? to see all: byok provider list", near.join(" or ")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_provider_is_sent_where_it_belongs() {
        for provider in Catalog::builtin().providers() {
            let error = FormatError::OtherProvider { owner: provider.name.clone(), provider: "Another".into() };
            let hint = of_format(&error);
            assert!(hint.contains(&format!("byok key set {} --org ORG,", provider.id)), "{hint}");
            assert!(hint.ends_with(&format!("byok platform-key set {}", provider.id)), "{hint}");
        }
    }
}
