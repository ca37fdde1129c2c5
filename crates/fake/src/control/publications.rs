//! The route of publications: what an agent's client would hear, as a stream.

use console::{BATCH, Batch, Feed, Live, StreamStart};
use serde_json::json;

use super::ask::{Ask, Outcome, Reply};
use super::problem::Problem;
use crate::server::FakeFinesse;

/// The publications for one agent, or all.
struct Publications {
    user: Option<String>,
}

impl Feed<FakeFinesse> for Publications {
    fn after(&self, fake: &FakeFinesse, number: u64) -> Batch {
        let published = fake.shared.way.publications().after(number, BATCH);
        let read_to = published.kept.last().map(|last| last.number);
        let is_wanted = |node: &&std::sync::Arc<crate::publications::Publication>| {
            self.user.as_deref().is_none_or(|user| node.is_for(user))
        };
        let entries = published.kept.iter().filter(is_wanted).map(|publication| {
            let (at, node) = (publication.at.as_secs_f64(), &publication.node);
            let data = json!({ "at": at, "node": node, "payload": publication.payload });
            (publication.number, data)
        });
        Batch { lost: published.lost, entries: entries.collect(), read_to }
    }
}

/// The publications from now on, or from the one on that the client names.
pub(super) fn events(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let user = ask.query("user").map(str::to_owned);
    if let Some(user) = &user
        && !fake.users().contains(user)
    {
        return Err(Problem::bad_request(format!(
            "no account is called {user:?}; GET / lists the accounts under \"users\""
        )));
    }
    let news = fake.shared.way.publications().news();
    let run = fake.shared.way.publications().run().to_owned();
    let place = StreamStart::of(ask, &run, *news.borrow())?;
    Ok(Reply::Live(Live {
        event: "publication",
        feed: Box::new(Publications { user }),
        news,
        place,
    }))
}
