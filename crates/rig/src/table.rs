//! The sabotage tables `cases/_sabotage.toml` and `cases/_sabotage-client.toml`: which cases must
//! notice which fault of the fake or of the reference client.

use std::collections::BTreeSet;

use case::{Case, Level};
use runner::Kind;
use serde::Deserialize;
use suite::Suite;
use verdict::{CaseResult, CloseAxis, Run, Verdict};

/// A sabotage table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// Cases whose claim no fault breaks.
    #[serde(default)]
    exempt: Vec<Exempt>,
    /// One row for each fault.
    #[serde(rename = "row")]
    pub(crate) rows: Vec<Row>,
}

/// Cases whose claim no fault breaks, for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exempt {
    cases: Vec<String>,
    /// For the reader of the table.
    #[serde(rename = "reason")]
    _reason: String,
}

/// The cases that must notice one fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// The fault.
    pub(crate) switch: String,
    /// The target that is broken. Default: the one that does all right otherwise.
    pub(crate) target: Option<String>,
    /// Patterns of the only cases that can notice the fault; all can where there are none.
    #[serde(default)]
    among: Vec<String>,
    /// Whether only the cases that must notice are played: others need what the fault takes away.
    #[serde(default)]
    alone: bool,
    /// Cases that must FAIL, or be NON-STRICT where their level is `should`.
    #[serde(default)]
    pub(crate) must_fail: Vec<String>,
    /// Cases that must pass in spite of it: claims over a transport on which nothing is broken.
    #[serde(default)]
    pub(crate) must_pass: Vec<String>,
    /// Cases that must be NON-STRICT: the clause leaves the choice that the fault takes away.
    #[serde(default)]
    non_strict: Vec<String>,
    /// Cases that may FAIL too.
    #[serde(default)]
    also: Vec<MayNotice>,
    /// How all connections end that a case does not end itself.
    pub(crate) close: Option<String>,
    /// The permitted effect of a fault that breaks no rule.
    pub(crate) control: Option<Control>,
}

/// A case that may notice a fault, but need not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MayNotice {
    case: String,
    /// For the reader of the table.
    #[serde(rename = "reason")]
    _reason: String,
}

/// The permitted effect of a fault that breaks no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Control {
    /// No effect on verdicts or transcripts.
    Nothing,
    /// The transcripts of cases that hold a result change, and no others.
    DriftInResults,
}

impl Table {
    /// Reads the table of this name.
    pub(crate) fn of(suite: &Suite, name: &str) -> Result<Self, String> {
        let cases = suite.own(Kind::Cases, "a sabotage table needs");
        let path = cases.map_err(|error| error.to_string())?.join(name);
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.shown().display());
        let text = files::read_text(path.path(), files::SMALL).map_err(|error| said(&error))?;
        toml::from_str(&text).map_err(|error| said(&error))
    }

    /// Checks that each of the `known` faults has a row, that every other row has something that
    /// `is_fault`, that each row says who must notice, and that rows name only cases in `ids`.
    ///
    /// # Errors
    ///
    /// The missing and unknown names, one a line.
    pub(crate) fn is_whole(
        &self,
        known: &BTreeSet<String>,
        ids: &BTreeSet<String>,
        is_fault: impl Fn(&str) -> bool,
    ) -> Result<(), String> {
        let listed: BTreeSet<String> = self.rows.iter().map(|row| row.switch.clone()).collect();
        let missing = known.difference(&listed);
        let mut wrong: Vec<String> = missing.map(|name| format!("`{name}` has no row")).collect();
        let others = listed.difference(known).filter(|switch| !is_fault(switch));
        wrong.extend(others.map(|switch| format!("there is no fault `{switch}`")));
        for row in &self.rows {
            if row.must_fail.is_empty() && row.non_strict.is_empty() && row.control.is_none() {
                wrong.push(format!("`{}` must be noticed by no case", row.name()));
            }
            if row.also.iter().any(|also| also.case == "*") {
                wrong.push(format!("`{}` may be noticed by every case", row.name()));
            }
        }
        let named = self.rows.iter().flat_map(Row::cases);
        let unknown = named.filter(|id| !ids.iter().any(|known| textual::is_like(id, known)));
        wrong.extend(unknown.map(|id| format!("no case {id} with this role")));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// Checks that some row breaks the claim of each of these cases, or that it is exempt.
    ///
    /// # Errors
    ///
    /// The cases that cannot fail, and the exemptions that no case needs, one a line.
    pub(crate) fn can_all_fail<'a>(
        &self,
        cases: impl Iterator<Item = &'a Case>,
    ) -> Result<(), String> {
        let broken: BTreeSet<&str> = (self.rows.iter())
            .flat_map(|row| row.must_fail.iter().chain(&row.non_strict))
            .map(|id| case::file_id(id))
            .collect();
        let mut unused: BTreeSet<&str> =
            self.exempt.iter().flat_map(|exempt| &exempt.cases).map(String::as_str).collect();
        // A case of level `info` has no claim that could be broken.
        let claims = cases.filter(|case| case.head.level.value != Level::Info);
        let sound: BTreeSet<&str> =
            claims.map(Case::file_id).filter(|id| !broken.contains(id)).collect();
        let mut wrong = Vec::new();
        for id in sound {
            if !unused.remove(id) {
                wrong.push(format!(
                    "no row has {id} under `must_fail` or `non_strict`, and it is not exempt"
                ));
            }
        }
        wrong.extend(unused.iter().map(|id| format!("{id} is exempt, and need not be")));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

impl Row {
    /// Its name: the fault, and the target where that is a special one.
    pub(crate) fn name(&self) -> String {
        match &self.target {
            Some(target) => format!("{} on {target}", self.switch),
            None => self.switch.clone(),
        }
    }

    /// Whether only the cases that must notice are played.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether a case can notice the fault.
    pub(crate) fn plays(&self, id: &str) -> bool {
        if self.alone {
            return self.must_fail.iter().chain(&self.non_strict).any(|listed| listed == id);
        }
        self.among.is_empty() || self.among.iter().any(|pattern| textual::is_like(pattern, id))
    }

    /// Whether the table names a case, by its id or by a pattern.
    pub(crate) fn lists(&self, id: &str) -> bool {
        if self.must_pass.iter().any(|listed| listed == id) {
            return false;
        }
        // A row about a case is about it over every transport.
        let file = case::file_id(id);
        self.must_fail.iter().any(|listed| listed == id || listed == file)
            || self
                .also
                .iter()
                .any(|also| textual::is_like(&also.case, id) || textual::is_like(&also.case, file))
    }

    /// All cases that the table names, some of them by a pattern.
    pub(crate) fn cases(&self) -> impl Iterator<Item = &str> {
        self.must_fail
            .iter()
            .chain(&self.must_pass)
            .map(String::as_str)
            .chain(self.non_strict.iter().map(String::as_str))
            .chain(self.also.iter().map(|also| also.case.as_str()))
    }
}

/// Whether a case came out as a row wants it.
type Demand = fn(&CaseResult) -> bool;

/// Cases that must notice and did not; cases that must pass and did not; cases that noticed and are
/// not listed.
pub(crate) fn compare(row: &Row, summary: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    let passes = |case: &CaseResult| matches!(case.verdict, Verdict::Pass | Verdict::Drift);
    let is_non_strict = |case: &CaseResult| case.verdict == Verdict::NonStrict;
    let demands: [(&[String], &str, Demand); 3] = [
        (&row.must_fail, "notice", notices),
        (&row.must_pass, "pass", passes),
        (&row.non_strict, "be non-strict", is_non_strict),
    ];
    for (ids, what, does) in demands {
        for id in ids {
            let case = summary.cases.iter().find(|case| case.id == *id);
            if !case.is_some_and(does) {
                let verdict = case.map_or("not played", |case| case.verdict.word());
                wrong.push(format!("{id} must {what}, but is {verdict}"));
            }
        }
    }
    let broken = |case: &&CaseResult| matches!(case.verdict, Verdict::Fail | Verdict::Error);
    for case in summary.cases.iter().filter(broken) {
        if !row.lists(&case.id) {
            let why = case.failure.as_ref().map(|failure| failure.message.as_str());
            let why = why.or(case.note.as_deref()).unwrap_or_default();
            wrong.push(format!("{} is {} and is not listed: {why}", case.id, case.verdict));
        }
    }
    // Where the steps held, how the connections ended must show it. Over BOSH there is no WebSocket
    // to be closed.
    let held = |case: &&CaseResult| {
        (case.verdict == Verdict::Pass || case.verdict == Verdict::Drift)
            && case.id == case::file_id(&case.id)
    };
    for case in summary.cases.iter().filter(held) {
        if row
            .close
            .as_deref()
            .is_some_and(|axis| case.close != CloseAxis::NotReached && case.close.word() != axis)
        {
            wrong.push(format!("{} ended {}", case.id, case.close));
        }
    }
    wrong
}

/// Whether the claim of a case is broken. One of level `should` is then NON-STRICT.
fn notices(case: &CaseResult) -> bool {
    match case.verdict {
        Verdict::Fail => true,
        Verdict::NonStrict => case.level == Level::Should && case.failure.is_some(),
        _ => false,
    }
}
