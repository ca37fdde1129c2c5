//! Finds identical changes across cases: one change of a server shows in forty transcripts, but is
//! reported once.
//!
//! A hunk is a run of changed lines. Two hunks are the same if they remove and add the same lines.
//! The name of the connection, the numbers of placeholders and the indentation do not count, since
//! they depend on the place in the case. Hunks that occur in the same cases are one change.

use std::collections::{BTreeMap, BTreeSet};

use similar::{DiffOp, TextDiff};
use verdict::Run;

/// The two transcripts of one case.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Id of the case.
    pub id: &'a str,
    /// The earlier transcript.
    pub before: &'a str,
    /// The later transcript.
    pub after: &'a str,
    /// Beginnings of volatile lines, which do not count.
    pub volatile: &'a [String],
}

/// A change that several cases share, shown in the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedChange<'a> {
    /// Ids of the cases, sorted.
    pub cases: Vec<&'a str>,
    /// The earlier transcript of the first case.
    pub before: &'a str,
    /// The same transcript with only this change.
    pub after: String,
    /// Number of removed lines. Identical hunks in one case count once.
    pub removed: usize,
    /// Number of added lines.
    pub added: usize,
}

/// The lines that a hunk removes and adds, independent of its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    removed: Vec<String>,
    added: Vec<String>,
}

/// Changed lines of both sides, as a range of each.
struct Hunk {
    before: std::ops::Range<usize>,
    after: std::ops::Range<usize>,
    key: Key,
}

impl SharedChange<'_> {
    /// `one line changed`, `2 lines removed, 3 added`.
    pub fn size(&self) -> String {
        let lines = |count: usize| match count {
            1 => "one line".to_owned(),
            _ => format!("{count} lines"),
        };
        match (self.removed, self.added) {
            (removed, added) if removed == added => format!("{} changed", lines(added)),
            (0, added) => format!("{} added", lines(added)),
            (removed, 0) => format!("{} removed", lines(removed)),
            (removed, added) => format!("{} removed, {added} added", lines(removed)),
        }
    }
}

/// The changes of a run from its snapshots.
pub fn drifted(run: &Run) -> Vec<SharedChange<'_>> {
    differences(run.cases.iter().filter_map(|case| {
        let drift = case.drift.as_ref().filter(|drift| !drift.new)?;
        Some(Pair {
            id: &case.id,
            before: &drift.accepted,
            after: &drift.got,
            volatile: &case.volatile,
        })
    }))
}

/// The changes between the sides of `pairs`; those with most cases come first.
pub fn differences<'a>(pairs: impl IntoIterator<Item = Pair<'a>>) -> Vec<SharedChange<'a>> {
    let mut pairs: Vec<Pair<'a>> = pairs.into_iter().collect();
    pairs.sort_by_key(|pair| pair.id);
    let hunks: Vec<Vec<Hunk>> = pairs.iter().map(hunks).collect();

    // The cases of each hunk, by index in `pairs`.
    let mut owners: BTreeMap<&Key, BTreeSet<usize>> = BTreeMap::new();
    for (place, hunks) in hunks.iter().enumerate() {
        for hunk in hunks {
            owners.entry(&hunk.key).or_default().insert(place);
        }
    }
    let mut groups: BTreeMap<BTreeSet<usize>, Vec<&Key>> = BTreeMap::new();
    for (key, places) in owners {
        groups.entry(places).or_default().push(key);
    }

    let mut found: Vec<SharedChange<'a>> = groups
        .into_iter()
        .filter_map(|(places, keys)| {
            let first = *places.first()?;
            let pair = pairs.get(first)?;
            let own = hunks.get(first)?.iter().filter(|hunk| keys.contains(&&hunk.key));
            Some(SharedChange {
                cases: places.iter().filter_map(|place| Some(pairs.get(*place)?.id)).collect(),
                before: pair.before,
                after: applied(pair, own),
                removed: keys.iter().map(|key| key.removed.len()).sum(),
                added: keys.iter().map(|key| key.added.len()).sum(),
            })
        })
        .collect();
    found.sort_by(|a, b| b.cases.len().cmp(&a.cases.len()).then_with(|| a.cases.cmp(&b.cases)));
    found
}

/// The hunks of a pair without volatile lines.
fn hunks(pair: &Pair<'_>) -> Vec<Hunk> {
    let (before, after) = (lines(pair.before), lines(pair.after));
    let diff = TextDiff::from_slices(&before, &after);
    let mut hunks: Vec<Hunk> = Vec::new();
    for op in diff.ops() {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        match hunks.last_mut() {
            Some(last)
                if last.before.end == op.old_range().start
                    && last.after.end == op.new_range().start =>
            {
                (last.before.end, last.after.end) = (op.old_range().end, op.new_range().end);
            }
            _ => hunks.push(Hunk {
                before: op.old_range(),
                after: op.new_range(),
                key: Key { removed: Vec::new(), added: Vec::new() },
            }),
        }
    }
    for hunk in &mut hunks {
        let side = |lines: &[&str], range: &std::ops::Range<usize>| {
            lines
                .get(range.clone())
                .unwrap_or_default()
                .iter()
                .filter(|line| transcript::counts(line, pair.volatile))
                .map(|line| placeless(transcript::without_tls(line)))
                .collect()
        };
        hunk.key = Key { removed: side(&before, &hunk.before), added: side(&after, &hunk.after) };
    }
    hunks.retain(|hunk| hunk.key.removed != hunk.key.added);
    hunks
}

/// The first side of `pair` with only `hunks` applied.
fn applied<'h>(pair: &Pair<'_>, hunks: impl Iterator<Item = &'h Hunk>) -> String {
    let (before, after) = (lines(pair.before), lines(pair.after));
    let mut out: Vec<&str> = Vec::new();
    let mut next = 0;
    for hunk in hunks {
        out.extend(before.get(next..hunk.before.start).unwrap_or_default());
        out.extend(after.get(hunk.after.clone()).unwrap_or_default());
        next = hunk.before.end;
    }
    out.extend(before.get(next..).unwrap_or_default());
    let mut text = out.join("\n");
    if pair.before.ends_with('\n') || pair.after.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// A line without indentation, name of the connection, and numbers of placeholders.
fn placeless(line: &str) -> String {
    let line = line.trim_start();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let said = line.trim_start_matches(is_name);
    let is_said = [" -> ", " <- ", " == "].iter().any(|arrow| said.starts_with(arrow));
    numberless(if is_said { said } else { line })
}

/// `{session#12}` as `{session#}`.
fn numberless(line: &str) -> String {
    let mut parts = line.split('#');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('#');
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        // A number is that of a placeholder only at the end of its token.
        out.push_str(if rest.starts_with('}') { rest } else { part });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str, &str)]) -> Vec<(Vec<String>, String, String)> {
        let pairs = pairs
            .iter()
            .map(|(id, before, after)| Pair { id, before, after, volatile: &[] })
            .collect::<Vec<_>>();
        differences(pairs)
            .into_iter()
            .map(|one| {
                let cases = one.cases.iter().map(ToString::to_string).collect();
                (cases, one.after.clone(), one.size())
            })
            .collect()
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_change_in_other_places_is_one() {
        let found = found(&[
            (
                "b/two",
                "x\n    agent <- <a id=\"{iq#7}\"/>\n",
                "x\n    agent <- <b id=\"{iq#7}\"/>\n",
            ),
            ("a/one", "other <- <a id=\"{iq#1}\"/>\n", "other <- <b id=\"{iq#1}\"/>\n"),
        ]);
        assert_eq!(
            found,
            [(
                ids(&["a/one", "b/two"]),
                "other <- <b id=\"{iq#1}\"/>\n".to_owned(),
                "one line changed".to_owned()
            )]
        );
    }

    #[test]
    fn a_change_of_one_case_stands_apart_from_what_it_shares() {
        let (before, after) = ("1\nx\n2\n3\n4\ny\n", "1\nX\n2\n3\n4\nY\nz\n");
        let found = found(&[("a/a", "x\n", "X\n"), ("b/b", before, after)]);
        assert_eq!(
            found,
            [
                (ids(&["a/a", "b/b"]), "X\n".to_owned(), "one line changed".to_owned()),
                (
                    ids(&["b/b"]),
                    "1\nx\n2\n3\n4\nY\nz\n".to_owned(),
                    "one line removed, 2 added".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn several_changes_of_one_case_are_told_together() {
        let found = found(&[("a/a", "1\n2\n3\n", "one\n2\nthree\n")]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].1.as_str(), found[0].2.as_str()),
            ("one\n2\nthree\n", "2 lines changed")
        );
    }

    #[test]
    fn what_does_not_count_is_no_difference() {
        let volatile = ["agent <- <delay".to_owned()];
        let pair = Pair {
            id: "a/a",
            before: "# ping\nagent <- <delay a/>\nx",
            after: "agent <- <delay b/>\nx",
            volatile: &volatile,
        };
        assert_eq!(differences([pair]), []);
    }

    #[test]
    fn only_numbers_of_placeholders_are_dropped() {
        assert_eq!(numberless("{iq#12} #5 a#7"), "{iq#} #5 a#7");
        assert_eq!(placeless("      <x ns=\"http://a#1\"/>"), "<x ns=\"http://a#1\"/>");
    }
}
