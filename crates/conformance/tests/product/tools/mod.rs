//! The tools for whoever writes cases.

mod fmt;
mod lint;
mod mock;
mod new;
mod review;
mod show;
mod sweep;
mod watching;
