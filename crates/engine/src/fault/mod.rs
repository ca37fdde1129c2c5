//! Faults: named, counted misbehaviour that a client must cope with, and that a test, a case or a
//! person asks for by one line of text, e.g. `drop-tcp after=success times=2`.
//!
//! All faults stand in one table; `--help`, the book and the control port are made from it. A
//! part of it is for testing the suite: faults that each break a rule which cases check.

mod alter;
mod distort;
mod frames;
mod installed;
mod moment;
mod parameter;
mod rest;
mod saying;
mod sending;
mod table;
mod text;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::outgoing::ElementKind;

pub(crate) use distort::distorted;
pub(crate) use frames::written;
pub use installed::InstalledFault;
pub(crate) use installed::{Faults, Occasion};
pub(crate) use moment::{Arrival, RestRequest};
pub(crate) use parameter::{Parameter, Part, Point, Transport};
pub(crate) use sending::{Sending, WAIT, sending};
use table::Group;
pub(crate) use table::{Edge, Name};
pub use table::{FaultParameter, FaultShape};
pub use watch::Watch;

/// One fault: what goes wrong, when, for whom and how often. It parses from its text and prints as
/// it.
///
/// ```
/// let fault: engine::Fault = "withhold what=event nth=3".parse()?;
/// assert_eq!(fault.to_string(), "withhold what=event nth=3");
/// # Ok::<(), engine::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub(crate) name: Name,
    /// The name that was given, if it is another one.
    alias: Option<Name>,
    values: BTreeMap<Parameter, Value>,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Point(Point),
    What(ElementKind),
    Part(Part),
    Transport(Transport),
    Duration(Duration),
    Number(u64),
    Text(String),
}

impl Fault {
    /// The faults that a client must cope with.
    pub fn table() -> impl Iterator<Item = FaultShape> {
        Name::ALL.iter().map(|name| name.shape()).filter(|shape| shape.group != Group::Suite)
    }

    /// The faults for testing the suite: each breaks a rule that the suite checks, for as long as
    /// it is there. They take no parameter but `over`.
    pub fn sabotages() -> impl Iterator<Item = FaultShape> {
        Name::ALL.iter().map(|name| name.shape()).filter(|shape| shape.group == Group::Suite)
    }

    /// The table, the parameters and their values, as text for a terminal.
    pub fn help() -> String {
        table::help()
    }

    /// Its effect, in one sentence.
    pub fn describe(&self) -> &'static str {
        self.alias.unwrap_or(self.name).meaning()
    }

    /// At which moment it strikes, if it is one of those that strike at a moment.
    pub(crate) fn moment(&self) -> Option<(Edge, Point)> {
        let point = |parameter, edge| match self.values.get(&parameter) {
            Some(Value::Point(point)) => Some((edge, *point)),
            _ => None,
        };
        point(Parameter::Before, Edge::Before).or_else(|| point(Parameter::After, Edge::After))
    }

    pub(crate) fn what(&self) -> Option<ElementKind> {
        match self.values.get(&Parameter::What) {
            Some(Value::What(what)) => Some(*what),
            _ => None,
        }
    }

    pub(crate) fn part(&self) -> Part {
        match self.values.get(&Parameter::Part) {
            Some(Value::Part(part)) => *part,
            _ => Part::Stanza,
        }
    }

    /// The only transport on which it strikes.
    pub(crate) fn over(&self) -> Option<Transport> {
        match self.values.get(&Parameter::Over) {
            Some(Value::Transport(over)) => Some(*over),
            _ => None,
        }
    }

    /// Whether it strikes on this transport.
    fn is_over(&self, over: Option<Transport>) -> bool {
        self.over().is_none_or(|only| over == Some(only))
    }

    pub(crate) fn duration(&self, parameter: Parameter) -> Option<Duration> {
        match self.values.get(&parameter) {
            Some(Value::Duration(duration)) => Some(*duration),
            _ => None,
        }
    }

    pub(crate) fn number(&self, parameter: Parameter) -> Option<u64> {
        match self.values.get(&parameter) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The status of HTTP with which it refuses.
    pub(crate) fn status(&self) -> Option<u16> {
        self.number(Parameter::Status).and_then(|status| status.try_into().ok())
    }

    pub(crate) fn text(&self, parameter: Parameter) -> Option<&str> {
        match self.values.get(&parameter) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}
