//! Hands what libFuzzer makes up to [`fuzz::frames::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::frames::run(data));
