//! Hands what libFuzzer makes up to [`fuzz::session::run`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::session::run(data));
