//! When a run against a server is given up: nobody answers any more, or logins are refused that should succeed. Playing on
//! would say the same of every case that is left, and might lock an account.

use std::sync::{Mutex, PoisonError};

use stanza::ns;
use transcript::{Recording, Said, Who};

use crate::outcome::CaseReport;
use crate::program::program;
use crate::target::{Endpoint, Target};
use crate::verdict::Verdict;

/// After so many cases in a row in which nothing was heard no more are begun.
const SILENT: u32 = 2;

/// What a server says of credentials that it does not, or no longer, take (RFC 6120 §6.5).
const REFUSALS: [&str; 4] =
    ["not-authorized", "account-disabled", "credentials-expired", "temporary-auth-failure"];

/// What the cases of a run found out together.
pub(crate) struct Endurance {
    /// None for a fake: each case has its own, in this process.
    limit_of_refusals: Option<u32>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    silent: u32,
    refused: u32,
    gave_up: Option<String>,
}

impl Endurance {
    /// For a run against `target`.
    pub(crate) fn of(target: &Target) -> Self {
        let is_server = matches!(target.endpoint, Endpoint::Server(_));
        let limit = target.login_failures.unwrap_or_default().max(1);
        Self { limit_of_refusals: is_server.then_some(limit), state: Mutex::default() }
    }

    /// Takes note of a case that was played: what it came to, and what was said.
    pub(crate) fn note(&self, report: &CaseReport) {
        let said = report.recording.as_ref();
        let Some(limit) = self.limit_of_refusals else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if is_silent(report, said) {
            state.silent += 1;
            if state.silent >= SILENT && state.gave_up.is_none() {
                let last =
                    report.note.clone().unwrap_or_else(|| "no answer to anything".to_owned());
                state.gave_up = Some(format!(
                    "nothing was heard from the server in {SILENT} cases in a row ({last}); the rest was not played. \
                     `{} probe` says where it breaks",
                    program()
                ));
            }
        } else {
            state.silent = 0;
        }
        // Fragments log in with the right password only, and a case that gets stuck there is BLOCKED.
        let refusal = said.filter(|_| report.verdict == Verdict::Blocked).and_then(refusal);
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
fn is_silent(report: &CaseReport, said: Option<&Recording>) -> bool {
    let is_wanted = matches!(report.verdict, Verdict::Error | Verdict::Blocked | Verdict::Fail);
    let is_heard = |said: &Recording| {
        said.events
            .iter()
            .any(|event| event.who == Who::Server && !matches!(event.said, Said::Eof | Said::Reset))
    };
    is_wanted && !said.is_some_and(is_heard)
}

/// The condition of a SASL failure that puts the credentials in doubt, if one came.
fn refusal(said: &Recording) -> Option<&'static str> {
    said.events.iter().filter(|event| event.who == Who::Server).find_map(|event| {
        let Said::Text { text, .. } = &event.said else { return None };
        let failure = stanza::parse(text).ok().filter(|element| element.is(ns::SASL, "failure"))?;
        REFUSALS.into_iter().find(|condition| failure.child(ns::SASL, condition).is_some())
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use transcript::Event;

    use super::*;
    use crate::verdict::CloseAxis;

    fn target(more: &str) -> Target {
        Target::parse("t", "t.toml", &format!("url = \"ws://h.test/\"\n{more}")).unwrap()
    }

    fn case(verdict: Verdict) -> CaseReport {
        CaseReport {
            id: "a/b".to_owned(),
            title: String::new(),
            level: case::Level::Must,
            spec: Vec::new(),
            why: None,
            target: "t".to_owned(),
            verdict,
            close: CloseAxis::NotReached,
            took: Duration::ZERO,
            note: Some("nobody listens".to_owned()),
            owner: None,
            failure: None,
            drift: None,
            transcript: None,
            source: PathBuf::new(),
            output: Vec::new(),
            volatile: Vec::new(),
            began: std::time::UNIX_EPOCH,
            deviation: None,
            recording: None,
            body: None,
            ruled_out: false,
        }
    }

    fn said(said: Said) -> Recording {
        let event = Event {
            conn: "agent".to_owned(),
            who: Who::Server,
            step: 1,
            micros: 0,
            octets: 0,
            claimed: false,
            timer: false,
            said,
        };
        Recording { events: vec![event], ..Recording::default() }
    }

    fn having(verdict: Verdict, said: Recording) -> CaseReport {
        CaseReport { recording: Some(said), ..case(verdict) }
    }

    fn text(text: &str) -> Recording {
        said(Said::Text { text: text.to_owned(), fragments: 1, login: None })
    }

    fn failure(condition: &str) -> Recording {
        text(&format!("<failure xmlns='{}'><{condition}/></failure>", ns::SASL))
    }

    #[test]
    fn two_cases_in_a_row_without_a_word_are_enough() {
        let endurance = Endurance::of(&target(""));
        endurance.note(&case(Verdict::Error));
        endurance.note(&having(Verdict::Fail, text("<presence xmlns='jabber:client'/>")));
        endurance.note(&case(Verdict::Error));
        assert_eq!(endurance.gave_up(), None, "not in a row");
        // Silence that was wanted, and the end of TCP alone.
        endurance.note(&having(Verdict::Pass, Recording::default()));
        assert_eq!(endurance.gave_up(), None);
        endurance.note(&case(Verdict::Error));
        endurance.note(&having(Verdict::Blocked, said(Said::Eof)));
        assert!(endurance.gave_up().unwrap().contains("2 cases in a row (nobody listens)"));
    }

    #[test]
    fn logins_that_should_succeed_are_refused_as_often_as_an_account_bears() {
        for (more, limit) in [("", 2), ("login_failures = 3", 3), ("login_failures = 0", 1)] {
            let endurance = Endurance::of(&target(more));
            for _ in 1..limit {
                endurance.note(&having(Verdict::Blocked, failure("not-authorized")));
            }
            assert_eq!(endurance.gave_up(), None, "{more}");
            // A case that fails a login on purpose, and a refusal that doubts no password.
            endurance.note(&having(Verdict::Pass, failure("not-authorized")));
            endurance.note(&having(Verdict::Blocked, failure("invalid-mechanism")));
            assert_eq!(endurance.gave_up(), None, "{more}");
            endurance.note(&having(Verdict::Blocked, failure("account-disabled")));
            assert!(endurance.gave_up().unwrap().contains("account-disabled"), "{more}");
        }
    }

    #[test]
    fn a_fake_is_never_given_up() {
        let fake = Target::parse("t", "t.toml", "profile = \"strict\"").unwrap();
        let endurance = Endurance::of(&fake);
        for _ in 0..5 {
            endurance.note(&case(Verdict::Error));
        }
        assert_eq!(endurance.gave_up(), None);
    }
}
