//! An agent's client: it logs in, is available, and tells what it is notified of.

use std::time::Duration;

use base64::Engine as _;
use finesse_fake::FakeFinesse;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest, http::HeaderValue};

const DEADLINE: Duration = Duration::from_secs(5);

/// A client without TLS.
pub(crate) struct Client {
    socket: WebSocketStream<TcpStream>,
}

impl Client {
    /// Logs in as an agent whose password is `secret`, and is there.
    pub(crate) async fn come(fake: &FakeFinesse, agent: &str) -> Self {
        Self::come_with(fake, agent, "secret").await
    }

    /// Logs in with this password, and is there.
    pub(crate) async fn come_with(fake: &FakeFinesse, agent: &str, password: &str) -> Self {
        let mut client = Self::connect(fake).await;
        let answer = client.log_in(fake, agent, password).await;
        assert!(answer.starts_with("<success"), "{answer}");
        let bind = r#"<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>probe</resource></bind></iq>"#;
        for (message, answers) in [(open(fake).as_str(), 2), (bind, 1)] {
            client.say(message).await;
            for _ in 0..answers {
                client.hear().await;
            }
        }
        client.say(r#"<presence xmlns="jabber:client"/>"#).await;
        arrived(fake, agent).await;
        client
    }

    /// Has a WebSocket, and nothing else.
    pub(crate) async fn connect(fake: &FakeFinesse) -> Self {
        let stream = TcpStream::connect(fake.addr()).await.expect("the fake listens");
        let mut request = fake.url().into_client_request().expect("a URL");
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("xmpp"));
        let (socket, _) =
            tokio_tungstenite::client_async(request, stream).await.expect("the upgrade is granted");
        Self { socket }
    }

    /// Opens a stream, tries to log in with SASL PLAIN, and returns the answer.
    pub(crate) async fn log_in(
        &mut self,
        fake: &FakeFinesse,
        agent: &str,
        password: &str,
    ) -> String {
        self.say(&open(fake)).await;
        for _ in 0..2 {
            self.hear().await;
        }
        let plain = format!("\0{agent}\0{password}");
        let plain = base64::engine::general_purpose::STANDARD.encode(plain);
        self.say(&format!(
            r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>"#
        ))
        .await;
        self.hear().await
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("the connection is open");
    }

    /// The next message of any kind.
    pub(crate) async fn hear(&mut self) -> String {
        loop {
            let message = timeout(DEADLINE, self.socket.next()).await.expect("a message in time");
            match message.expect("an open connection").expect("no error") {
                // The server asks for versions and pings by timer.
                Message::Text(text) if text.as_str().contains("jabber:iq:version") => {}
                Message::Ping(_) => {}
                Message::Text(text) => return text.as_str().to_owned(),
                other => return format!("{other:?}"),
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
        while timeout(DEADLINE, self.socket.next()).await.expect("an end in time").is_some() {}
    }
}

fn open(fake: &FakeFinesse) -> String {
    format!(
        r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{}" version="1.0"/>"#,
        fake.domain()
    )
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
