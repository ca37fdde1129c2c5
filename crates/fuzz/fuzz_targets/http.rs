//! Hands what libFuzzer makes up to [`fuzz::http::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::http::run(data));
