//! What the fuzzers assert, one module for each reader of something that others write. `fuzz/` runs these under libFuzzer,
//! `tests/fuzz/main.rs` replays the inputs that were kept.

pub mod answer;
pub mod definition;
pub mod encoding;
pub mod envelope;
pub mod import;
mod input;
pub mod key_text;
pub mod mask;
pub mod name;
pub mod provider_key;
pub mod proxy;
pub mod request;
pub mod server;
pub mod url;

/// A target: its name, and what has to hold of any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 14] = [
    ("answer", answer::check),
    ("definition", definition::check),
    ("encoding", encoding::check),
    ("envelope", envelope::check),
    ("import", import::check),
    ("key_text", key_text::check),
    ("mask", mask::check),
    ("name", name::check),
    ("provider_key", provider_key::check),
    ("proxy", proxy::check),
    ("request", request::check),
    ("server", server::check),
    ("server_bytes", server::check_bytes),
    ("url", url::check),
];
