#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| byok_fuzz::import::check(data));
