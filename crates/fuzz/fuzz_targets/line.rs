//! Hands what libFuzzer makes up to [`fuzz::line::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::line::run(data));
