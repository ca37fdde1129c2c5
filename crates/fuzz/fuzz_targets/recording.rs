//! Hands what libFuzzer makes up to [`fuzz::recording::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::recording::run(data));
