//! The steps of a conversation in order, each with what it is, what it should be, and the clause.

mod close;
mod delivery;
mod login;
mod message;
mod network;

use crate::conversation::Side;
use crate::secret::Mask;
use crate::seen::Seen;
use crate::session::{Request, Session, Subject};
use crate::step::Step;

pub(crate) use message::said;

/// The most subscriptions and requests that are shown one by one.
const FEW: usize = 12;

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Done,
    /// It broke.
    Broken,
    /// It did not take place.
    Missing,
    /// It is of no weight that it is not there.
    Absent,
}

impl State {
    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Broken => "broken",
            Self::Missing => "missing",
            Self::Absent => "absent",
        }
    }
}

/// A step of one connection.
#[derive(Debug, Clone)]
pub struct Rung {
    pub step: Step,
    /// The connection, by its place in [`Conversation::connections`](crate::Conversation).
    pub connection: Option<usize>,
    pub title: &'static str,
    pub state: State,
    /// The actual event.
    pub what: String,
    /// The wanted event.
    pub wanted: &'static str,
    pub clause: &'static str,
    /// When it began.
    pub at: Option<i64>,
    /// How long it took, in microseconds.
    pub took: Option<i64>,
}

/// The demand on a rung, the same for all conversations.
struct Demand {
    step: Step,
    title: &'static str,
    wanted: &'static str,
    clause: &'static str,
}

/// The steps of all connections.
pub(crate) fn ladder(seen: &Seen<'_>, mask: &Mask) -> Vec<Rung> {
    let mut rungs = Vec::new();
    for session in &seen.sessions {
        let mut one = Ladder { session, seen, mask, rungs: Vec::new() };
        one.climb();
        rungs.append(&mut one.rungs);
    }
    let others =
        seen.conversation.exchanges.iter().filter(|one| one.is_rest() && seen.sessions.is_empty());
    rungs.extend(others.take(FEW).map(|one| delivery::exchange(one, mask)));
    rungs
}

/// The ladder of one connection, as far as it has been climbed.
struct Ladder<'s, 'a> {
    session: &'s Session<'a>,
    seen: &'s Seen<'a>,
    mask: &'s Mask,
    rungs: Vec<Rung>,
}

impl Ladder<'_, '_> {
    fn climb(&mut self) {
        let connection = self.session.connection;
        self.network();
        if connection.sight.upgrade || connection.upgrade.status.is_some() {
            self.upgrade();
        }
        if !connection.sight.messages || self.session.stanzas.is_empty() {
            return;
        }
        self.open();
        self.auth();
        self.restart();
        self.bind();
        self.legacy_session();
        self.presence();
        self.subscriptions();
        self.events();
        self.rest();
        self.close();
    }

    fn rung(
        &mut self,
        demand: &Demand,
        state: State,
        what: &str,
        at: Option<i64>,
        took: Option<i64>,
    ) {
        let what = self.mask.text(what);
        let connection = Some(self.session.index);
        let Demand { step, title, wanted, clause } = *demand;
        self.rungs.push(Rung { step, connection, title, state, what, wanted, clause, at, took });
    }

    /// A rung of what one side said and the other answered; `without` is its state if neither did.
    fn pair(
        &mut self,
        demand: &Demand,
        asked: Option<usize>,
        answer: Option<usize>,
        what: &str,
        without: State,
    ) {
        let at = |place: Option<usize>| place.and_then(|place| self.session.stanzas[place].at);
        let took = at(asked).zip(at(answer)).map(|(asked, answer)| answer - asked);
        let state = match (asked, answer) {
            (Some(_), Some(_)) => State::Done,
            (Some(_), None) | (None, Some(_)) => State::Missing,
            (None, None) => without,
        };
        let began = at(asked).or_else(|| at(answer));
        self.rung(demand, state, what, began, took);
    }

    /// A rung of the client's last request about something.
    fn request(&mut self, demand: &Demand, about: &Subject, without: State) {
        let session = self.session;
        let mut requests =
            session.requests.iter().filter(|one| one.by == Side::Client && one.about == *about);
        let Some(asked) = requests.next_back() else {
            if session.is_logged_in() && session.connection.sight.beginning {
                self.pair(demand, None, None, "not asked for", without);
            }
            return;
        };
        let jid = session.jid.as_deref().filter(|_| *about == Subject::Bind);
        let jid = jid.map_or_else(String::new, |jid| format!(": {}", textual::clipped(jid, 100)));
        let what = format!("{}{jid}", self.outcome(asked));
        self.pair(demand, Some(asked.asked), asked.answer, &what, without);
        self.break_if(session.refusal(asked).is_some());
    }

    /// Marks the last rung as broken.
    fn break_if(&mut self, is_broken: bool) {
        if let Some(rung) = self.rungs.last_mut().filter(|_| is_broken) {
            rung.state = State::Broken;
        }
    }

    fn outcome(&self, request: &Request) -> String {
        match self.session.refusal(request) {
            Some(refusal) => format!("refused ({refusal})"),
            None if request.answer.is_some() => "result".to_owned(),
            None => "no answer".to_owned(),
        }
    }
}
