//! The tools for whoever writes cases, from outside: the built binary in suites made for the test.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

mod fmt;
mod lint;
mod new;
mod review;
mod show;
mod suite;
