//! What a client under test reports, and the steps that ask for it.

use std::time::{Duration, Instant};

use case::Step;
use serde_json::Value;

use super::player::{Player, Stop, Wait};
use super::taking::failure;
use crate::bindings::Bindings;
use crate::client::Report;
use crate::outcome::{Closest, Difference};
use crate::template;

impl Player<'_> {
    /// Waits for the next report of an event, which must fit. Other events are passed over.
    pub(super) async fn take_report(
        &mut self,
        step: &Step,
        conn: &str,
        wanted: &case::Report,
        within: Option<Duration>,
    ) -> Result<(), Stop> {
        self.step += 1;
        let within = self.deadline(within);
        let deadline = Instant::now() + within;
        self.until += within;
        let mut nearest: Option<(Vec<Difference>, String)> = None;
        loop {
            while let Some(report) = self.guest.as_mut().and_then(|guest| guest.reports.pop_front())
            {
                let is_of_it = report.get("event").and_then(Value::as_str)
                    == Some(wanted.event.value.as_str());
                let line = Value::Object(report.clone()).to_string();
                if !is_of_it {
                    nearest = Some((Vec::new(), line));
                    continue;
                }
                let rows = differences(wanted, &report, &mut self.bindings);
                if rows.is_empty() {
                    self.moments.note(Instant::now());
                    self.log.reported(conn, &line, self.step);
                    return Ok(());
                }
                let message = format!("another `{}` was reported", wanted.event.value);
                return Err(fails(step, message, Some((rows, line))));
            }
            let why = match self.wait(deadline, super::player::Awaited::default()).await? {
                Wait::Arrived => continue,
                Wait::TimedOut | Wait::AtRest => {
                    format!("within {}", case::duration::print(within))
                }
                Wait::Gone(why) => format!("and nothing more will: {why}"),
            };
            return Err(fails(step, format!("no such report came {why}"), nearest));
        }
    }
}

fn fails(step: &Step, message: String, nearest: Option<(Vec<Difference>, String)>) -> Stop {
    let mut failure = failure(step, message);
    failure.closest =
        nearest.map(|(rows, text)| Closest { line: None, kind: "report".to_owned(), rows, text });
    Stop::Failed(Box::new(failure))
}

/// Where a report is not as wanted. What it captures is bound only when all of it fits.
fn differences(wanted: &case::Report, came: &Report, bindings: &mut Bindings) -> Vec<Difference> {
    let mut trial = bindings.clone();
    let text = |value: &Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let row = |place: &str, wanted: String, got: Option<String>| Difference {
        place: place.to_owned(),
        wanted,
        why: if got.is_none() { "missing" } else { "differs" }.to_owned(),
        got: got.unwrap_or_else(|| "–".to_owned()),
    };
    let mut rows = Vec::new();
    for (key, template) in &wanted.fields {
        let got = came.get(&key.value).map(text);
        let fits =
            got.as_ref().is_some_and(|got| template::fits(template, got.as_bytes(), &mut trial));
        if !fits {
            let shown = template::make_text(template, &mut trial.clone())
                .unwrap_or_else(|_| template.to_string());
            rows.push(row(&key.value, shown, got));
        }
    }
    if rows.is_empty() {
        *bindings = trial;
    }
    rows
}
