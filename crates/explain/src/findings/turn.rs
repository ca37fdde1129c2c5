//! Logins that were not finished: whose turn it is, and whether the file shows that it was waited
//! for.

use super::Hit;
use crate::conversation::{MessageKind, Side};
use crate::seen::{End, SECOND, Seen, end};
use crate::session::{Kind, Session, Subject};

/// The next thing that a login waits for, and whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextStep {
    Open,
    Opened,
    Features,
    Auth,
    Answer,
    Restart,
    Restarted,
    RestartFeatures,
    Bind,
    Bound,
    Session,
}

impl NextStep {
    /// Whether the server is to speak.
    fn is_the_servers(self) -> bool {
        matches!(
            self,
            Self::Opened
                | Self::Features
                | Self::Answer
                | Self::Restarted
                | Self::RestartFeatures
                | Self::Bound
                | Self::Session
        )
    }
}

/// Whether a login waits for the client, in a log that shows neither the time nor the end.
pub(super) fn waits_unseen(session: &Session<'_>, ended: &End) -> bool {
    is_unseen(session, ended) && next(session).is_some_and(|next| !next.is_the_servers())
}

fn is_unseen(session: &Session<'_>, ended: &End) -> bool {
    matches!(ended, End::Gone(gone) if !gone.is_seen)
        && session.stanzas.iter().all(|one| one.at.is_none())
}

/// The step that an unfinished login waits for; none if it was finished or refused.
fn next(session: &Session<'_>) -> Option<NextStep> {
    use Side::{Client, Server};
    if !session.connection.sight.messages || !session.connection.sight.beginning {
        return None;
    }
    if session.is_bound() {
        let asked = session.request(&Subject::Session)?;
        return asked.answer.is_none().then_some(NextStep::Session);
    }
    if session.stream_error(Server).is_some() || session.failure().is_some() {
        return None;
    }
    // A stream that is resumed binds nothing (XEP-0198 §5).
    let resumes = |element: &stanza::Element| element.name.local == "resume";
    if session.stanzas.iter().any(|one| one.element.as_ref().is_ok_and(resumes)) {
        return None;
    }
    let upgraded = session.connection.upgrade.status.is_some_and(|status| status == 101)
        || !session.connection.sight.upgrade
        || !session.stanzas.is_empty();
    if !upgraded {
        return None;
    }
    let Some(open) = session.first(Client, Kind::Open) else {
        let other = session.stanzas.iter().any(|one| one.from == Client && one.kind != Kind::Blank);
        return (!other).then_some(NextStep::Open);
    };
    let Some(success) = session.first(Server, Kind::Success) else {
        if session.first(Client, Kind::Auth).is_some()
            || session.request(&Subject::LegacyAuth).is_some()
        {
            return Some(NextStep::Answer);
        }
        let Some(opened) = session.after(open, Server, Kind::Open) else {
            return Some(NextStep::Opened);
        };
        return Some(match session.after(opened, Server, Kind::Features) {
            None => NextStep::Features,
            Some(_) => NextStep::Auth,
        });
    };
    if let Some(bind) = session.request(&Subject::Bind) {
        return bind.answer.is_none().then_some(NextStep::Bound);
    }
    let Some(restart) = session.after(success, Client, Kind::Open) else {
        return Some(NextStep::Restart);
    };
    let Some(restarted) = session.after(restart, Server, Kind::Open) else {
        return Some(NextStep::Restarted);
    };
    Some(match session.after(restarted, Server, Kind::Features) {
        None => NextStep::RestartFeatures,
        Some(_) => NextStep::Bind,
    })
}

/// Logins that stopped where `pick` says what is missing.
pub(super) fn stopped(
    seen: &Seen<'_>,
    pick: impl Fn(&Session<'_>, NextStep) -> Option<Hit>,
) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(next) = next(session) else { continue };
        // A message that cannot be read, or a broken frame, is the reason then.
        let is_explained = session.stanzas.iter().any(|one| one.kind == Kind::Malformed)
            || session.connection.said.iter().any(|one| matches!(one.what, MessageKind::Broken(_)));
        let waits_for_server = next.is_the_servers();
        let ended = end(seen, session);
        let by_server =
            matches!(ended, End::WebSocket { .. } | End::Gone(_) | End::Bare | End::Error);
        // A HAR does not show the end: a side was waited for, and then somebody gave up. A log
        // without times does not show the silence.
        let is_silence = matches!(&ended, End::Gone(gone) if !gone.is_seen && gone.silence >= SECOND)
            || (!waits_for_server && is_unseen(session, &ended));
        // An end by the server is told elsewhere.
        if seen.is_cut(session) || (by_server && !is_silence) || (is_explained && waits_for_server)
        {
            continue;
        }
        if let Some(hit) = pick(session, next) {
            let last = session.stanzas.len().checked_sub(1);
            let hit = match last {
                Some(last) => hit.at(session, last),
                None => hit.on(session),
            };
            found.push(hit.remark_if(seen.recovers(session)));
        }
    }
    found
}
