//! Hands what libFuzzer makes up to [`fuzz::target::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::target::run(data));
