//! Hands what libFuzzer makes up to [`fuzz::tap::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::tap::run(data));
