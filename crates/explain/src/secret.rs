//! The secrets of a conversation: collected from the places where they stand, and blotted out of
//! everything that is shown.

use mask::{Finder, Secrets};
use wire::Headers;

use crate::conversation::{Conversation, Side, What};

/// The most secrets that are searched for: those of logins come first.
const MOST: usize = 400;

/// Text that is longer is shown in no place, so that masking is quick.
pub(crate) const LONGEST: usize = 16 * 1024;

/// Masks texts.
pub(crate) struct Mask {
    secrets: Secrets,
}

impl Mask {
    /// Collects the secrets of a conversation.
    pub(crate) fn new(conversation: &Conversation) -> Self {
        let mut found = Finder::default();
        for connection in &conversation.connections {
            for said in &connection.said {
                if let What::Text(text) = &said.what {
                    found.message(text, said.from == Side::Client);
                }
            }
        }
        for exchange in &conversation.exchanges {
            found.body(&exchange.body);
            found.body(&exchange.answer);
        }
        let upgrades = conversation.connections.iter().map(|one| &one.upgrade);
        let heads = upgrades.flat_map(|one| one.asked.iter().chain(&one.answered));
        let exchanges = conversation.exchanges.iter().flat_map(|one| [&one.asked, &one.answered]);
        for headers in heads.chain(exchanges) {
            found.headers(headers.0.iter().map(|(name, value)| (&**name, &**value)));
        }
        let mut secrets = Secrets::default();
        for (number, found) in found.take().into_iter().take(MOST).enumerate() {
            secrets.password(format!("secret.{number}"), found.value);
        }
        Self { secrets }
    }

    /// A text of our own words, with words of the file in it.
    pub(crate) fn text(&self, text: &str) -> String {
        self.secrets.scrub(&textual::clipped(text, LONGEST))
    }

    /// A message of the conversation.
    pub(crate) fn message(&self, text: &str) -> String {
        let cut = &text[..text.floor_char_boundary(LONGEST)];
        let whole = if cut.len() == text.len() {
            mask::message(cut, true).into_owned()
        } else {
            cut.to_owned()
        };
        if cut.len() < text.len() && names_a_secret(cut) {
            return "***".to_owned();
        }
        self.secrets.scrub_cut(&whole)
    }
}

/// The same conversation without its passwords, tokens and cookies, for those who say it again.
#[must_use]
pub fn without_secrets(conversation: &Conversation) -> Conversation {
    let Mask { secrets } = Mask::new(conversation);
    let message = |text: &str| secrets.scrub(&mask::message(text, true));
    let headers = |headers: &mut Headers| {
        for (name, value) in &mut headers.0 {
            let line = mask::head(&format!("X\n{name}: {value}"));
            let masked = line.split_once(": ").map(|(_, masked)| masked.to_owned());
            *value = secrets.scrub(&masked.unwrap_or_default());
        }
    };
    let mut found = conversation.clone();
    for connection in &mut found.connections {
        for said in &mut connection.said {
            match &mut said.what {
                What::Text(text) | What::Broken(text) => *text = message(text),
                What::Close { reason, .. } => *reason = secrets.scrub(reason),
                What::Binary(_) | What::Ping | What::Pong => {}
            }
        }
        let upgrade = &mut connection.upgrade;
        upgrade.asked.iter_mut().chain(&mut upgrade.answered).for_each(headers);
        upgrade.body = message(&upgrade.body);
    }
    for exchange in &mut found.exchanges {
        exchange.url.path = secrets.scrub(&exchange.url.path);
        headers(&mut exchange.asked);
        headers(&mut exchange.answered);
        exchange.body = message(&exchange.body);
        exchange.answer = message(&exchange.answer);
    }
    found
}

fn names_a_secret(text: &str) -> bool {
    ["<auth", "<response", "password", "digest"].iter().any(|word| text.contains(word))
}
