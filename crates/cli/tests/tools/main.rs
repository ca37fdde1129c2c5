//! The tools for whoever writes cases, from outside: the built binary in suites made for the test.

mod fmt;
mod lint;
mod new;
mod review;
mod show;
mod suite;
