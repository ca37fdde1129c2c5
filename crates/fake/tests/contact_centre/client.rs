//! An agent's client: it logs in, is available, and tells what it is notified of.

use std::time::Duration;

use finesse_fake::FakeFinesse;
use tokio::time::timeout;

use crate::socket;

const DEADLINE: Duration = Duration::from_secs(5);

pub(crate) struct Client(socket::Client);

impl Client {
    /// Logs in as an agent whose password is `secret`, and is there.
    pub(crate) async fn come(fake: &FakeFinesse, agent: &str) -> Self {
        Self::come_with(fake, agent, "secret").await
    }

    /// Logs in with this password, and is there.
    pub(crate) async fn come_with(fake: &FakeFinesse, agent: &str, password: &str) -> Self {
        let mut client = Self(socket::Client::to(fake).await);
        let answer = client.0.authenticate(agent, password).await;
        assert!(answer.starts_with("<success"), "{answer}");
        client.0.bind("probe").await;
        client.say(r#"<presence xmlns="jabber:client"/>"#).await;
        arrived(fake, agent).await;
        client
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.0.say(text).await;
    }

    /// The next message of any kind.
    pub(crate) async fn hear(&mut self) -> String {
        loop {
            let message = self.0.hear().await;
            // The server asks for versions and pings by timer.
            if !message.contains("jabber:iq:version") && !message.starts_with("Ping(") {
                return message;
            }
        }
    }

    /// The next message that contains `part`.
    pub(crate) async fn hear_of(&mut self, part: &str) -> String {
        loop {
            let message = self.hear().await;
            if message.contains(part) {
                return message;
            }
        }
    }

    /// The next update that is notified of: its node and its text.
    pub(crate) async fn update(&mut self) -> (String, String) {
        loop {
            let message = self.hear().await;
            let element = stanza::parse(&message).expect("a stanza");
            let Some(items) = element.children().next().and_then(|event| event.children().next())
            else {
                continue;
            };
            if items.name.local == "items" {
                let node = items.attr("node").expect("a node").to_owned();
                return (node, items.text_of_all());
            }
        }
    }

    /// The next update, in short: node and the values of these elements.
    pub(crate) async fn hears_of(&mut self, elements: &[&str]) -> String {
        let (node, update) = self.update().await;
        let values = elements.iter().map(|name| {
            let start = update.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
            let value = start.and_then(|at| update[at..].split('<').next());
            value.unwrap_or("-").to_owned()
        });
        format!("{node} {}", values.collect::<Vec<_>>().join(" "))
    }

    /// Goes as a good client does.
    pub(crate) async fn say_goodbye(mut self) {
        self.say(r#"<presence xmlns="jabber:client" type="unavailable"/>"#).await;
        self.say(r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#).await;
        self.0.until_closed().await;
    }
}

/// Waits until the fake has heard that an agent's client is there.
async fn arrived(fake: &FakeFinesse, agent: &str) {
    let there = async {
        while !fake.agent(agent).view().expect("an agent").present {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, there).await.expect("the presence arrives");
}

trait TextOfAll {
    fn text_of_all(&self) -> String;
}

impl TextOfAll for stanza::Element {
    fn text_of_all(&self) -> String {
        let below: String = self.children().map(Self::text_of_all).collect();
        if below.is_empty() { self.text() } else { below }
    }
}
