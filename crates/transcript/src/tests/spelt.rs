//! Nothing that the normaliser decodes shows a password, however a peer spelt it.

#[path = "../../../mask/tests/oracle/mod.rs"]
mod oracle;

use oracle::{SPELLINGS, shows};
use proptest::prelude::*;

use crate::{EventKind, Octets, Recording, Secrets, Side, body};

use super::event;

const PASSWORD: &str = "Secr3t's <&>!";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_body_shows_a_password(
        said in prop::collection::vec((0..5_u8, 0..SPELLINGS.len(), "[a-z <>&;#'\"{}=]{0,9}"), 1..6),
    ) {
        let mut secrets = Secrets::default();
        secrets.password("agent.password", PASSWORD);
        let events = said.into_iter().map(|(kind, spelling, beside)| {
            let spelt = format!("{beside}{}{beside}", SPELLINGS[spelling].1(PASSWORD));
            let said = match kind {
                0 => EventKind::Http {
                    head: secrets.head(&format!("HTTP/1.1 200 OK\nLocation: {spelt}")),
                    login: None,
                    body: Some(Octets(secrets.scrub_octets(spelt.as_bytes()))),
                },
                1 => EventKind::Binary { payload: Octets(secrets.scrub_octets(spelt.as_bytes())) },
                2 => EventKind::Close { code: Some(1000), reason: secrets.scrub(&spelt) },
                // Text in text, as in notifications of Finesse (rule N14).
                3 => {
                    let inner = format!("<a>{spelt}</a>");
                    let outer = format!("<m xmlns='x'>{}</m>", stanza::escape::text(&inner));
                    let (text, login) = secrets.message(&outer);
                    EventKind::Text { text, fragments: 1, login }
                }
                _ => {
                    let (text, login) = secrets.message(&format!("<m xmlns='x'>{spelt}</m>"));
                    EventKind::Text { text, fragments: 1, login }
                }
            };
            event(Side::Server, said)
        });
        let recording = Recording { events: events.collect(), ..Recording::default() };
        let normalised = body(&recording);
        prop_assert!(!shows(normalised.as_bytes(), PASSWORD), "{}", normalised);
    }
}
