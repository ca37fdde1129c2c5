//! When a run against a server is given up: it answers no more, or logins are refused that
//! should succeed. Playing on would say the same of every case that is left, and might lock an
//! account.

use std::sync::{Mutex, PoisonError};

use stanza::ns;
use textual::Hint;
use transcript::{EventKind, Recording, Side};
use verdict::{CaseResult, Verdict};

use crate::targets::{Endpoint, Target};

/// After so many cases in a row in which nothing was heard no more are begun.
const SILENT: u32 = 2;

/// Conditions for credentials that a server does not, or no longer, accept (RFC 6120 §6.5).
const REFUSALS: [&str; 4] =
    ["not-authorized", "account-disabled", "credentials-expired", "temporary-auth-failure"];

/// Facts that the cases of a run found out together.
pub(crate) struct GivingUp {
    /// None for a fake: each case has its own, in this process.
    limit_of_refusals: Option<u32>,
    /// How to find out where it breaks.
    look: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    silent: u32,
    refused: u32,
    gave_up: Option<String>,
}

impl GivingUp {
    /// For a run against `target`.
    pub(crate) fn of(target: &Target) -> Self {
        let is_server = matches!(target.endpoint, Endpoint::Server(_));
        let limit = target.login_failures.unwrap_or_default().max(1);
        // A server that is given by its URL has no name for the command.
        let look = match target.name.as_str() {
            "url" => String::new(),
            name => format!("; `{}` says where it breaks", Hint::new(["probe", name])),
        };
        Self { limit_of_refusals: is_server.then_some(limit), look, state: Mutex::default() }
    }

    /// Takes note of a case that was played: what it came to, and what was said.
    pub(crate) fn note(&self, result: &CaseResult, said: Option<&Recording>) {
        let Some(limit) = self.limit_of_refusals else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if is_silent(result, said) {
            state.silent += 1;
            if state.silent >= SILENT && state.gave_up.is_none() {
                let last =
                    result.note.clone().unwrap_or_else(|| "no answer to anything".to_owned());
                state.gave_up = Some(format!(
                    "nothing was heard from the server in {SILENT} cases in a row ({last}); the rest was not played{}",
                    self.look
                ));
            }
        } else {
            state.silent = 0;
        }
        // Fragments log in with the right password only, and a case that gets stuck there is
        // BLOCKED.
        let refusal = said.filter(|_| result.verdict == Verdict::Blocked).and_then(refusal);
        if let Some(refusal) = refusal {
            state.refused += 1;
            if state.refused >= limit && state.gave_up.is_none() {
                let times = if limit == 1 { String::new() } else { format!(", {limit} times") };
                state.gave_up = Some(format!(
                    "the server refuses a login with the password of the environment ({refusal}{times}); no more are \
                     tried, so as not to lock the account. Look whether it is locked already, or its password was changed"
                ));
            }
        }
    }

    /// Why no more cases are to be begun.
    pub(crate) fn gave_up(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).gave_up.clone()
    }
}

/// Whether the server said nothing at all, where something was wanted of it.
fn is_silent(result: &CaseResult, said: Option<&Recording>) -> bool {
    let is_wanted = matches!(result.verdict, Verdict::Error | Verdict::Blocked | Verdict::Fail);
    let is_heard = |said: &Recording| {
        said.events.iter().any(|event| {
            event.who == Side::Server && !matches!(event.said, EventKind::Eof | EventKind::Reset)
        })
    };
    is_wanted && !said.is_some_and(is_heard)
}

/// The condition of a SASL failure that puts the credentials in doubt, if one came.
fn refusal(said: &Recording) -> Option<&'static str> {
    said.events.iter().filter(|event| event.who == Side::Server).find_map(|event| {
        let EventKind::Text { text, .. } = &event.said else { return None };
        let failure = stanza::parse(text).ok().filter(|element| element.is(ns::SASL, "failure"))?;
        REFUSALS.into_iter().find(|condition| failure.child(ns::SASL, condition).is_some())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use transcript::Event;

    use super::*;

    fn target(more: &str) -> Target {
        Target::parse("t", "t.toml", &format!("url = \"ws://h.test/\"\n{more}")).unwrap()
    }

    /// A case that came to `verdict` by what was said, or without a word.
    fn note(giving_up: &GivingUp, verdict: Verdict, said: impl Into<Option<Recording>>) {
        let text = "+++\ntitle = \"t\"\nspec = [\"vendor\"]\nlevel = \"must\"\nroles = [\"server\"]\n+++\nagent == connect\n";
        let source = case::Source { path: "a/b.case".into(), text: text.to_owned() };
        let case = case::parse_case("a/b", Arc::new(source)).unwrap();
        let note = Some("nobody listens".to_owned());
        let result = CaseResult { verdict, note, ..CaseResult::new(&case, "t", String::new()) };
        giving_up.note(&result, said.into().as_ref());
    }

    fn said(said: EventKind) -> Recording {
        let event = Event {
            conn: "agent".to_owned(),
            who: Side::Server,
            step: 1,
            micros: 0,
            octets: 0,
            claimed: false,
            timer: false,
            said,
        };
        Recording { events: vec![event], ..Recording::default() }
    }

    fn text(text: &str) -> Recording {
        said(EventKind::Text { text: text.to_owned(), fragments: 1, login: None })
    }

    fn failure(condition: &str) -> Recording {
        text(&format!("<failure xmlns='{}'><{condition}/></failure>", ns::SASL))
    }

    #[test]
    fn two_cases_in_a_row_without_a_word_are_enough() {
        let giving_up = GivingUp::of(&target(""));
        note(&giving_up, Verdict::Error, None);
        note(&giving_up, Verdict::Fail, text("<presence xmlns='jabber:client'/>"));
        note(&giving_up, Verdict::Error, None);
        assert_eq!(giving_up.gave_up(), None, "not in a row");
        // Silence that was wanted, and the end of TCP alone.
        note(&giving_up, Verdict::Pass, Recording::default());
        assert_eq!(giving_up.gave_up(), None);
        note(&giving_up, Verdict::Error, None);
        note(&giving_up, Verdict::Blocked, said(EventKind::Eof));
        assert!(giving_up.gave_up().unwrap().contains("2 cases in a row (nobody listens)"));
    }

    #[test]
    fn logins_that_should_succeed_are_refused_as_often_as_an_account_bears() {
        for (more, limit) in [("", 2), ("login_failures = 3", 3), ("login_failures = 0", 1)] {
            let giving_up = GivingUp::of(&target(more));
            for _ in 1..limit {
                note(&giving_up, Verdict::Blocked, failure("not-authorized"));
            }
            assert_eq!(giving_up.gave_up(), None, "{more}");
            // A case that fails a login on purpose, and a refusal that doubts no password.
            note(&giving_up, Verdict::Pass, failure("not-authorized"));
            note(&giving_up, Verdict::Blocked, failure("invalid-mechanism"));
            assert_eq!(giving_up.gave_up(), None, "{more}");
            note(&giving_up, Verdict::Blocked, failure("account-disabled"));
            assert!(giving_up.gave_up().unwrap().contains("account-disabled"), "{more}");
        }
    }

    #[test]
    fn a_fake_is_never_given_up() {
        let fake = Target::parse("t", "t.toml", "profile = \"strict\"").unwrap();
        let giving_up = GivingUp::of(&fake);
        for _ in 0..5 {
            note(&giving_up, Verdict::Error, None);
        }
        assert_eq!(giving_up.gave_up(), None);
    }
}
