//! Expectations: their counts, and the nearest messages for the report.

use std::fmt::Write as _;

use engine::{Said, Transcript};

use crate::error::Error;
use crate::pattern::{Candidate, Difference, Pattern};

/// The most expectations of a fake at once.
const MOST: usize = 256;

/// The most near messages in a report.
const NEAREST: usize = 2;

/// The longest line of a message in a report, in octets.
const LONGEST: usize = 4096;

/// The most fitting messages in a report.
const SHOWN: usize = 5;

/// A message that clients are expected to send, and how often it came so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The number by which it is removed.
    pub id: u64,
    /// The pattern of the expected message.
    pub pattern: Pattern,
    /// How often the message must come at least.
    pub least: u64,
    /// How often the message may come at most; `None` for no bound.
    pub most: Option<u64>,
    /// How often the message has come so far.
    pub came: u64,
    /// Whether the fake panics at its end if it is not met.
    pub(crate) on_drop: bool,
    fitting: Vec<String>,
    near: Vec<NearMiss>,
}

/// A message that nearly fits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NearMiss {
    line: String,
    akin: bool,
    differences: Vec<Difference>,
}

/// All expectations of a fake, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    all: Vec<Expected>,
    numbered: u64,
}

impl Expectations {
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn list(&self) -> &[Expected] {
        &self.all
    }

    /// Adds an expectation: at least once, from now on.
    pub(crate) fn add(&mut self, pattern: Pattern, on_drop: bool) -> Result<u64, Error> {
        if self.all.len() >= MOST {
            return Err(Error::TooManyExpectations { most: MOST });
        }
        self.numbered += 1;
        let id = self.numbered;
        self.all.push(Expected {
            id,
            pattern,
            least: 1,
            most: None,
            came: 0,
            on_drop,
            fitting: Vec::new(),
            near: Vec::new(),
        });
        Ok(id)
    }

    /// Sets how often the message is expected.
    pub(crate) fn set(&mut self, id: u64, least: u64, most: Option<u64>) {
        if let Some(expected) = self.all.iter_mut().find(|expected| expected.id == id) {
            (expected.least, expected.most) = (least, most);
        }
    }

    /// Counts a message of a client, a request or an answer.
    pub(crate) fn hear(&mut self, said: &Said, heard: &Candidate) {
        for expected in &mut self.all {
            expected.hear(said, heard);
        }
    }

    /// Takes expectations, so that each is judged once.
    pub(crate) fn take(&mut self, which: impl Fn(&Expected) -> bool) -> Vec<Expected> {
        let (taken, left) = std::mem::take(&mut self.all).into_iter().partition(which);
        self.all = left;
        taken
    }
}

impl Expected {
    /// Whether the count is within its bounds.
    pub fn is_met(&self) -> bool {
        self.came >= self.least && self.most.is_none_or(|most| self.came <= most)
    }

    fn hear(&mut self, said: &Said, heard: &Candidate) {
        let differences = self.pattern.differences(heard);
        if differences.is_empty() {
            self.came += 1;
            if self.fitting.len() < SHOWN {
                self.fitting.push(line(said));
            }
        } else if self.came == 0 {
            come_near(&mut self.near, &self.pattern, said, differences);
        } else {
            self.near.clear();
        }
    }

    /// The report of an expectation that is not met.
    pub(crate) fn report(&self) -> String {
        let times = |n: u64| if n == 1 { "once".to_owned() } else { format!("{n} times") };
        let wanted = match (self.least, self.most) {
            (least, Some(most)) if least == most => times(least),
            (least, None) => format!("at least {}", times(least)),
            (0, Some(most)) => format!("at most {}", times(most)),
            (least, Some(most)) => format!("{least} to {most} times"),
        };
        let came = if self.came == 0 {
            "did not come".to_owned()
        } else {
            format!("came {}", times(self.came))
        };
        let mut report = format!("expected {}\n  wanted {wanted}, {came}\n", self.pattern);
        if self.came > 0 {
            for line in &self.fitting {
                let _ = writeln!(report, "  {line}");
            }
        } else {
            report.push_str(&nearest(&self.near));
        }
        report
    }
}

/// The report of a wait that ended without a message, with the nearest messages.
pub(crate) fn in_vain(
    pattern: &Pattern,
    within: std::time::Duration,
    transcript: &Transcript,
) -> String {
    let mut near = Vec::new();
    for said in &transcript.said {
        if let Some(heard) = Candidate::of(said) {
            come_near(&mut near, pattern, said, pattern.differences(&heard));
        }
    }
    let within = humantime::format_duration(within);
    format!("waited {within} for {pattern}\n{}{}", nearest(&near), what_was_said(transcript))
}

/// The transcript at the end of a report.
pub(crate) fn what_was_said(transcript: &Transcript) -> String {
    if transcript.said.is_empty() {
        return "  nothing was said at all\n".to_owned();
    }
    format!("\n  what was said\n{transcript}")
}

/// Keeps a message if it is among the nearest.
fn come_near(
    near: &mut Vec<NearMiss>,
    pattern: &Pattern,
    said: &Said,
    differences: Vec<Difference>,
) {
    if differences.is_empty() {
        return;
    }
    let akin = pattern.is_akin(&differences);
    near.push(NearMiss { line: line(said), akin, differences });
    // The sort is stable: of equally near messages the first stays.
    near.sort_by_key(|near| (!near.akin, near.differences.len()));
    near.truncate(NEAREST);
}

/// A message for a report, cut if it is long.
fn line(said: &Said) -> String {
    textual::clipped(&said.to_string(), LONGEST).into_owned()
}

/// A table of the differences of the nearest messages.
fn nearest(near: &[NearMiss]) -> String {
    let mut report = String::new();
    for near in near.iter().filter(|near| near.akin) {
        let row = |place: &str, wanted: &str, got: &str, widths: (usize, usize)| {
            format!("      {place:0$}  {wanted:1$}  {got}\n", widths.0, widths.1)
        };
        let width = |column: fn(&Difference) -> &str, head: &str| {
            near.differences
                .iter()
                .map(|difference| column(difference).chars().count())
                .chain([head.len()])
                .max()
                .unwrap_or_default()
        };
        let widths = (width(|d| &d.place, "where"), width(|d| &d.wanted, "wanted"));
        let _ = writeln!(report, "  closest {}", near.line.trim_start());
        report.push_str(&row("where", "wanted", "got", widths));
        for difference in &near.differences {
            report.push_str(&row(&difference.place, &difference.wanted, &difference.got, widths));
        }
    }
    if report.is_empty() {
        report.push_str("  no client said anything of this kind\n");
    }
    report
}
