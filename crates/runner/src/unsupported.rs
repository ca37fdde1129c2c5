//! Which of the selected cases are UNSUPPORTED, and why: what the target lacks, does not allow, or
//! limits (failed logins).

use std::collections::{BTreeMap, BTreeSet};

use case::{Case, Effects, Transport};

use crate::accounts::accounts;
use crate::targets::{DESKTOP, Endpoint, Target};

/// The need of a case that names the variable `pubsub`.
const PUBSUB: &str = "pubsub";

/// The need that lets cases take as long as they say, though they are meant for a
/// faster clock.
const PATIENCE: &str = "time";

/// Why a case is UNSUPPORTED.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unsupported {
    /// One line.
    pub(crate) reason: String,
    /// The target's file gives it, or it lies in the nature of the target: the reader need not be
    /// told again.
    pub(crate) ruled_out: bool,
}

/// The cases that are UNSUPPORTED, by id. Decided before the run and in the order of `cases`, so
/// that it does not depend on which of several cases at once is faster.
pub(crate) fn unsupported(target: &Target, cases: &[&Case]) -> BTreeMap<String, Unsupported> {
    let mut failures: BTreeMap<&str, u32> = BTreeMap::new();
    let mut unsupported = BTreeMap::new();
    for case in cases {
        let needs = case.head.needs.iter().map(|need| need.value.as_str());
        if let Some(reason) = target.rules_out(&case.id, needs) {
            let reason = reason.to_owned();
            unsupported.insert(case.id.clone(), Unsupported { reason, ruled_out: true });
        } else if let Some(reason) =
            lacking(target, case).or_else(|| too_many_failures(target, case, &mut failures))
        {
            unsupported.insert(case.id.clone(), Unsupported { reason, ruled_out: false });
        }
    }
    unsupported
}

/// The accounts that those of `cases` log in with that are played, by their names in cases.
pub fn accounts_of(target: &Target, cases: &[&Case]) -> BTreeSet<String> {
    let unsupported = unsupported(target, cases);
    let played = cases.iter().filter(|case| !unsupported.contains_key(&case.id));
    let names = played.flat_map(|case| accounts(case));
    names.map(|name| name.trim_start_matches("account ").to_owned()).collect()
}

fn lacking(target: &Target, case: &Case) -> Option<String> {
    let lacks = target.lacks(case.head.needs.iter().map(|need| need.value.as_str()));
    if lacks == [DESKTOP] {
        return Some(
            "binds the resource desktop, which throws a person off; the target does not say allow_desktop = true"
                .to_owned(),
        );
    }
    if !lacks.is_empty() {
        let named = |need: &&str| match target.missing.get(*need) {
            Some(why) => format!("{need}: {why}"),
            None => (*need).to_owned(),
        };
        let lacks: Vec<String> = lacks.iter().map(named).collect();
        return Some(format!("the target does not provide {}", lacks.join("; ")));
    }
    if let Some(why) = target.missing.get(PUBSUB).filter(|_| case.source.text.contains("{pubsub}"))
    {
        return Some(why.clone());
    }
    if case.head.time.is_some() && is_server(target) && !target.provides.contains_key(PATIENCE) {
        return Some(
            "waits for minutes where the clock cannot be hurried; provide `time` to have it played"
                .to_owned(),
        );
    }
    if case.transport == Transport::Bosh && is_server(target) && !target.speaks_bosh() {
        return Some(
            "the target does not say where it speaks BOSH; provide `bosh.path`, on the port of its url"
                .to_owned(),
        );
    }
    let effects = case.head.effects.value;
    (!target.effects.contains(&effects))
        .then(|| format!("the target does not allow the effect {effects}"))
}

fn is_server(target: &Target) -> bool {
    matches!(target.endpoint, Endpoint::Server(_))
}

/// Counts a case that fails a login against every account it may use: the server
/// may count it against any of them.
fn too_many_failures<'c>(
    target: &Target,
    case: &'c Case,
    failures: &mut BTreeMap<&'c str, u32>,
) -> Option<String> {
    let limit = target.login_failures?;
    if case.head.effects.value != Effects::LocksAccount {
        return None;
    }
    let accounts = accounts(case);
    let is_used_up = |account: &&&str| failures.get(**account).copied().unwrap_or(0) >= limit;
    if let Some(account) = accounts.iter().find(is_used_up) {
        return Some(format!(
            "would fail one login too many for the {account}: the target allows {limit} in a run (login_failures)"
        ));
    }
    for account in accounts {
        *failures.entry(account).or_default() += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use case::Library;

    use super::*;

    fn library(cases: &[(&str, &str)]) -> Library {
        let files = cases.iter().map(|(slug, head)| {
            let text = format!(
                "+++\ntitle = \"{slug}\"\nspec = [\"robustness\"]\nlevel = \"must\"\nroles = [\"server\"]\n{head}\n+++\nagent == connect\n"
            );
            (PathBuf::from(format!("cases/a/{slug}.case")), text)
        });
        Library::from_files(files.collect())
            .unwrap_or_else(|errors| panic!("{}", case::render(&errors, false)))
    }

    fn unsupported_by(more: &str, cases: &[(&str, &str)]) -> Vec<(String, String)> {
        let text = format!("url = \"wss://h.test/ws/\"\n{more}");
        let target = Target::parse("t", "t.toml", &text).unwrap();
        let library = library(cases);
        let found = unsupported(&target, &library.cases.iter().collect::<Vec<_>>());
        found.into_iter().map(|(id, why)| (id, why.reason)).collect()
    }

    const FAILS: &str = "effects = \"locks-account\"";

    #[test]
    fn what_is_meant_for_a_faster_clock_is_unsupported_on_a_server() {
        let cases = [("a", "time = 100"), ("b", "")];
        let found = unsupported_by("", &cases);
        assert_eq!(found.len(), 1);
        assert!(found[0].0 == "a/a" && found[0].1.starts_with("waits for minutes"), "{found:?}");
        assert!(unsupported_by("[provides]\ntime = \"\"\n", &cases).is_empty());
    }

    #[test]
    fn logins_fail_for_an_account_as_often_as_is_allowed() {
        let allowed =
            "effects = [\"none\", \"locks-account\"]\n[provides]\n\"account other\" = \"\"\n";
        let other = format!("{FAILS}\nneeds = [\"account other\"]");
        let cases = [("a", FAILS), ("b", ""), ("c", &other), ("d", FAILS), ("e", FAILS), ("f", "")];
        let said = |limit| {
            format!(
                "would fail one login too many for the account agent: the target allows {limit} in a run (login_failures)"
            )
        };
        let usual = unsupported_by(allowed, &cases);
        assert_eq!(usual, ["a/d", "a/e"].map(|id| (id.to_owned(), said(2))));
        let more = unsupported_by(&format!("login_failures = 3\n{allowed}"), &cases);
        assert_eq!(more, [("a/e".to_owned(), said(3))]);
        let none = unsupported_by(&format!("login_failures = 0\n{allowed}"), &cases);
        assert_eq!(none.len(), 4);
    }

    #[test]
    fn what_is_unsupported_for_another_reason_fails_no_login() {
        let cases = [("a", FAILS), ("b", FAILS), ("c", FAILS)];
        let found = unsupported_by("", &cases);
        assert_eq!(found.len(), 3);
        assert!(
            found
                .iter()
                .all(|(_, why)| why == "the target does not allow the effect locks-account")
        );
    }

    #[test]
    fn the_desktop_is_left_to_people() {
        let cases = [("a", "needs = [\"resource.desktop\"]")];
        let found = unsupported_by("", &cases);
        assert!(found[0].1.contains("allow_desktop = true"), "{found:?}");
        assert!(unsupported_by("allow_desktop = true", &cases).is_empty());
        let fake = Target::parse("t", "t.toml", "profile = \"strict\"").unwrap();
        assert!(fake.lacks([DESKTOP]).is_empty(), "nobody works on a fake");
    }
}
