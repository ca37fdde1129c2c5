//! Hands what libFuzzer makes up to [`fuzz::requests::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::requests::run(data));
