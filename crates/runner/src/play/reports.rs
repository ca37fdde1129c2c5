//! Reports of a client under test, and the steps that ask for them.

use std::time::Duration;

use case::{Piece, Step, Template, Token};
use serde_json::Value;
use tokio::time::Instant;

use super::client::ClientSide;
use super::player::{Player, Stop, Wait};
use super::taking::failure;
use crate::bindings::Bindings;
use crate::client::Report;
use crate::scene::Scene;
use crate::template;
use verdict::{Closest, Difference};

/// How much of a long text is shown, from where it differs; as much as a table of differences has
/// room for.
const SHOWN: usize = 46;

/// A report that a step waits for.
pub(super) struct WantedReport<'i> {
    /// The connection that it is told of.
    pub(super) conn: &'i str,
    pub(super) report: &'i case::Report,
    /// The step, and its number.
    pub(super) step: (&'i Step, usize),
    /// Its own deadline.
    pub(super) within: Option<Duration>,
}

impl Player<'_, ClientSide> {
    /// Waits for reports, in any order. The next one of an event that is among them must fit. Other
    /// events are passed over.
    pub(super) async fn take_reports_of_client(
        &mut self,
        mut all: Vec<WantedReport<'_>>,
    ) -> Result<(), Stop> {
        let within = self.deadline(all.iter().filter_map(|wanted| wanted.within).max());
        let deadline = Instant::now() + within;
        self.until += within;
        let mut nearest: Option<(Vec<Difference>, String)> = None;
        while let Some(first) = all.first() {
            let next = self.side.reports.pop_front();
            let Some((noted, report)) = next else {
                let step = first.step.0;
                let why = match self.wait_for_client(deadline).await? {
                    Wait::Arrived => continue,
                    Wait::TimedOut | Wait::AtRest => {
                        format!("within {}", case::duration::print(within))
                    }
                    Wait::Gone(why) => format!("and nothing more will: {why}"),
                };
                return Err(fails(step, format!("no such report came {why}"), nearest));
            };
            let line = Value::Object(report.clone()).to_string();
            let event = report.get("event").and_then(Value::as_str);
            let mut closest: Option<(usize, Vec<Difference>)> = None;
            for (at, wanted) in all.iter().enumerate() {
                if event != Some(wanted.report.event.value.as_str()) {
                    continue;
                }
                let rows = differences(wanted.report, &report, &mut self.bindings, self.scene);
                if closest.as_ref().is_none_or(|(_, best)| rows.len() < best.len()) {
                    closest = Some((at, rows));
                }
            }
            match closest {
                None => nearest = Some((Vec::new(), line)),
                Some((at, rows)) if rows.is_empty() => {
                    let WantedReport { conn, step: (_, number), .. } = all.remove(at);
                    self.moments.note(Instant::now());
                    self.log.claim_report(noted, conn, number);
                }
                Some((at, rows)) => {
                    let wanted = &all[at];
                    let event = &wanted.report.event.value;
                    let places: Vec<String> =
                        rows.iter().map(|row| format!("{} {}", row.place, row.why)).collect();
                    let more = match rows.iter().any(|row| row.why == "missing") {
                        true => "; `gate --help` has the members of a report",
                        false => "",
                    };
                    let places = places.join(", ");
                    let message = format!("another `{event}` was reported: {places}{more}");
                    return Err(fails(wanted.step.0, message, Some((rows, line))));
                }
            }
        }
        Ok(())
    }
}

fn fails(step: &Step, message: String, nearest: Option<(Vec<Difference>, String)>) -> Stop {
    let mut failure = failure(step, message);
    failure.closest =
        nearest.map(|(rows, text)| Closest { line: None, kind: "report".to_owned(), rows, text });
    Stop::Failed(Box::new(failure))
}

/// The difference of a report from the wanted one. Captures are bound only when all of it fits.
fn differences(
    wanted: &case::Report,
    came: &Report,
    bindings: &mut Bindings,
    scene: &Scene,
) -> Vec<Difference> {
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
            // Of a password that is cut a part would be left.
            let got = got.map(|got| excerpt(template, scene.secrets().scrub(&got)));
            rows.push(row(&key.value, shown, got));
        }
    }
    if rows.is_empty() {
        *bindings = trial;
    }
    rows
}

/// The part of a long text to show where a regular expression does not match: the text behind the
/// longest beginning of it that is there. Where there is no such beginning, and where texts are
/// compared from their first letter on, all.
fn excerpt(template: &Template, got: String) -> String {
    let regex = template.pieces.iter().find_map(|piece| match piece {
        Piece::Token(token) => match &token.value {
            Token::Regex(regex) => Some(regex.as_str()),
            _ => None,
        },
        _ => None,
    });
    let beginnings = regex.into_iter().flat_map(|regex| {
        let ends = regex.char_indices().map(|(at, c)| at + c.len_utf8());
        ends.rev().map(|end| &regex[..end])
    });
    let found = beginnings.into_iter().find_map(|beginning| got.find(beginning));
    match found {
        Some(at) if at > 0 && got.chars().count() > SHOWN => {
            let shown: String = got[at..].chars().take(SHOWN).collect();
            let more = if got[at..].len() > shown.len() { "…" } else { "" };
            format!("…{shown}{more}")
        }
        _ => got,
    }
}
