//! Requests of the REST API and their answers, as the record keeps them.

use std::sync::Arc;

use crate::passwords::Passwords;

/// A request of the REST API, and its answer once there is one. Passwords are masked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The method.
    pub method: String,
    /// Path and query, as the client wrote them.
    pub target: String,
    /// The body of the request; of a longer one the first 64 KiB.
    pub body: String,
    /// The answer. A record has an entry for the request, without it, and one for the answer.
    pub answer: Option<Answered>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body of the answer; of a longer one the first 64 KiB.
    pub body: String,
}

/// The longest body that is kept, in octets.
const LONGEST: usize = 64 << 10;

impl Exchange {
    /// A request without an answer. Its body has no passwords in places where they belong.
    pub(crate) fn new(method: &str, target: &str, body: &str) -> Arc<Self> {
        let (method, target) = (method.to_owned(), target.to_owned());
        Arc::new(Self { method, target, body: beginning(body), answer: None })
    }

    /// The same with its answer.
    pub(crate) fn answered(&self, status: u16, body: &str) -> Arc<Self> {
        let answer = Some(Answered { status, body: beginning(body) });
        Arc::new(Self { answer, ..self.clone() })
    }

    /// The path of the request, without its query.
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// Its memory, in octets.
    pub(crate) fn weight(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, |answer| answer.body.len());
        self.method.len() + self.target.len() + self.body.len() + answer
    }

    /// The same without the passwords that are known.
    pub(crate) fn masked(&self, secrets: &Passwords) -> Arc<Self> {
        let answer = self.answer.as_ref().map(|answer| Answered {
            status: answer.status,
            body: scrubbed(&answer.body, secrets),
        });
        Arc::new(Self {
            method: secrets.scrub(&self.method),
            target: secrets.scrub(&self.target),
            body: scrubbed(&self.body, secrets),
            answer,
        })
    }
}

/// A body that was cut may end within a password.
fn scrubbed(body: &str, secrets: &Passwords) -> String {
    // A cut between characters leaves out three octets at most.
    let masked = mask::body(body);
    match body.len() + 3 < LONGEST {
        true => secrets.scrub(&masked),
        false => secrets.scrub_cut(&masked),
    }
}

fn beginning(body: &str) -> String {
    body[..body.floor_char_boundary(LONGEST)].to_owned()
}
