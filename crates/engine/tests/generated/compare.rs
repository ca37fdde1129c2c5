//! Compares what was said with what was recorded: for each step and connection the messages in
//! their order, octet for octet after the normaliser. A message may come two steps earlier or
//! later, since a recorder cannot know when a server has finished.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::normalise::Normaliser;
use crate::play::Played;
use crate::recording::{Recording, TCP_CLOSED};

/// By how many steps a message may be early or late.
const EARLY_OR_LATE: usize = 2;

/// How one recording came out.
pub(crate) struct Outcome {
    /// How many messages were recorded.
    pub(crate) wanted: usize,
    /// How many of them were said.
    pub(crate) equal: usize,
    pub(crate) differences: Vec<Difference>,
}

/// A message that was recorded and not said, or the reverse, or that was said in another way.
pub(crate) struct Difference {
    pub(crate) step: usize,
    pub(crate) connection: char,
    pub(crate) kind: Kind,
    pub(crate) wanted: Option<Message>,
    pub(crate) got: Option<Message>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another message in its place.
    Differ,
    Missing,
    Extra,
    /// The same messages of a step, in another order.
    Order,
    /// Missing, since the connection was ended or not upgraded before.
    Lost,
}

/// A message as it was said, and after the normaliser.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) normalised: String,
    /// The line of the recording, or 0.
    pub(crate) line: usize,
}

type Place = (usize, char);

pub(crate) fn compare(recording: &Recording, played: &Played) -> Outcome {
    let wanted = wanted_messages(recording);
    let heard = heard_messages(played);
    let places: BTreeSet<Place> = wanted.keys().chain(heard.keys()).copied().collect();
    let none = Vec::new();
    let mut equal = 0;
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    for place in places {
        let (then, now) = (wanted.get(&place).unwrap_or(&none), heard.get(&place).unwrap_or(&none));
        let key = |messages: &[Message]| -> Vec<String> {
            messages.iter().map(|message| message.normalised.clone()).collect()
        };
        for op in capture_diff_slices(Algorithm::Lcs, &key(then), &key(now)) {
            if let DiffOp::Equal { len, .. } = op {
                equal += len;
            } else {
                missing.extend(then[op.old_range()].iter().map(|message| (place, message.clone())));
                extra.extend(now[op.new_range()].iter().map(|message| (place, message.clone())));
            }
        }
    }
    missing.retain(|(place, message)| {
        let found = extra.iter().position(|(other, said)| is_same(*place, message, *other, said));
        found.map(|at| extra.remove(at)).inspect(|_| equal += 1).is_none()
    });
    let places: BTreeSet<Place> = missing.iter().chain(&extra).map(|(place, _)| *place).collect();
    let lost = Lost::new(recording, played);
    let differences = places
        .into_iter()
        .flat_map(|place| {
            let of = |messages: &[(Place, Message)]| -> Vec<Message> {
                let here = messages.iter().filter(|(other, _)| *other == place);
                here.map(|(_, message)| message.clone()).collect()
            };
            differences(place, of(&missing), of(&extra), &lost)
        })
        .collect();
    Outcome { wanted: recording.wanted.len(), equal, differences }
}

/// Whether a message that is missing at one place is one that was said at another.
fn is_same(place: Place, message: &Message, other: Place, said: &Message) -> bool {
    let apart = place.0.abs_diff(other.0);
    place.1 == other.1
        && (1..=EARLY_OR_LATE).contains(&apart)
        && message.normalised == said.normalised
}

fn wanted_messages(recording: &Recording) -> BTreeMap<Place, Vec<Message>> {
    let normaliser = Normaliser::new(recording.wanted.iter().map(|wanted| wanted.text.as_str()));
    let mut messages: BTreeMap<Place, Vec<Message>> = BTreeMap::new();
    for wanted in &recording.wanted {
        let normalised = normaliser.normalised(&wanted.text);
        let message = Message { text: wanted.text.clone(), normalised, line: wanted.line };
        messages.entry((wanted.step, wanted.connection)).or_default().push(message);
    }
    messages
}

fn heard_messages(played: &Played) -> BTreeMap<Place, Vec<Message>> {
    let normaliser = Normaliser::new(played.heard.iter().map(|heard| heard.text.as_str()));
    let mut messages: BTreeMap<Place, Vec<Message>> = BTreeMap::new();
    for heard in &played.heard {
        let normalised = normaliser.normalised(&heard.text);
        let message = Message { text: heard.text.clone(), normalised, line: 0 };
        messages.entry((heard.step, heard.connection)).or_default().push(message);
    }
    messages
}

/// Pairs what is left of one step of a connection: by element and id where that is possible, then
/// in order.
fn differences(
    place: Place,
    missing: Vec<Message>,
    mut extra: Vec<Message>,
    lost: &Lost<'_>,
) -> Vec<Difference> {
    let (step, connection) = place;
    let sorted = |messages: &[Message]| {
        let mut texts: Vec<String> =
            messages.iter().map(|message| message.normalised.clone()).collect();
        texts.sort();
        texts
    };
    let is_order = !missing.is_empty() && sorted(&missing) == sorted(&extra);
    if is_order {
        let pairs = missing.into_iter().zip(extra);
        return pairs
            .map(|(wanted, got)| Difference {
                step,
                connection,
                kind: Kind::Order,
                wanted: Some(wanted),
                got: Some(got),
            })
            .collect();
    }
    let mut pairs: Vec<(Option<Message>, Option<Message>)> = Vec::new();
    for wanted in missing {
        let key = identity(&wanted.normalised);
        let found = extra.iter().position(|got| identity(&got.normalised) == key);
        pairs.push((Some(wanted), found.map(|at| extra.remove(at))));
    }
    let mut rest = extra.into_iter();
    for (_, got) in pairs.iter_mut().filter(|(_, got)| got.is_none()) {
        *got = rest.next();
    }
    pairs.extend(rest.map(|got| (None, Some(got))));
    let kind = |wanted: &Option<Message>, got: &Option<Message>| match (wanted, got) {
        (Some(_), Some(_)) => Kind::Differ,
        (None, _) => Kind::Extra,
        (Some(_), None) if lost.is(place) => Kind::Lost,
        (Some(_), None) => Kind::Missing,
    };
    pairs
        .into_iter()
        .map(|(wanted, got)| {
            let kind = kind(&wanted, &got);
            Difference { step, connection, kind, wanted, got }
        })
        .collect()
}

static ROOT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^<(\w+)\b([^>]*)").expect("a regular expression"));
static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#" id="([^"]*)""#).expect("a regular expression"));

/// The name and id of a stanza, or the beginning of something else.
fn identity(text: &str) -> (String, Option<String>) {
    match ROOT.captures(text) {
        Some(groups) => {
            let id = ID.captures(&groups[2]).map(|id| id[1].to_owned());
            (groups[1].to_owned(), id)
        }
        None => (text.lines().next().unwrap_or_default().chars().take(12).collect(), None),
    }
}

/// Words that cannot have been said, since the connection was not there.
struct Lost<'p> {
    skipped: &'p [usize],
    /// The step in which the server ended a connection, recorded and now.
    recorded: BTreeMap<char, usize>,
    now: BTreeMap<char, usize>,
}

impl<'p> Lost<'p> {
    fn new(recording: &Recording, played: &'p Played) -> Self {
        let mut recorded = BTreeMap::new();
        for wanted in recording.wanted.iter().filter(|wanted| wanted.text == TCP_CLOSED) {
            recorded.insert(wanted.connection, wanted.step);
        }
        let mut now = BTreeMap::new();
        for heard in played.heard.iter().filter(|heard| heard.text == TCP_CLOSED) {
            now.entry(heard.connection).or_insert(heard.step);
        }
        Self { skipped: &played.skipped, recorded, now }
    }

    fn is(&self, (step, connection): Place) -> bool {
        let ended_early = self.now.get(&connection).is_some_and(|ended| {
            *ended < step && self.recorded.get(&connection).is_none_or(|then| then > ended)
        });
        ended_early || self.skipped.contains(&step)
    }
}
