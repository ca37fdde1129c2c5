//! The product from outside: the built binary in suites made for the test, and fakes that are
//! processes of their own.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

#[cfg(unix)]
mod book;
mod cargo_insta;
mod compare;
mod conformance;
mod fake;
mod gate;
#[cfg(unix)]
mod hints;
mod home;
#[cfg(target_os = "linux")]
mod hostile;
mod http;
#[cfg(unix)]
mod lab;
mod load;
#[cfg(unix)]
mod openfire;
mod output;
mod readme;
mod record;
mod report;
mod secrets;
mod served;
mod spellings;
mod suite;
mod technote;
mod tools;
mod wiretap;
mod world;
