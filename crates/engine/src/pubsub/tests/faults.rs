//! The rules of publish-subscribe that faults break.

use std::time::Duration;

use stanza::{Jid, ns};

use super::{iq, send_amid, service, text, user};
use crate::fault::Faults;
use crate::pubsub::{PubSub, PubSubPolicy};

const NODE: &str = "/finesse/api/User/agent1001";

/// A service whose server has these faults.
struct Faulty {
    service: PubSub,
    faults: Faults,
}

impl Faulty {
    fn new(faults: &[&str]) -> Self {
        let mut all = Faults::default();
        for fault in faults {
            all.add(fault.parse().expect("parses")).expect("there is room");
        }
        Self { service: service(PubSubPolicy::strict()), faults: all }
    }

    /// The first answer.
    fn ask(&mut self, from: &Jid, kind: &str, content: &str) -> String {
        let iq = iq(kind, ns::PUBSUB, content);
        text(send_amid(&self.faults, &mut self.service, from, &iq).remove(0))
    }
}

#[test]
fn subscribe_anyone_takes_another_account() {
    let foreign = format!(r#"<subscribe node="{NODE}" jid="agent1002@uccx.example.com"/>"#);
    let faults: [(&[&str], &str); 2] =
        [(&[], r#"type="error""#), (&["subscribe-anyone"], r#"type="result""#)];
    for (faults, kind) in faults {
        let answer = Faulty::new(faults).ask(&user("agent1001/desktop"), "set", &foreign);
        assert!(answer.contains(kind), "{answer}");
    }
}

#[test]
fn leak_after_unsubscribe_goes_on_until_the_next_subscription() {
    let mut faulty = Faulty::new(&["leak-after-unsubscribe"]);
    let me = user("agent1001/desktop");
    let address = format!(r#"node="{NODE}" jid="{me}""#);
    faulty.ask(&me, "set", &format!("<subscribe {address}/>"));
    faulty.ask(&me, "set", &format!("<unsubscribe {address}/>"));
    let listed = faulty.ask(&me, "get", "<subscriptions/>");
    assert!(listed.contains("<subscriptions/>"), "{listed}");
    let mut heard = || faulty.service.publish(Duration::ZERO, NODE, "<x/>").unwrap().len();
    assert_eq!(heard(), 1);
    faulty.ask(&me, "set", &format!("<subscribe {address}/>"));
    let mut heard = || faulty.service.publish(Duration::ZERO, NODE, "<x/>").unwrap().len();
    assert_eq!(heard(), 1);
}
