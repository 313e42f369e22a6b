#![no_main]

#[path = "../caught.rs"]
mod caught;

libfuzzer_sys::fuzz_target!(|data: &[u8]| caught::only_uncaught(byok_fuzz::server::check_bytes, data));
