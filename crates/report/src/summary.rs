//! The result of a run in plain words: for a manager, a ticket, or a reader who never saw a case.
//!
//! It is Markdown that reads well as text. Claims stand in the words of their cases, and harm in
//! those of `why`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use textual::{Hint, invisible};
use verdict::{CaseResult, Head, Reporter, Run, Verdict};

use crate::clip;
use crate::differences::drifted;
use crate::list::cases_of;
use crate::worst::worst_first;

/// The longest text from a case or a peer, in characters.
const TEXT: usize = 400;

/// The most items shown of lists that need no action.
const FEW: usize = 8;

/// Writes the summary when the run ends.
pub(crate) struct Summary {
    out: Box<dyn Write + Send>,
}

impl Summary {
    /// A summary on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Reporter for Summary {
    fn ended(&mut self, run: &Run) -> io::Result<()> {
        self.out.write_all(text(run).as_bytes())?;
        self.out.flush()
    }
}

/// The cases of a run by what there is to say about them.
#[derive(Default)]
struct Sorted<'a> {
    tried: usize,
    /// Broken, and not as on a UCCX.
    broken: Vec<&'a CaseResult>,
    /// Broken as on a UCCX.
    usual: Vec<&'a CaseResult>,
    /// Kept, though a UCCX breaks it.
    better: Vec<&'a CaseResult>,
    /// Listed deviations that did not happen.
    outdated: Vec<&'a CaseResult>,
    flaky: Vec<&'a CaseResult>,
    /// Not tried, by reason.
    untried: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Sorted<'a> {
    fn of(run: &'a Run) -> Self {
        let mut sorted = Self::default();
        for case in worst_first(run) {
            let is_met = case.usual.as_ref().map(|usual| usual.is_met);
            if let Some(why) = untried(case) {
                sorted.untried.entry(why).or_default().push(&case.id);
                continue;
            }
            sorted.tried += 1;
            // A deviation whose transcript changed is DRIFT, and a deviation all the same.
            let is_known = case.verdict == Verdict::Drift && case.deviation.is_some();
            match case.verdict {
                _ if is_known => sorted.breaks(case),
                Verdict::Fail | Verdict::Expected | Verdict::NonStrict => sorted.breaks(case),
                Verdict::UnexpectedPass => sorted.outdated.push(case),
                Verdict::Flaky => sorted.flaky.push(case),
                _ if is_met == Some(false) => sorted.better.push(case),
                _ => {}
            }
        }
        sorted
    }

    fn breaks(&mut self, case: &'a CaseResult) {
        let is_usual = case.usual.as_ref().is_some_and(|usual| usual.is_met);
        if is_usual { self.usual.push(case) } else { self.broken.push(case) }
    }
}

/// Why a case was not tried, if so.
fn untried(case: &CaseResult) -> Option<String> {
    let note = || case.note.as_deref().map_or_else(|| "no reason is known".to_owned(), plain);
    match case.verdict {
        Verdict::Unsupported => Some(note()),
        Verdict::Error => Some(format!("could not be played: {}", note())),
        Verdict::Blocked => {
            let owner = case.owner.as_deref().unwrap_or("an earlier case");
            Some(format!("an earlier step failed; {} tests that step", code(owner)))
        }
        _ => None,
    }
}

fn text(run: &Run) -> String {
    let sorted = Sorted::of(run);
    let words = Words::of(&run.head);
    let mut out = format!("# {} in plain words\n\n", plain(run.target()));
    outcome(&mut out, &sorted, words);
    about(&mut out, run, words);
    let (felt, rest): (Vec<_>, Vec<_>) = sorted.broken.iter().partition(|case| case.why.is_some());
    broken(&mut out, &format!("{} will notice", words.noticing), &felt);
    broken(&mut out, words.rest, &rest);
    named(&mut out, "Not the same each time", &sorted.flaky, |case| {
        plain(case.note.as_deref().unwrap_or("several tries did not agree"))
    });
    changed(&mut out, run, &sorted);
    named(&mut out, words.usual, &sorted.usual, |case| {
        plain(case.usual.as_ref().map_or("", |usual| &usual.reason))
    });
    named(&mut out, words.better, &sorted.better, |case| plain(&case.title));
    not_tried(&mut out, run, &sorted);
    let _ = writeln!(
        out,
        "\nThe steps of a case: `{}`. All results: the other reports of this run.",
        Hint::new(["show", "--case", "AREA/SLUG"])
    );
    out
}

/// The words that differ between servers and clients.
#[derive(Clone, Copy)]
struct Words {
    kind: &'static str,
    same: &'static str,
    though: &'static str,
    noticing: &'static str,
    as_usual: &'static str,
    rest: &'static str,
    usual: &'static str,
    better: &'static str,
}

impl Words {
    fn of(head: &Head) -> Self {
        if head.is_client {
            return Self {
                kind: "a client of the Cisco Finesse notification service",
                same: "No difference from the reference client was found",
                though: "",
                noticing: "People",
                as_usual: "as with the reference client",
                rest: "Other claims that do not hold",
                usual: "As with the reference client",
                better: "Kept here, though the reference client breaks it",
            };
        }
        Self {
            kind: "a server of XMPP over WebSocket",
            same: "No difference from a UCCX was found",
            though: ", unlike on a UCCX",
            noticing: "Clients",
            as_usual: "as on every UCCX",
            rest: "Other differences from a UCCX",
            usual: "As on every UCCX",
            better: "Kept here, though a UCCX breaks it",
        }
    }
}

fn outcome(out: &mut String, sorted: &Sorted<'_>, words: Words) {
    let does = |count: usize| if count == 1 { "does" } else { "do" };
    let (tried, broken, usual) = (claims(sorted.tried), sorted.broken.len(), sorted.usual.len());
    let mut lines = vec![match (sorted.tried, broken, usual) {
        (0, ..) => "**No claim was tried.**".to_owned(),
        (_, 0, 0) => format!("**Of {tried} tried, all hold.**"),
        (_, 0, _) => format!("**{} in {tried} tried.**", words.same),
        _ => format!("**Of {tried} tried, {broken} {} not hold{}.**", does(broken), words.though),
    }];
    let felt = sorted.broken.iter().filter(|case| case.why.is_some()).count();
    if felt > 0 {
        lines.push(format!("{} will notice {felt} of these.", words.noticing));
    }
    if usual > 0 {
        lines.push(format!("{} {} not hold, {}.", claims(usual), does(usual), words.as_usual));
    }
    let untried: usize = sorted.untried.values().map(Vec::len).sum();
    if untried > 0 {
        lines.push(format!("{} could not be tried.", cases_of(untried)));
    }
    let _ = writeln!(out, "{}", lines.join(" "));
}

fn claims(count: usize) -> String {
    if count == 1 { "1 claim".to_owned() } else { format!("{count} claims") }
}

fn about(out: &mut String, run: &Run, words: Words) {
    let _ = writeln!(out, "\n## What it is\n\n- {}", words.kind);
    for fact in &run.head.about {
        let _ = writeln!(out, "- {}: {}", plain(&fact.name), plain(&fact.value));
    }
    let _ = writeln!(
        out,
        "- played on {}, {}",
        plain(&run.head.began.replace('T', " ").replace('Z', " UTC")),
        cases_of(run.cases.len())
    );
    for warning in &run.head.warnings {
        let _ = writeln!(out, "- beware: {}", plain(warning));
    }
}

fn broken(out: &mut String, heading: &str, cases: &[&&CaseResult]) {
    if cases.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {heading}\n");
    for case in cases {
        let _ = writeln!(out, "- This should hold: {}. {}", plain(&case.title), said(case));
        if let Some(why) = &case.why {
            let _ = writeln!(out, "  It matters because {}.", plain(why));
        }
        let clauses = case.spec.join(", ");
        let verdict = case.verdict;
        let clauses = plain(&clauses);
        let _ = writeln!(out, "  ({}, {verdict}, {}: {clauses})", code(&case.id), case.level);
    }
}

/// The deed of the target instead.
fn said(case: &CaseResult) -> String {
    if let Some(deviation) = &case.deviation {
        return format!("It {} (a known difference).", plain(&deviation.reason));
    }
    let failure = case.failure.as_ref().map(|failure| failure.message.as_str());
    let seen = case.note.as_deref().or(failure).unwrap_or("another answer");
    format!("Seen instead: {}.", plain(seen))
}

fn named(
    out: &mut String,
    heading: &str,
    cases: &[&CaseResult],
    text: impl Fn(&CaseResult) -> String,
) {
    if cases.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {heading}\n");
    for case in cases.iter().take(FEW) {
        let _ = writeln!(out, "- {}: {}", code(&case.id), text(case));
    }
    if cases.len() > FEW {
        let _ = writeln!(out, "- and {} more", cases.len() - FEW);
    }
}

fn changed(out: &mut String, run: &Run, sorted: &Sorted<'_>) {
    let changes = drifted(run);
    if changes.is_empty() && sorted.outdated.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## Changed since the last review\n");
    for case in &sorted.outdated {
        let _ = writeln!(
            out,
            "- {}: {}",
            code(&case.id),
            plain(case.note.as_deref().unwrap_or("holds now"))
        );
    }
    for change in changes {
        let names = names(&change.cases);
        let _ = writeln!(
            out,
            "- the claim holds, but the words differ: {} in {} ({names})",
            change.size(),
            cases_of(change.cases.len())
        );
    }
}

fn not_tried(out: &mut String, run: &Run, sorted: &Sorted<'_>) {
    let _ = writeln!(out, "\n## Not tried, and why\n");
    let findings = run.findings();
    let cut = ["interrupted", "gave-up", "missing"];
    let cut: Vec<_> = findings.iter().filter(|one| cut.contains(&one.kind)).collect();
    let selection = &run.head.selection;
    if sorted.untried.is_empty() && selection.left_out.is_empty() && cut.is_empty() {
        let _ = writeln!(out, "Every case was tried.");
    }
    for (why, ids) in &sorted.untried {
        let _ = writeln!(out, "- {}: {why} ({})", cases_of(ids.len()), names(ids));
    }
    if let Some(shard) = selection.shard {
        let _ = writeln!(out, "- the cases of the other shards: this is {shard}");
    }
    if !selection.left_out.is_empty() {
        // Without words of a command line, it is the target that BOSH depends on.
        let is_bosh = |id: &&str| selection.words.is_empty() && id.ends_with("+bosh");
        let ids = selection.left_out.iter().map(String::as_str);
        let (over_bosh, ids): (Vec<&str>, Vec<&str>) = ids.partition(is_bosh);
        let words: Vec<String> = selection.words.iter().map(|word| code(word)).collect();
        let why = match words.as_slice() {
            [] => "they were in none of these runs".to_owned(),
            words => format!("the run was of {} alone", words.join(", ")),
        };
        let bosh = "they are played over BOSH, where the target's file has a `bosh.path`";
        for (ids, why) in [(ids, why.as_str()), (over_bosh, bosh)] {
            if !ids.is_empty() {
                let _ = writeln!(out, "- {}: {why} ({})", cases_of(ids.len()), areas(&ids));
            }
        }
    }
    for finding in cut {
        let _ = writeln!(out, "- {}", plain(&finding.text));
    }
}

fn names(ids: &[&str]) -> String {
    let mut names: Vec<String> = ids.iter().take(FEW).map(|id| code(id)).collect();
    if ids.len() > FEW {
        names.push(format!("and {} more", ids.len() - FEW));
    }
    names.join(", ")
}

/// The areas of cases, with the number of cases in each.
fn areas(ids: &[&str]) -> String {
    let mut areas: BTreeMap<&str, usize> = BTreeMap::new();
    for id in ids {
        *areas.entry(id.split('/').next().unwrap_or_default()).or_default() += 1;
    }
    let areas: Vec<String> =
        areas.into_iter().map(|(area, count)| format!("{} {count}", plain(area))).collect();
    areas.join(", ")
}

/// One line of text that means nothing to Markdown and reads as it is. Elements are set as code,
/// since Markdown would take them for HTML.
fn plain(text: &str) -> String {
    let text = invisible::escape(text);
    let text = clip::one(text.trim_end_matches('.'), TEXT);
    let mut out = String::new();
    let mut in_element = false;
    for c in text.chars() {
        match c {
            '<' if !in_element => {
                in_element = true;
                out.push_str("`<");
            }
            '>' if in_element => {
                in_element = false;
                out.push_str(">`");
            }
            '`' => out.push('\''),
            '*' | '[' | ']' if !in_element => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    if in_element {
        out.push('`');
    }
    out
}

fn code(text: &str) -> String {
    format!("`{}`", invisible::escape(text).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(plain("an <open/> of *all* `x`."), "an `<open/>` of \\*all\\* 'x'");
        assert_eq!(plain("<img src=x> <b"), "`<img src=x>` `<b`");
        assert_eq!(plain("a\n# b\u{202e}[c](d)"), "a\\n# b\\u{202e}\\[c\\](d)");
        assert_eq!((code("a/b").as_str(), code("`x").as_str()), ("`a/b`", "`'x`"));
    }
}
