//! The tools for whoever writes cases.

mod fmt;
mod lint;
mod manual;
mod mock;
mod mock_elsewhere;
mod new;
mod review;
mod show;
mod sweep;
mod watching;
