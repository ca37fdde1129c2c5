//! The sabotage tables `cases/_sabotage.toml` and `cases/_sabotage-client.toml`: which cases must notice which fault of the
//! fake or of the reference client.

use std::collections::BTreeSet;

use runner::Kind;
use serde::Deserialize;

use suite::Suite;

/// A sabotage table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// One row for each fault.
    #[serde(rename = "row")]
    pub(crate) rows: Vec<Row>,
}

/// The cases that must notice one fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// Name of the fault.
    pub(crate) switch: String,
    /// Cases that must FAIL, or be NON-STRICT where their level is `should`.
    #[serde(default)]
    pub(crate) must_fail: Vec<String>,
    /// Cases that may FAIL too.
    #[serde(default)]
    also: Vec<Also>,
    /// How all connections end that a case does not end itself.
    pub(crate) close: Option<String>,
    /// The permitted effect of a fault that breaks no rule.
    pub(crate) control: Option<Control>,
}

/// A case that may notice a fault, but need not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
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
        let text = std::fs::read_to_string(path.path()).map_err(|error| said(&error))?;
        toml::from_str(&text).map_err(|error| said(&error))
    }

    /// Checks that the rows are exactly the `known` faults, and that they name only cases in `ids`.
    ///
    /// # Errors
    ///
    /// The missing and unknown names, one a line.
    pub(crate) fn is_whole(
        &self,
        known: &BTreeSet<String>,
        ids: &BTreeSet<String>,
    ) -> Result<(), String> {
        let listed: BTreeSet<String> = self.rows.iter().map(|row| row.switch.clone()).collect();
        let one_sided = known.symmetric_difference(&listed);
        let mut wrong: Vec<String> =
            one_sided.map(|name| format!("`{name}` is only on one side")).collect();
        let named = self.rows.iter().flat_map(Row::cases);
        let unknown = named.filter(|id| !ids.contains(*id));
        wrong.extend(unknown.map(|id| format!("no case {id} with this role")));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }
}

impl Row {
    /// All cases that the table names.
    pub(crate) fn cases(&self) -> impl Iterator<Item = &str> {
        self.must_fail
            .iter()
            .map(String::as_str)
            .chain(self.also.iter().map(|also| also.case.as_str()))
    }
}
