//! The secrets of a conversation: collected from the places where they stand, and blotted out of
//! everything that is shown.

use std::collections::BTreeSet;

use mask::{Finder, Secrets};
use stanza::ns;
use wire::Headers;

use crate::conversation::{Conversation, MessageKind, Side};

/// Text that is longer is shown in no place, so that masking is quick.
pub(crate) const LONGEST: usize = 16 * 1024;

/// The most sessions of BOSH whose ids are masked.
const SESSIONS: usize = 200;

/// Masks texts.
pub(crate) struct Mask {
    secrets: Secrets,
}

impl Mask {
    /// Collects the secrets of a conversation.
    pub(crate) fn new(conversation: &Conversation) -> Self {
        let mut mask = Self::of_logins(conversation);
        // The session may live on while its capture goes around, and its id is as good as a login.
        let bodies = conversation.exchanges.iter().flat_map(|one| [&one.body, &one.answer]);
        let ids: BTreeSet<String> = bodies.filter_map(|body| session(body)).collect();
        for (number, id) in ids.into_iter().take(SESSIONS).enumerate() {
            mask.secrets.password(format!("session.{number}"), id);
        }
        mask
    }

    /// Collects passwords, tokens and cookies.
    fn of_logins(conversation: &Conversation) -> Self {
        let mut found = Finder::default();
        for connection in &conversation.connections {
            found.target(&connection.url.to_string());
            found.target(&connection.url.written);
            found.body(&connection.upgrade.body);
            found.text(&connection.upgrade.reason);
            found.text(connection.upgrade.error.as_deref().unwrap_or_default());
            let texts = connection.said.iter().filter(|said| said.from == Side::Client);
            let texts: Vec<&str> = texts.filter_map(|said| text_of(&said.what)).collect();
            let unshown = connection.unshown.iter().filter(|(from, _)| *from == Side::Client);
            let unshown: Vec<&str> = unshown.map(|(_, text)| &**text).collect();
            // A login in two messages.
            let pairs = texts.windows(2).chain(unshown.windows(2));
            for pair in pairs.filter(|pair| !pair[1].trim_start().starts_with('<')) {
                found.message(&pair.concat(), true);
            }
            for (from, text) in &connection.unshown {
                found.message(text, *from == Side::Client);
            }
            for said in &connection.said {
                match &said.what {
                    MessageKind::Text(text) => found.message(text, said.from == Side::Client),
                    MessageKind::Close { reason, .. } => found.text(reason),
                    MessageKind::Broken(_)
                    | MessageKind::Binary(_)
                    | MessageKind::Ping
                    | MessageKind::Pong => {}
                }
            }
        }
        for exchange in &conversation.exchanges {
            found.target(&exchange.url.to_string());
            found.target(&exchange.url.written);
            found.body(&exchange.body);
            found.body(&exchange.answer);
            found.text(exchange.error.as_deref().unwrap_or_default());
        }
        let upgrades = conversation.connections.iter().map(|one| &one.upgrade);
        let heads = upgrades.flat_map(|one| one.asked.iter().chain(&one.answered));
        let exchanges = conversation.exchanges.iter().flat_map(|one| [&one.asked, &one.answered]);
        for headers in heads.chain(exchanges) {
            found.headers(headers.0.iter().map(|(name, value)| (&**name, &**value)));
        }
        let mut secrets = Secrets::default();
        for (number, found) in found.take().into_iter().enumerate() {
            secrets.password(format!("secret.{number}"), found.value);
        }
        Self { secrets }
    }

    /// A text of our own words, with words of the file in it.
    pub(crate) fn text(&self, text: &str) -> String {
        self.secrets.scrub(&mask::text(&textual::clipped(text, LONGEST)))
    }

    /// A message of the conversation.
    pub(crate) fn message(&self, text: &str) -> String {
        let cut = &text[..text.floor_char_boundary(LONGEST)];
        let masked =
            if cut.len() == text.len() { mask::message(cut, true) } else { mask::body(cut) };
        self.secrets.scrub_cut(&masked)
    }
}

/// The id of the session of BOSH to which a body belongs (XEP-0124 §7.2). Our own recordings have
/// numbers there.
fn session(body: &str) -> Option<String> {
    let (tag, _) = body.contains(ns::HTTP_BIND).then(|| body.split_once('>'))??;
    let body = stanza::parse(&format!("{}/>", tag.trim_end_matches('/'))).ok()?;
    body.attr("sid").filter(|sid| !sid.starts_with("session-")).map(str::to_owned)
}

fn text_of(what: &MessageKind) -> Option<&str> {
    if let MessageKind::Text(text) = what { Some(text) } else { None }
}

/// The same conversation without its passwords, tokens and cookies, for those who say it again.
#[must_use]
pub fn without_secrets(conversation: &Conversation) -> Conversation {
    let Mask { secrets } = Mask::of_logins(conversation);
    let message = |text: &str| secrets.scrub(&mask::message(text, true));
    let body = |text: &str| secrets.scrub(&mask::body(text));
    let headers = |headers: &mut Headers| {
        for (name, value) in &mut headers.0 {
            *value = secrets.scrub(&mask::header(name, value));
        }
    };
    let mut found = conversation.clone();
    for connection in &mut found.connections {
        connection.unshown.clear();
        for said in &mut connection.said {
            match &mut said.what {
                MessageKind::Text(text) | MessageKind::Broken(text) => *text = message(text),
                MessageKind::Close { reason, .. } => *reason = secrets.scrub(&mask::text(reason)),
                MessageKind::Binary(_) | MessageKind::Ping | MessageKind::Pong => {}
            }
        }
        let url = &mut connection.url;
        url.path = secrets.scrub(&mask::url(&url.path));
        url.written.clear();
        let upgrade = &mut connection.upgrade;
        upgrade.asked.iter_mut().chain(&mut upgrade.answered).for_each(headers);
        upgrade.body = body(&upgrade.body);
        upgrade.reason = secrets.scrub(&mask::text(&upgrade.reason));
    }
    for exchange in &mut found.exchanges {
        exchange.url.written.clear();
        exchange.url.path = secrets.scrub(&mask::url(&exchange.url.path));
        headers(&mut exchange.asked);
        headers(&mut exchange.answered);
        exchange.body = body(&exchange.body);
        exchange.answer = body(&exchange.answer);
    }
    found
}
