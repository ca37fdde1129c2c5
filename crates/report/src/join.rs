//! Joins the results of the parts of one run that several machines played.

use std::collections::BTreeMap;

use verdict::{Ending, Head, Run, Strictness};

/// The results of a part of a run, with the name of their file.
#[derive(Debug, Clone)]
pub struct Part {
    /// Name of the file, for errors.
    pub name: String,
    pub run: Run,
}

/// Why results are not those of one run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There are no results.
    #[error("no results to join: name a JSON report, as written by --report json=FILE")]
    Nothing,
    /// The targets differ.
    #[error(
        "{} is a run of {}, and {} one of {}: these are two runs; `compare` puts them side by side",
        .0.0, .0.1, .1.0, .1.1
    )]
    Targets((String, String), (String, String)),
    /// A case is in two files.
    #[error(
        "{id} is in {first} and in {second}: one run plays a case once; leave out one of the files"
    )]
    Twice {
        /// Id of the case.
        id: String,
        /// The first file with it.
        first: String,
        second: String,
    },
    /// The parts are not shards of the same whole.
    #[error("{} is {}, and {} is {}: these are not parts of one run", .0.0, .0.1, .1.0, .1.1)]
    Shards((String, String), (String, String)),
    /// The shards were cut from different selections, or from different suites.
    #[error(
        "{first} and {second} are shards of different selections: give each machine the same words and the same revision of the suite"
    )]
    Selections {
        /// The first file.
        first: String,
        second: String,
    },
}

/// The run that these are parts of. Shards that are not among them are [`Ending::missing`].
///
/// # Errors
///
/// They are not parts of one run.
pub fn join(parts: Vec<Part>) -> Result<Run, JoinError> {
    let first = parts.first().ok_or(JoinError::Nothing)?;
    check(first, &parts)?;
    if parts.len() == 1 && first.run.head.selection.shard.is_none() {
        let mut run = first.run.clone();
        if run.ending.interrupted {
            run.ending.exit = Some(run.exit().code());
        }
        return Ok(run);
    }
    let (head, ending) = (head(first, &parts), ending(&parts));
    let mut cases: Vec<_> = parts.into_iter().flat_map(|part| part.run.cases).collect();
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    let mut run = Run { head, cases, ending };
    let is_played = |id: &String| run.cases.iter().any(|case| case.id == *id);
    let left_out = run.head.selection.left_out.iter().filter(|id| !is_played(id));
    run.head.selection.left_out = left_out.cloned().collect();
    run.find_causes();
    run.ending.exit = Some(run.exit().code());
    Ok(run)
}

fn check(first: &Part, parts: &[Part]) -> Result<(), JoinError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for part in parts {
        let (one, other) = (&first.run.head, &part.run.head);
        if (&one.target, one.is_client) != (&other.target, other.is_client) {
            let named = |part: &Part| (part.name.clone(), part.run.head.target.clone());
            return Err(JoinError::Targets(named(first), named(part)));
        }
        for case in &part.run.cases {
            if let Some(before) = seen.insert(&case.id, &part.name) {
                return Err(JoinError::Twice {
                    id: case.id.clone(),
                    first: before.to_owned(),
                    second: part.name.clone(),
                });
            }
        }
        let of = |head: &Head| head.selection.shard.map(verdict::Shard::of);
        if of(one) != of(other) {
            let named = |part: &Part| {
                let shard = part.run.head.selection.shard;
                (
                    part.name.clone(),
                    shard.map_or_else(|| "no shard".to_owned(), |one| one.to_string()),
                )
            };
            return Err(JoinError::Shards(named(first), named(part)));
        }
        let chosen = |head: &Head| (head.selection.words.clone(), head.selection.left_out.clone());
        if of(one).is_some() && chosen(one) != chosen(other) {
            let (first, second) = (first.name.clone(), part.name.clone());
            return Err(JoinError::Selections { first, second });
        }
    }
    Ok(())
}

fn head(first: &Part, parts: &[Part]) -> Head {
    let mut head = first.run.head.clone();
    let is_cut = head.selection.shard.take().is_some();
    for part in parts.iter().skip(1).map(|part| &part.run.head) {
        add(&mut head.about, &part.about);
        add(&mut head.warnings, &part.warnings);
        add(&mut head.selection.words, &part.selection.words);
        head.selection.left_out.retain(|id| part.selection.left_out.contains(id));
        head.selected += part.selected;
        if part.began < head.began {
            head.began.clone_from(&part.began);
        }
    }
    head.whole = is_cut && missing(parts).is_empty() && head.selection.words.is_empty();
    head
}

fn ending(parts: &[Part]) -> Ending {
    let mut joined = Ending { missing: missing(parts), ..Ending::default() };
    for Part { run, .. } in parts {
        let Ending { orphans, stale, strictness, interrupted, gave_up, missing, millis, .. } =
            &run.ending;
        add(&mut joined.orphans, orphans);
        add(&mut joined.stale, stale);
        add(&mut joined.missing, missing);
        joined.strictness = Strictness {
            strict: joined.strictness.strict || strictness.strict,
            require_all: joined.strictness.require_all || strictness.require_all,
        };
        joined.interrupted |= interrupted;
        joined.gave_up = joined.gave_up.or_else(|| gave_up.clone());
        // The machines played at the same time.
        joined.millis = joined.millis.max(*millis);
    }
    joined
}

/// The shards that are not among the parts.
fn missing(parts: &[Part]) -> Vec<String> {
    let there: Vec<_> = parts.iter().filter_map(|part| part.run.head.selection.shard).collect();
    let all = there.first().into_iter().flat_map(|shard| shard.siblings());
    all.filter(|shard| !there.contains(shard)).map(|shard| shard.to_string()).collect()
}

/// Adds what is not there yet.
fn add<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !all.contains(one) {
            all.push(one.clone());
        }
    }
}
