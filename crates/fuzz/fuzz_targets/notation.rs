//! Hands what libFuzzer makes up to [`fuzz::notation::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::notation::run(data));
