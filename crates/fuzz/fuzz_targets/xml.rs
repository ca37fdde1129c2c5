//! Hands what libFuzzer makes up to [`fuzz::xml::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::xml::run(data));
