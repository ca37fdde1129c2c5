//! A client with a WebSocket library that is not ours.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use finesse_fake::FakeFinesse;
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue};
use wire::{Stream, Trust, dial};

const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    socket: WebSocketStream<Stream>,
    /// The domain that it asks for.
    domain: String,
}

impl Client {
    /// Logs in, stays until it is thrown out in order, and comes back whenever the connection
    /// merely breaks.
    pub(crate) async fn stays_connected(url: String, ca_pem: Option<String>) {
        loop {
            let mut client = Self::connect(&url, ca_pem.as_deref()).await;
            client.log_in("1001", "desktop").await;
            client.say("<presence xmlns='jabber:client'/>").await;
            if client.until_closed().await {
                return;
            }
        }
    }

    pub(crate) async fn connect(url: &str, ca_pem: Option<&str>) -> Self {
        let (socket, status) = Self::try_to(url, ca_pem).await;
        assert_eq!(status, 101);
        let socket = socket.expect("the upgrade is granted");
        Self { socket, domain: "finesse.example.com".to_owned() }
    }

    /// Has a WebSocket with a fake, whatever its domain, and nothing else.
    pub(crate) async fn to(fake: &FakeFinesse) -> Self {
        let client = Self::connect(&fake.url(), fake.ca_pem()).await;
        Self { domain: fake.domain().to_owned(), ..client }
    }

    /// The answer to a WebSocket upgrade.
    pub(crate) async fn status(url: &str) -> u16 {
        Self::try_to(url, None).await.1
    }

    async fn try_to(url: &str, ca_pem: Option<&str>) -> (Option<WebSocketStream<Stream>>, u16) {
        let trust = ca_pem.map(|pem| Trust::ca_pem(pem).expect("the fake's own authority"));
        let tls = trust.as_ref().map(|trust| (trust, "localhost"));
        let mut request = url.into_client_request().expect("a URL");
        let port = request.uri().port_u16().expect("a port");
        let stream = dial("127.0.0.1", port, tls, DEADLINE).await.expect("the fake listens");
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("xmpp"));
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, response)) => (Some(socket), response.status().as_u16()),
            Err(tungstenite::Error::Http(response)) => (None, response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) async fn log_in(&mut self, user: &str, resource: &str) {
        self.authenticate(user, "secret").await;
        self.bind(resource).await;
    }

    /// Opens a stream, tries to log in with SASL PLAIN, and returns the answer.
    pub(crate) async fn authenticate(&mut self, user: &str, password: &str) -> String {
        self.open().await;
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        self.say(&format!(
            r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>"#
        ))
        .await;
        self.hear().await
    }

    /// Opens the stream of a client that is logged in, and binds a resource. The answer.
    pub(crate) async fn bind(&mut self, resource: &str) -> String {
        self.open().await;
        self.say(&format!(
            r#"<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>{resource}</resource></bind></iq>"#
        ))
        .await;
        self.hear().await
    }

    async fn open(&mut self) {
        let open = format!(
            r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{}" version="1.0"/>"#,
            self.domain
        );
        self.say(&open).await;
        for _ in 0..2 {
            self.hear().await;
        }
    }

    /// Sends a ping of the WebSocket.
    pub(crate) async fn ping(&mut self, text: &str) {
        let ping = Message::Ping(text.to_owned().into());
        self.socket.send(ping).await.expect("the connection is open");
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("the connection is open");
    }

    pub(crate) async fn hear(&mut self) -> String {
        let message = timeout(DEADLINE, self.socket.next()).await.expect("an answer in time");
        match message.expect("an open connection").expect("no error") {
            Message::Text(text) => text.as_str().to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// Whether the connection ends with a WebSocket close.
    pub(crate) async fn until_closed(&mut self) -> bool {
        loop {
            match timeout(DEADLINE, self.socket.next()).await.expect("an end in time") {
                Some(Ok(Message::Close(_))) => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    }
}
