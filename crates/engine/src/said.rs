//! The record: everything said on every connection, in both directions, without
//! passwords and bounded in memory.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wire::CloseFrame;

use crate::exchange::Exchange;
use crate::fact::Fact;
use crate::numbers::{ConnectionId, Party, StreamId};
use crate::passwords::Passwords;

/// How much the record of a fake holds unless told otherwise, in octets.
pub const USUAL_LIMIT: usize = 2 << 20;

/// The longest text that one entry keeps.
pub(crate) const LONGEST: usize = 64 << 10;

/// The size of an entry beside its text.
const ENTRY: usize = 128;

/// The speaker of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The client.
    Client,
    /// The fake.
    Server,
    /// Neither: something happened to the connection.
    Nobody,
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The head of an HTTP request or answer.
    Http,
    /// A text message: a stanza, if all is well.
    Text,
    /// A message that is not text, in words.
    Binary,
    /// A WebSocket ping, pong or close, in words.
    Control,
    /// Octets below WebSocket, in words.
    Octets,
    /// The connection began, ended, or met with a fault.
    Fact,
}

/// One thing that was said on a connection. Once it leaves the engine, no password is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its number, counted from the start of the fake; numbers are not used twice.
    pub number: u64,
    /// When, in server time since the start.
    pub at: Duration,
    /// The connection, counted from 1.
    pub connection: u64,
    /// The full JID of the connection, or its account before it is bound.
    pub who: Option<Arc<str>>,
    /// Its speaker.
    pub speaker: Speaker,
    /// Its kind.
    pub kind: Kind,
    /// The thing itself.
    pub text: String,
    /// The fact that `text` describes, if `kind` is [`Kind::Fact`].
    pub fact: Option<Fact>,
    /// The request of the REST API that it is, or the request with the answer that it is.
    pub exchange: Option<Arc<Exchange>>,
    /// Whether [`Engine::take_said`](crate::Engine::take_said) has returned it.
    pub(crate) taken: bool,
}

/// The record up to now, as far back as it reaches. It prints one line for each entry,
/// `->` for what a client said and `<-` for the fake, as cases and snapshots have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transcript {
    /// In the order in which it happened.
    pub said: Vec<Said>,
    /// How many things were said before, which the record holds no more.
    pub forgotten: u64,
}

/// The record of a fake.
pub(crate) struct Record {
    limit: usize,
    held: usize,
    said: VecDeque<Said>,
    names: HashMap<ConnectionId, Arc<str>>,
    /// Which connections carry streams.
    carriers: HashMap<StreamId, ConnectionId>,
    next: u64,
    forgotten: u64,
}

impl Record {
    /// A record of at most so many octets; none at all with 0.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            held: 0,
            said: VecDeque::new(),
            names: HashMap::new(),
            carriers: HashMap::new(),
            next: 1,
            forgotten: 0,
        }
    }

    /// Whether anything is kept.
    pub(crate) fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// A connection carries a stream from now on.
    pub(crate) fn carries(&mut self, connection: ConnectionId, stream: StreamId) {
        self.carriers.insert(stream, connection);
    }

    /// The stream has this name from now on: its account or its full JID.
    pub(crate) fn name(&mut self, stream: StreamId, name: &str) {
        if let Some(connection) = self.carriers.get(&stream) {
            self.names.insert(*connection, Arc::from(name));
        }
    }

    /// Keeps what was said, if anything is kept.
    pub(crate) fn keep(&mut self, mut said: Said) {
        if !self.is_on() {
            return;
        }
        if said.text.len() > LONGEST {
            said.text = shortened(&said.text, LONGEST);
        }
        self.held += said.weight();
        self.said.push_back(said);
        self.next += 1;
        while self.held > self.limit {
            let Some(oldest) = self.said.pop_front() else { break };
            self.held -= oldest.weight();
            self.forgotten += 1;
        }
    }

    /// Something that is said now; the caller masks passwords first.
    pub(crate) fn made(
        &self,
        at: Duration,
        party: Party,
        speaker: Speaker,
        kind: Kind,
        text: String,
    ) -> Said {
        let connection = match party {
            Party::Service => None,
            Party::Connection(id) => Some(id),
            Party::Stream(id) => self.carriers.get(&id).copied(),
        };
        let who = connection.and_then(|id| self.names.get(&id)).cloned();
        let (number, connection) = (self.next, connection.map_or(0, |id| id.0));
        let (fact, exchange) = (None, None);
        Said { number, at, connection, who, speaker, kind, text, fact, exchange, taken: false }
    }

    /// A connection has ended: forgets what it carried and whose it was.
    pub(crate) fn ended(&mut self, id: ConnectionId, stream: Option<StreamId>) {
        self.names.remove(&id);
        if let Some(stream) = stream {
            self.carriers.remove(&stream);
        }
    }

    /// The entries that are held and wanted. Passwords that stand where none belongs are masked
    /// only now: few transcripts are looked at, and each message of a crowd would have to be
    /// searched.
    pub(crate) fn transcript(
        &self,
        secrets: &Passwords,
        is_wanted: impl Fn(&Said) -> bool,
    ) -> Transcript {
        let wanted = self.said.iter().filter(|said| is_wanted(said));
        let said = wanted.map(|said| said.clone().masked(secrets)).collect();
        Transcript { said, forgotten: self.forgotten }
    }

    /// The entries behind a number, up to about so many octets of them but at least one;
    /// `forgotten` counts those that are no longer held.
    pub(crate) fn after(&self, secrets: &Passwords, number: u64, octets: usize) -> Transcript {
        let first = self.said.partition_point(|said| said.number <= number);
        let next = self.said.get(first).map_or(self.next, |said| said.number);
        let forgotten = next.saturating_sub(number.saturating_add(1));
        let mut size = 0;
        let within = self.said.range(first..).take_while(|said| {
            let before = size;
            size += said.weight();
            before == 0 || size <= octets
        });
        let said = within.map(|said| said.clone().masked(secrets)).collect();
        Transcript { said, forgotten }
    }

    /// The number of the last entry, held or not; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.next - 1
    }

    /// Forgets everything; numbers go on.
    pub(crate) fn clear(&mut self) {
        self.held = 0;
        self.said.clear();
        self.forgotten = 0;
    }

    /// Takes the first text of a client, request or answer of the REST API that fits and was not
    /// taken before. `fits` sees the masked text, as it leaves the record.
    pub(crate) fn take(&mut self, fits: impl Fn(&Said) -> bool) -> Option<Said> {
        let is_text = |said: &Said| said.speaker == Speaker::Client && said.kind == Kind::Text;
        let fits = |said: &Said| match said.by_place() {
            Cow::Owned(text) => fits(&Said { text, ..said.clone() }),
            Cow::Borrowed(_) => fits(said),
        };
        let said = self
            .said
            .iter_mut()
            .find(|said| !said.taken && (is_text(said) || said.exchange.is_some()) && fits(said))?;
        said.taken = true;
        Some(said.clone())
    }
}

impl Said {
    /// Its memory in a record, in octets.
    fn weight(&self) -> usize {
        self.text.len() + ENTRY + self.exchange.as_ref().map_or(0, |exchange| exchange.weight())
    }

    /// The text without what stands in the places of passwords.
    fn by_place(&self) -> Cow<'_, str> {
        match self.kind {
            Kind::Text if self.speaker == Speaker::Client && self.text.len() <= LONGEST => {
                mask::message(&self.text, true)
            }
            Kind::Text => mask::body(&self.text),
            Kind::Http => {
                match self.text.split_once("\n\n").map(|(head, body)| (head, mask::body(body))) {
                    Some((head, Cow::Owned(body))) => format!("{head}\n\n{body}").into(),
                    _ => Cow::Borrowed(&self.text),
                }
            }
            _ => Cow::Borrowed(&self.text),
        }
    }

    /// The same without passwords. A text that was cut may end within one.
    pub(crate) fn masked(self, secrets: &Passwords) -> Self {
        let text = self.by_place().into_owned();
        let exchange = self.exchange.as_ref().map(|exchange| exchange.masked(secrets));
        let cut = text.rfind('…').filter(|_| text.len() > LONGEST);
        let text = match cut {
            Some(at) => secrets.scrub_cut(&text[..at]) + &text[at..],
            None => secrets.scrub(&text),
        };
        Self { text, exchange, ..self }
    }
}

impl Transcript {
    /// The text messages of clients.
    pub fn of_clients(&self) -> impl Iterator<Item = &Said> {
        let is_text = |said: &&Said| said.speaker == Speaker::Client && said.kind == Kind::Text;
        self.said.iter().filter(is_text)
    }
}

impl Said {
    /// A copy whose text has at most so many octets and a note about the rest, without the bodies
    /// of an exchange.
    #[must_use]
    pub fn shortened(&self, longest: usize) -> Self {
        Self {
            number: self.number,
            at: self.at,
            connection: self.connection,
            who: self.who.clone(),
            speaker: self.speaker,
            kind: self.kind,
            text: shortened(&self.text, longest),
            fact: self.fact.clone(),
            exchange: None,
            taken: self.taken,
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.speaker {
            Speaker::Client => "->",
            Speaker::Server => "<-",
            Speaker::Nobody => "==",
        };
        let who = self.who.as_deref().unwrap_or("-");
        write!(
            f,
            "{:>9.3}  #{} {who} {arrow} {}",
            self.at.as_secs_f64(),
            self.connection,
            self.text.trim_end().replace('\n', "\n               ")
        )
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forgotten > 0 {
            writeln!(f, "           … {} things before, forgotten", self.forgotten)?;
        }
        self.said.iter().try_for_each(|said| writeln!(f, "{said}"))
    }
}

/// A close frame in the words of the notation.
pub(crate) fn close_in_words(close: Option<&CloseFrame>) -> String {
    match close {
        None => "[close]".to_owned(),
        Some(close) if close.reason.is_empty() => format!("[close {}]", close.code),
        Some(close) => format!("[close {} {:?}]", close.code, mask::text(&close.reason)),
    }
}

/// A control frame with its payload, in the words of the notation.
pub(crate) fn control_in_words(name: &str, payload: &[u8]) -> String {
    if payload.is_empty() {
        return format!("[{name}]");
    }
    let payload = String::from_utf8_lossy(payload);
    format!("[{name} \"{}\"]", mask::text(&payload).as_bytes().escape_ascii())
}

/// At most so many octets of a text, and a note about the rest.
fn shortened(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(longest);
    format!("{}… ({} octets)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(41);

    impl Record {
        fn note(&mut self, id: ConnectionId, speaker: Speaker, kind: Kind, text: &str) {
            let said = self.made(NOW, id.into(), speaker, kind, text.to_owned());
            self.keep(said);
        }
    }

    fn all(record: &Record) -> Transcript {
        record.transcript(&Passwords::default(), |_| true)
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut record = Record::new(3 * (ENTRY + 1));
        for text in ["a", "b", "c", "d"] {
            record.note(ConnectionId(1), Speaker::Server, Kind::Text, text);
        }
        let transcript = all(&record);
        assert_eq!(transcript.forgotten, 1);
        assert_eq!(transcript.said[0].text, "b");
        assert_eq!(transcript.said[0].number, 2);
        record.clear();
        assert_eq!((record.held, all(&record)), (0, Transcript::default()));
    }

    #[test]
    fn a_reader_goes_on_behind_a_number() {
        let mut record = Record::new(4 * (ENTRY + 1));
        let after = |record: &Record, number, octets| {
            let some = record.after(&Passwords::default(), number, octets);
            let numbers: Vec<u64> = some.said.iter().map(|said| said.number).collect();
            (some.forgotten, numbers)
        };
        assert_eq!(after(&record, 0, 1), (0, vec![]));
        for text in ["a", "b", "c", "d", "e", "f"] {
            record.note(ConnectionId(1), Speaker::Server, Kind::Text, text);
        }
        assert_eq!(after(&record, 0, usize::MAX), (2, vec![3, 4, 5, 6]));
        assert_eq!(after(&record, 4, usize::MAX), (0, vec![5, 6]));
        assert_eq!(after(&record, 3, 1), (0, vec![4]), "at least one");
        assert_eq!((after(&record, 6, 1), record.last()), ((0, vec![]), 6));
        record.clear();
        assert_eq!(after(&record, 4, 1), (2, vec![]));
        assert_eq!(after(&record, u64::MAX, 1), (0, vec![]));
    }

    #[test]
    fn a_record_of_nothing_holds_nothing() {
        let mut record = Record::new(0);
        record.note(ConnectionId(1), Speaker::Client, Kind::Text, "<presence/>");
        assert!(record.said.is_empty() && record.held == 0);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = "é".repeat(LONGEST);
        let short = shortened(&long, LONGEST);
        assert!(
            short.len() < LONGEST + 40 && short.ends_with("… (131072 octets)"),
            "{}",
            short.len()
        );
    }

    #[test]
    fn it_prints_as_cases_are_written() {
        let mut record = Record::new(USUAL_LIMIT);
        let id = ConnectionId(7);
        record.note(id, Speaker::Nobody, Kind::Fact, "connected");
        record.carries(id, StreamId(1));
        record.name(StreamId(1), "1001@d/desktop");
        record.note(id, Speaker::Client, Kind::Text, "<presence/>");
        record.note(id, Speaker::Server, Kind::Control, &control_in_words("pong", b"a\n"));
        record.ended(id, Some(StreamId(1)));
        record.note(id, Speaker::Nobody, Kind::Fact, "closed");
        assert_eq!(
            all(&record).to_string(),
            "    0.041  #7 - == connected\n    0.041  #7 1001@d/desktop -> <presence/>\n    \
             0.041  #7 1001@d/desktop <- [pong \"a\\n\"]\n    0.041  #7 - == closed\n"
        );
        assert_eq!(
            close_in_words(Some(&CloseFrame::new(1001, "Shutdown"))),
            "[close 1001 \"Shutdown\"]"
        );
    }

    #[test]
    fn what_fits_is_asked_of_the_masked_text() {
        let mut record = Record::new(USUAL_LIMIT);
        let text = "<iq type='set'><query xmlns='jabber:iq:register'><password>hunter22</password></query></iq>";
        record.note(ConnectionId(1), Speaker::Client, Kind::Text, text);
        assert!(record.take(|said| said.text.contains("hunter22")).is_none());
        assert!(record.take(|said| said.text.contains("<password>***</password>")).is_some());
    }

    #[test]
    fn what_was_taken_is_not_taken_again() {
        let mut record = Record::new(USUAL_LIMIT);
        for text in ["<a/>", "<b/>", "<a/>"] {
            record.note(ConnectionId(1), Speaker::Client, Kind::Text, text);
        }
        let mut take = || record.take(|said| said.text == "<a/>").map(|said| said.number);
        assert_eq!([take(), take(), take()], [Some(1), Some(3), None]);
    }
}
