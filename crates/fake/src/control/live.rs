//! The route of the record as it grows: what is said on all connections, as a stream.

use console::{BATCH, Batch, Feed, Live, StreamStart};
use serde_json::Value;

use super::ask::{Ask, Outcome, Reply};
use super::conversation::said;
use super::problem::Problem;
use crate::error::Error;
use crate::server::FakeFinesse;

/// The entries of one connection, or of all.
struct Record {
    connection: Option<u64>,
}

impl Feed<FakeFinesse> for Record {
    fn after(&self, fake: &FakeFinesse, number: u64) -> Batch {
        let transcript = fake.transcript_after(number, BATCH);
        let read_to = transcript.said.last().map(|last| last.number);
        let is_wanted = |entry: &&engine::Said| {
            self.connection.is_none_or(|connection| entry.connection == connection)
        };
        let wanted = transcript.said.iter().filter(is_wanted);
        let entries: Vec<(u64, Value)> = wanted.map(|entry| (entry.number, said(entry))).collect();
        Batch { lost: transcript.forgotten, entries, read_to }
    }
}

/// The record from now on, or from the entry on that the client names.
pub(super) fn transcript(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let connection = ask.query_number("connection")?;
    // Before the number is looked at, so that no entry falls between.
    let news = fake.shared.way.readers().news();
    let Some(last) = fake.last_said() else {
        return Err(Problem::from(Error::NoTranscript));
    };
    let run = fake.shared.way.publications().run().to_owned();
    let place = StreamStart::of(ask, &run, last)?;
    Ok(Reply::Live(Live { event: "said", feed: Box::new(Record { connection }), news, place }))
}
