#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| byok_fuzz::mask::check(data));
