//! Where people make and revoke keys at a provider, in words.

use byok::provider::Provider;

/// That a key goes on working at its provider, and where it is revoked.
pub(crate) fn still_works(provider: &Provider, hint: &str, page: Option<&str>) -> String {
    let name = &provider.name;
    match page {
        Some(page) => format!("{hint} still works at {name} until it is revoked there: {page}"),
        None => format!("{hint} still works at {name} until it is revoked there, in its console"),
    }
}

/// The provider, with its page if that is known.
pub(crate) fn at(provider: &Provider, page: Option<&str>) -> String {
    page.map_or_else(|| provider.name.clone(), |page| format!("{} ({page})", provider.name))
}
