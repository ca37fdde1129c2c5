//! Preparations of the recorded server before a recording: nodes, subscriptions, publications.

const BEFORE: &str = include_str!("before.txt");

/// The preparations of a recording, each a verb and the rest.
pub(crate) fn of(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<'_> {
    BEFORE.lines().filter_map(move |line| {
        let (whose, rest) = line.split_once(": ")?;
        if whose == name { rest.split_once(' ') } else { None }
    })
}
