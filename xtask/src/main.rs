//! Forwards.

fn main() {}
