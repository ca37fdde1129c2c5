//! Hands what libFuzzer makes up to [`fuzz::mask::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::mask::run(data));
