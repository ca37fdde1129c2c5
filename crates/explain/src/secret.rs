//! The secrets of a conversation: collected from the places where they stand, and blotted out of
//! everything that is shown.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mask::Secrets;
use stanza::Element;
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
        let mut found = Found::default();
        for connection in &conversation.connections {
            for said in &connection.said {
                if let What::Text(text) = &said.what {
                    found.message(text, said.from);
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
            found.headers(headers);
        }
        let mut secrets = Secrets::default();
        for (number, value) in found.values.into_iter().take(MOST).enumerate() {
            secrets.password(format!("secret.{number}"), value);
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

fn names_a_secret(text: &str) -> bool {
    ["<auth", "<response", "password", "digest"].iter().any(|word| text.contains(word))
}

#[derive(Default)]
struct Found {
    values: Vec<String>,
    seen: HashSet<String>,
}

impl Found {
    fn add(&mut self, value: &str) {
        let value = value.trim();
        // Anything longer is no password; a mask of parts of it would be none.
        if (4..=4096).contains(&value.len()) && self.seen.insert(value.to_owned()) {
            self.values.push(value.to_owned());
        }
    }

    fn message(&mut self, text: &str, from: Side) {
        if from == Side::Server && !text.contains("password") || !names_a_secret(text) {
            return;
        }
        if let Ok((element, _)) = stanza::parse_prefix(text, &stanza::Rules::DOCUMENT) {
            self.element(&element, 0);
        } else if let Some((_, rest)) = text.split_once('>') {
            // Half a login.
            self.response(rest.split('<').next().unwrap_or_default());
        }
    }

    fn element(&mut self, element: &Element, depth: usize) {
        match element.name.local.as_str() {
            "auth" | "response" => self.response(&element.text()),
            "password" | "digest" => self.add(&element.text()),
            _ if depth < 64 => {
                for child in element.children() {
                    self.element(child, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// A response of SASL, by itself and decoded.
    fn response(&mut self, content: &str) {
        let digits: String = content.split_whitespace().collect();
        if digits.starts_with('{') || digits.starts_with('*') {
            return;
        }
        self.add(&digits);
        if let Ok(octets) = STANDARD.decode(&digits) {
            let fields: Vec<_> =
                octets.split(|octet| *octet == 0).map(String::from_utf8_lossy).collect();
            // The last field is the password, whatever the form; a lone one may be one.
            if let Some(password) = fields.last() {
                self.add(password);
            }
        }
    }

    fn headers(&mut self, headers: &Headers) {
        for (name, value) in &headers.0 {
            match name.to_ascii_lowercase().as_str() {
                "authorization" | "proxy-authorization" => {
                    let token =
                        value.trim().split_once(' ').map_or(value.as_str(), |(_, token)| token);
                    self.add(token);
                    if let Ok(pair) = STANDARD.decode(token.trim())
                        && let Ok(pair) = String::from_utf8(pair)
                        && let Some((_, password)) = pair.split_once(':')
                    {
                        self.add(password);
                    }
                }
                "cookie" => {
                    for cookie in value.split(';') {
                        self.add(cookie.split_once('=').map_or(cookie, |(_, value)| value));
                    }
                }
                "set-cookie" => {
                    // Chrome joins several by line feeds.
                    for cookie in value.lines() {
                        let pair = cookie.split(';').next().unwrap_or_default();
                        self.add(pair.split_once('=').map_or(pair, |(_, value)| value));
                    }
                }
                name if name.contains("token") || name.contains("api-key") => self.add(value),
                _ => {}
            }
        }
    }

    /// Passwords and tokens in bodies of requests and answers.
    fn body(&mut self, body: &str) {
        for (start, end) in [
            ("<password>", "<"),
            ("\"access_token\":\"", "\""),
            ("\"refresh_token\":\"", "\""),
            ("\"token\":\"", "\""),
            ("\"password\":\"", "\""),
        ] {
            for rest in body.split(start).skip(1).take(8) {
                self.add(rest.split(end).next().unwrap_or_default());
            }
        }
    }
}
