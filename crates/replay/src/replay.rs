//! The recording as a script for the engine: which track a connection is on, and what follows from
//! what.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{ClientAct, ConnectionId, Cue, Reply, Script, ServerAct};
use explain::Conversation;
use mask::{MaskedArg, Secrets};
use stanza::{Element, escape, ns};
use wire::{Headers, RequestHead};

use crate::answers::Answers;
use crate::live::{Acts, Progress};
use crate::shape::Shape;
use crate::track::{self, LineKind, Track};
use crate::values::Values;

/// The longest description of a message of a client.
const LONGEST: usize = 200;

/// The file shows nothing that could be said again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing in it can be replayed: {lacks}{remarks}")]
pub struct NothingToReplay {
    lacks: String,
    remarks: String,
}

impl NothingToReplay {
    /// Says what a recording without tracks lacks. `masked` has no secrets.
    fn new(masked: &Conversation) -> Self {
        let remarks = masked.sources.iter().flat_map(|source| &source.remarks);
        let remarks: String = remarks.map(|one| format!(". {one}")).collect();
        let explain = ". Let `explain` say why".to_owned();
        let remarks = if remarks.is_empty() { explain.clone() } else { remarks };
        let Some(one) = masked.connections.iter().find(|one| one.behind.is_none()) else {
            let lacks = "it shows neither messages of a server nor answers of HTTP".to_owned();
            return Self { lacks, remarks };
        };
        let lacks = "it shows nothing that a server said on the WebSocket".to_owned();
        // A browser's word on the failure tells more than the limits of its format.
        match one.upgrade.error.iter().chain(&one.reported).next() {
            Some(error) => Self {
                lacks: format!("{lacks}, which failed: {}", clipped(error)),
                remarks: explain,
            },
            None => Self { lacks, remarks },
        }
    }
}

/// A recording that answers clients.
#[derive(Debug, Clone)]
pub struct Replay {
    tracks: Vec<Track>,
    answers: Answers,
    /// Requests that change something, in the order of the recording.
    acts: Vec<(usize, Option<i64>)>,
    /// The place of the last one that came.
    reached: Option<usize>,
    live: BTreeMap<ConnectionId, Progress>,
    /// Tracks that a connection has begun.
    used: Vec<bool>,
    values: Values,
}

impl Replay {
    /// Of everything that was read of a recording. Its secrets do not go with it.
    ///
    /// # Errors
    ///
    /// There is nothing that a server said, or nothing of the only WebSockets that there are: their
    /// client would get no further than to the requests beside them.
    pub fn new(conversation: &Conversation) -> Result<Self, NothingToReplay> {
        let masked = explain::without_secrets(conversation);
        let mut tracks = Track::all(conversation, &masked);
        let mut answers = Answers::of(&masked);
        let has_websockets = conversation.connections.iter().any(|one| one.behind.is_none());
        if tracks.is_empty() && (answers.0.is_empty() || has_websockets) {
            return Err(NothingToReplay::new(&masked));
        }
        order(&mut tracks, &mut answers);
        let mut acts: Vec<_> =
            answers.0.iter().filter(|one| one.is_act()).map(|one| (one.place, one.at)).collect();
        acts.sort_unstable();
        let used = vec![false; tracks.len()];
        let (reached, live, values) = (None, BTreeMap::new(), Values::default());
        Ok(Self { tracks, answers, acts, reached, live, used, values })
    }

    /// How many connections, and requests of HTTP, it can repeat.
    #[must_use]
    pub fn extent(&self) -> (usize, usize) {
        (self.tracks.len(), self.answers.0.len())
    }

    /// Puts a connection on the next track that was not begun yet; after the last, on the last.
    /// Those of the same path come first, then those of XMPP: a page may have other WebSockets.
    fn begin(&mut self, id: ConnectionId, path: Option<&str>) -> Option<usize> {
        let rank = |track: &Track| (path.is_some_and(|path| track.has_path(path)), track.is_xmpp);
        let best = self.tracks.iter().map(rank).max()?;
        let mut right = (0..self.tracks.len()).filter(|index| rank(&self.tracks[*index]) == best);
        let last = right.clone().next_back();
        let track = right.find(|index| !self.used[*index]).or(last)?;
        self.used[track] = true;
        let mut values = self.values.clone();
        for name in stream_ids(&self.tracks[track]) {
            // Two streams on one track are two streams.
            values.text(&name, &format!("{name}-{}", id.0));
        }
        self.live.insert(id, Progress::new(track, self.tracks[track].lines.len(), values));
        Some(track)
    }

    /// A message of a client: what the recording has after it.
    fn message(&mut self, id: ConnectionId, text: &str) -> Vec<Cue> {
        let shape = Shape::of(text);
        let mut cues = Vec::new();
        if let Some(user) = explain::user(text) {
            self.change_track(id, &shape, &user);
            cues.push(now(id, ServerAct::Name(user)));
        }
        let acts = Acts { all: &self.acts, reached: self.reached };
        let Some(live) = self.live.get_mut(&id) else { return cues };
        let track = &self.tracks[live.track];
        if shape.is("open") {
            open(live, track, text);
        }
        if shape.is_request() {
            live.asks_for(resource(text));
        }
        match live.find(track, &shape) {
            Some((index, _)) => {
                cues.extend(live.came(id, track, index, Some(&shape), &acts));
            }
            // Nothing answers an answer.
            None if shape.is_answer() => {}
            None => {
                let nearest = live.nearest(track, &shape);
                cues.push(lacks(id, &shape.to_string(), nearest));
                cues.extend(
                    shape.is_request().then(|| now(id, ServerAct::Say(unanswered(&shape)))),
                );
            }
        }
        cues
    }

    /// A user logs in: its own track is the right one, if it is still free.
    fn change_track(&mut self, id: ConnectionId, shape: &Shape, user: &str) {
        let Some(live) = self.live.get_mut(&id) else { return };
        let own = self.tracks[live.track].user.as_deref();
        if own != Some(user) {
            let is_free = |(index, track): (usize, &Track)| {
                (!self.used[index] && track.user.as_deref() == Some(user)).then_some(index)
            };
            if let Some(better) = self.tracks.iter().enumerate().find_map(is_free) {
                self.used[live.track] = false;
                self.used[better] = true;
                let lines = self.tracks[better].lines.len();
                let mut other = Progress::new(better, lines, live.values.clone());
                if let Some((index, _)) = other.find(&self.tracks[better], shape) {
                    other.skip_to(index);
                }
                *live = other;
            }
        }
        if let Some(recorded) = &self.tracks[live.track].user {
            live.values.user(recorded, user);
            self.values.user(recorded, user);
        }
    }
}

impl Script for Replay {
    fn upgrade(&mut self, id: ConnectionId, head: &RequestHead) -> Vec<Cue> {
        let Some(track) = self.begin(id, Some(head.path())) else {
            let what = format!("a WebSocket at {}", clipped(head.path()));
            let reply = refusal(501, "the recording has no WebSocket");
            return vec![lacks(id, &what, None), now(id, ServerAct::Respond(reply))];
        };
        let track = &self.tracks[track];
        let upgrade = &track.upgrade;
        let is_switched = matches!(upgrade.status, Some(101 | 200));
        if is_switched || !track.shows_upgrade || track.lines.iter().any(|line| line.is_act()) {
            return vec![now(id, ServerAct::Switch)];
        }
        match upgrade.status {
            Some(status) => {
                let reply = Reply {
                    status,
                    reason: upgrade.reason.clone(),
                    headers: upgrade.answered.clone().unwrap_or_default(),
                    body: upgrade.body.clone(),
                };
                vec![now(id, ServerAct::Respond(reply))]
            }
            None => {
                let end = track.lines.iter().find_map(|line| match &line.said {
                    LineKind::Server { deed: track::RecordedAct::End, .. } => Some(ServerAct::End),
                    LineKind::Server { deed: track::RecordedAct::Reset, .. } => {
                        Some(ServerAct::Reset)
                    }
                    _ => None,
                });
                end.map(|deed| now(id, deed)).into_iter().collect()
            }
        }
    }

    fn session(&mut self, id: ConnectionId) {
        self.begin(id, None);
    }

    fn hear(&mut self, id: ConnectionId, heard: ClientAct<'_>) -> Option<Vec<Cue>> {
        match heard {
            ClientAct::Text(text) => Some(self.message(id, text)),
            ClientAct::Close => {
                let acts = Acts { all: &self.acts, reached: self.reached };
                let live = self.live.get_mut(&id)?;
                let track = &self.tracks[live.track];
                let index = live.find_close(track)?;
                Some(live.came(id, track, index, None, &acts))
            }
            ClientAct::Gone => {
                self.live.remove(&id);
                None
            }
        }
    }

    fn ask(&mut self, id: ConnectionId, head: &RequestHead, body: &[u8]) -> Vec<Cue> {
        let body = String::from_utf8_lossy(body);
        let user = user_of(head);
        let found = self.answers.find(head, &body, user.as_deref(), &mut self.values);
        let Some(found) = found else {
            let what = format!("{} {}", clipped(&head.method), clipped(head.path()));
            let nearest = self.answers.nearest(head);
            let why = "the recording has no answer to this request";
            return vec![lacks(id, &what, nearest), now(id, ServerAct::Respond(refusal(501, why)))];
        };
        let mut cues = Vec::new();
        cues.extend(found.answer.map(|reply| Cue {
            on: id,
            after: found.after,
            deed: ServerAct::Respond(reply),
        }));
        let one = &self.answers.0[found.index];
        if one.is_act() {
            let cause = (one.place, one.at);
            self.reached = self.reached.max(Some(one.place));
            let acts = Acts { all: &self.acts, reached: self.reached };
            for (on, live) in &mut self.live {
                live.values.join(&self.values);
                cues.extend(live.caused(*on, &self.tracks[live.track], cause, &acts));
            }
        }
        cues
    }

    fn begin_anew(&mut self) {
        self.live.clear();
        self.used.fill(false);
        self.answers.begin_anew();
        self.values = Values::default();
        self.reached = None;
    }
}

/// Gives everything that was said its place. Where times are missing, files tell no order between
/// connections, so one comes after the other.
fn order(tracks: &mut [Track], answers: &mut Answers) {
    let lines = tracks.iter_mut().flat_map(|track| track.lines.iter_mut());
    let mut all: Vec<(Option<i64>, &mut usize)> =
        lines.map(|line| (line.at, &mut line.place)).collect();
    all.extend(answers.0.iter_mut().map(|one| (one.at, &mut one.place)));
    if all.iter().all(|(at, _)| at.is_some()) {
        all.sort_by_key(|(at, _)| *at);
    }
    for (place, (_, own)) in all.into_iter().enumerate() {
        *own = place;
    }
}

/// The ids that the server gave to streams.
fn stream_ids(track: &Track) -> Vec<String> {
    let mut ids: Vec<String> = track.opens().filter_map(|open| attribute(&open, "id")).collect();
    ids.dedup();
    ids
}

fn attribute(element: &Element, name: &str) -> Option<String> {
    element.attr(name).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The client opens a stream to this domain, which takes the place of the recorded one.
fn open(live: &mut Progress, track: &Track, text: &str) {
    let Some(present) =
        stanza::parse(text).ok().and_then(|open| open.attr("to").map(str::to_owned))
    else {
        return;
    };
    let recorded = track.opens().find_map(|open| attribute(&open, "from"));
    if let Some(recorded) = recorded {
        live.values.text(&recorded, &present);
    }
}

/// The resource that a request asks for.
fn resource(text: &str) -> Option<String> {
    let element = stanza::parse(text).ok()?;
    let resource = element.child(ns::BIND, "bind")?.child(ns::BIND, "resource")?.text();
    (!resource.is_empty()).then_some(resource)
}

/// The user of a request, by its credentials.
fn user_of(head: &RequestHead) -> Option<String> {
    let value = head.headers.first("authorization")?;
    let login = Secrets::default().credentials(&format!("Authorization: {value}"))?;
    match login.args.first()? {
        MaskedArg::Text(user) => Some(user.clone()),
        MaskedArg::Variable(_) => None,
    }
}

fn now(on: ConnectionId, deed: ServerAct) -> Cue {
    Cue { on, after: Duration::ZERO, deed }
}

fn lacks(id: ConnectionId, what: &str, nearest: Option<String>) -> Cue {
    let nearest = nearest.map(|nearest| clipped(&nearest));
    now(id, ServerAct::Lacks { what: clipped(what), nearest })
}

fn clipped(text: &str) -> String {
    textual::clipped(text, LONGEST).into_owned()
}

/// The answer to a request that the recording does not answer: a client waits for one (RFC 6120
/// §8.2.3).
fn unanswered(shape: &Shape) -> String {
    format!(
        "<iq xmlns='jabber:client' type='error' id='{}'><error type='cancel'>\
         <feature-not-implemented xmlns='{}'/>\
         <text xmlns='{}'>the recording has no answer to this</text></error></iq>",
        escape::attr(&shape.id).replace('\'', "&apos;"),
        ns::STANZA_ERRORS,
        ns::STANZA_ERRORS,
    )
}

fn refusal(status: u16, why: &str) -> Reply {
    let kind = ("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned());
    Reply { status, reason: String::new(), headers: Headers(vec![kind]), body: format!("{why}\n") }
}
