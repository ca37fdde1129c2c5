//! Plays every case.

fn main() {}
