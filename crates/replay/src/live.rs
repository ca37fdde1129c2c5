//! A connection of the present client on the track of a recorded one.

use std::time::Duration;

use engine::{ConnectionId, Cue, ServerAct};

use crate::shape::Shape;
use crate::track::{self, Line, LineKind, Track};
use crate::values::{Values, with_id};

/// The progress of a client on a track.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    pub(crate) track: usize,
    pub(crate) values: Values,
    /// The lines that were said; an answer may be said again.
    done: Vec<bool>,
    /// The index of the client's last line that came, as the recording counts.
    reached: Option<usize>,
    /// The ids of stanzas as they came, by the index of the recorded line.
    ids: Vec<(usize, String)>,
    /// The resource that the client asks for.
    resource: Option<String>,
}

/// The acts of other connections that matter for the order: requests that change something, with
/// their places and times.
pub(crate) struct Acts<'a> {
    /// All of them, in order: place and time.
    pub(crate) all: &'a [(usize, Option<i64>)],
    /// The place of the last one that came.
    pub(crate) reached: Option<usize>,
}

/// An act that lets lines of the server go, and its time in the recording.
#[derive(Clone, Copy)]
struct Trigger {
    at: Option<i64>,
    place: usize,
}

impl Progress {
    pub(crate) fn new(track: usize, lines: usize, values: Values) -> Self {
        let done = vec![false; lines];
        Self { track, values, done, reached: None, ids: Vec::new(), resource: None }
    }

    /// The client's line that a message is: the first that fits and has not come yet; else the last
    /// that fits, and true for its coming again.
    pub(crate) fn find(&self, track: &Track, shape: &Shape) -> Option<(usize, bool)> {
        let same = |present: &str, recorded: &str| self.values.same(present, recorded);
        let fits = |recorded: &Shape| shape.differences(recorded, same).is_empty();
        let fitting = || track.client().filter(|(_, recorded)| fits(recorded));
        let fresh = || fitting().filter(|(index, _)| !self.done[*index]);
        let exact = fresh().find(|(_, recorded)| shape.has_address(recorded, same));
        match exact.or_else(|| fresh().next()) {
            Some((index, _)) => Some((index, false)),
            None => fitting().last().map(|(index, _)| (index, true)),
        }
    }

    /// The recorded message that is most like this one, and the difference, in words.
    pub(crate) fn nearest(&self, track: &Track, shape: &Shape) -> Option<String> {
        let same = |present: &str, recorded: &str| self.values.same(present, recorded);
        let distance = |recorded: &Shape| -> (usize, Vec<&'static str>) {
            let found = shape.differences(recorded, same);
            let weight = found.iter().map(|one| one.weight()).sum();
            (weight, found.iter().map(|one| one.word()).collect())
        };
        let near = track.client().map(|(_, recorded)| (recorded, distance(recorded)));
        let (recorded, (_, words)) = near.min_by_key(|(_, (weight, _))| *weight)?;
        Some(format!("{recorded} ({})", words.join(", ")))
    }

    /// The index of the client's close, if it closes in the recording.
    pub(crate) fn find_close(&self, track: &Track) -> Option<usize> {
        let is_close = |said: &LineKind| match said {
            LineKind::ClientClose => true,
            LineKind::Client(shape) => shape.is("close"),
            LineKind::Server { .. } => false,
        };
        (0..track.lines.len())
            .find(|index| !self.done[*index] && is_close(&track.lines[*index].said))
    }

    /// A message came that is a line of the track: what follows.
    pub(crate) fn came(
        &mut self,
        id: ConnectionId,
        track: &Track,
        index: usize,
        shape: Option<&Shape>,
        acts: &Acts<'_>,
    ) -> Vec<Cue> {
        let again = std::mem::replace(&mut self.done[index], true);
        if let Some(shape) = shape.filter(|shape| shape.is_stanza() && !shape.id.is_empty()) {
            self.ids.retain(|(known, _)| *known != index);
            self.ids.push((index, shape.id.clone()));
        }
        let line = &track.lines[index];
        let trigger = Trigger { at: line.at, place: line.place };
        if again {
            return self.answers_again(id, track, index);
        }
        self.reached = self.reached.max(Some(index));
        self.release(id, track, trigger, acts)
    }

    /// A request came that may be the cause of what this track's server says next.
    pub(crate) fn caused(
        &mut self,
        id: ConnectionId,
        track: &Track,
        cause: (usize, Option<i64>),
        acts: &Acts<'_>,
    ) -> Vec<Cue> {
        let (place, at) = cause;
        self.release(id, track, Trigger { at, place }, acts)
    }

    /// The lines before this one count as said: the client has come as far on another track.
    pub(crate) fn skip_to(&mut self, index: usize) {
        self.done[..index].fill(true);
        self.reached = index.checked_sub(1);
    }

    /// The client asks for this resource.
    pub(crate) fn asks_for(&mut self, resource: Option<String>) {
        self.resource = resource;
    }

    /// All lines of the server whose turn it is.
    fn release(
        &mut self,
        id: ConnectionId,
        track: &Track,
        trigger: Trigger,
        acts: &Acts<'_>,
    ) -> Vec<Cue> {
        let mut cues = Vec::new();
        for index in 0..track.lines.len() {
            if self.done[index] || !self.is_due(track, index, acts) {
                continue;
            }
            let LineKind::Server { deed, answers } = &track.lines[index].said else { continue };
            self.done[index] = true;
            let after = pause(&track.lines[index], trigger);
            cues.push(Cue { on: id, after, deed: self.present(deed, *answers, track) });
        }
        cues
    }

    /// Whether it is the turn of a line of the server: its request has come, or the acts before it.
    fn is_due(&self, track: &Track, index: usize, acts: &Acts<'_>) -> bool {
        let LineKind::Server { answers, .. } = &track.lines[index].said else { return false };
        if let Some(request) = answers {
            return self.done[*request];
        }
        if let Some(act) = track.act_before(index)
            && self.reached < Some(act)
            && !self.is_before_answer(track, index)
        {
            return false;
        }
        // An act of another connection before it has come, or the client has gone on without it.
        let place = track.lines[index].place;
        let before = acts.all.partition_point(|(act, _)| *act < place);
        let Some((act, _)) = before.checked_sub(1).and_then(|last| acts.all.get(last)) else {
            return true;
        };
        let reached = self.reached.map(|index| track.lines[index].place);
        acts.reached >= Some(*act) || reached > Some(*act)
    }

    /// Whether the recorded server said this before the answer to a request that has come: a client
    /// that did not wait for the answer has gone on meanwhile, and the present one may wait.
    fn is_before_answer(&self, track: &Track, index: usize) -> bool {
        track.lines[index..].iter().any(|line| match line.said {
            LineKind::Server { answers: Some(request), .. } => {
                request < index && self.done[request]
            }
            _ => false,
        })
    }

    /// The direct answers to a request that came before.
    fn answers_again(&self, id: ConnectionId, track: &Track, request: usize) -> Vec<Cue> {
        let asked = track.lines[request].at;
        let trigger = Trigger { at: asked, place: track.lines[request].place };
        let answers = track.lines.iter().filter_map(|line| match &line.said {
            LineKind::Server { deed: deed @ track::RecordedAct::Say(_), answers }
                if *answers == Some(request) =>
            {
                let deed = self.present_again(deed, request, track);
                Some(Cue { on: id, after: pause(line, trigger), deed })
            }
            _ => None,
        });
        answers.collect()
    }

    /// A deed with the values of the present client.
    fn present(
        &mut self,
        deed: &track::RecordedAct,
        answers: Option<usize>,
        track: &Track,
    ) -> ServerAct {
        if let track::RecordedAct::Say(text) = deed
            && let Some(jid) = track::bound_jid(text)
        {
            self.bind(track, &jid);
        }
        match answers {
            Some(request) => self.present_again(deed, request, track),
            // A server gives presence back with its id.
            None => match self.put_in(deed) {
                ServerAct::Say(text) => ServerAct::Say(self.with_ids(text, track)),
                deed => deed,
            },
        }
    }

    /// A stanza that came unasked; if it has the id of the recorded client's, it gets the present
    /// one.
    fn with_ids(&self, text: String, track: &Track) -> String {
        for (index, present) in &self.ids {
            if let LineKind::Client(shape) = &track.lines[*index].said
                && !shape.id.is_empty()
                && !shape.is_answer()
            {
                let changed = with_id(&text, &shape.id, present);
                if changed != text {
                    return changed;
                }
            }
        }
        text
    }

    fn present_again(&self, deed: &track::RecordedAct, request: usize, track: &Track) -> ServerAct {
        let deed = self.put_in(deed);
        let present = self.ids.iter().find(|(known, _)| *known == request);
        match (deed, &track.lines[request].said, present) {
            (ServerAct::Say(text), LineKind::Client(shape), Some((_, present))) => {
                ServerAct::Say(with_id(&text, &shape.id, present))
            }
            (deed, ..) => deed,
        }
    }

    fn put_in(&self, deed: &track::RecordedAct) -> ServerAct {
        match deed {
            track::RecordedAct::Say(text) => ServerAct::Say(self.values.put_in(text)),
            track::RecordedAct::Ping => ServerAct::Ping,
            track::RecordedAct::Close(code, reason) => ServerAct::Close(*code, reason.clone()),
            track::RecordedAct::End => ServerAct::End,
            track::RecordedAct::Reset => ServerAct::Reset,
        }
    }

    /// The resource of the recording becomes the one that the client asks for, if the recorded
    /// client got the one that it had asked for.
    fn bind(&mut self, track: &Track, jid: &str) {
        let Some((bare, resource)) = jid.split_once('/') else { return };
        let Some(wanted) = self.resource.take() else { return };
        let had_its_own = track.client().any(|(_, recorded)| recorded.resource() == Some(resource));
        if had_its_own {
            let present = format!("{}/{wanted}", self.values.put_in(bare));
            self.values.first(jid, &present);
        }
    }
}

/// The pause before a line, as the recording has it.
fn pause(line: &Line, trigger: Trigger) -> Duration {
    let micros = match (line.at, trigger.at) {
        (Some(at), Some(since)) if line.place > trigger.place => at.saturating_sub(since),
        _ => 0,
    };
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
