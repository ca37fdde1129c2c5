//! Hands what libFuzzer makes up to [`fuzz::normalise::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::normalise::run(data));
