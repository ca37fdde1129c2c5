//! Server-sent events (WHATWG HTML §9.2) at the control port of the fake.

use std::time::Instant;

use serde_json::Value;
use tokio::sync::mpsc;
use wire::BodyReader;
use wire::http::response_body;

use crate::changes::{parsed, update_of};
use crate::error::Error;
use crate::http::{self, Request};
use crate::net::{Net, NetworkAct, Pipe};
use crate::session::{Notification, Notified};

/// A stream of events.
pub(crate) struct Events {
    pipe: Pipe,
    agent: usize,
    body: BodyReader,
    /// How much of the body is read.
    used: usize,
}

impl Events {
    /// Connects, and asks for the events of an agent. They come from then on.
    pub(crate) async fn open(net: &Net, agent: usize, name: &str) -> Result<Self, Error> {
        let mut pipe = Pipe::to_events(net, agent).await?;
        let (target, version) = (format!("/events?user={name}"), "HTTP/1.1");
        let request = Request { method: "GET", target: &target, version, account: None, body: "" };
        pipe.note(NetworkAct::Asks);
        pipe.say(&request.octets(net.address.events)).await?;
        let head = http::head(&mut pipe).await?;
        if head.status != 200 {
            return Err(Error::unexpected("200", head.status.to_string()));
        }
        pipe.note(NetworkAct::IsAnswered);
        let unreadable = |error: wire::BodyError| Error::unexpected("a body", error.to_string());
        let body = BodyReader::within(response_body(&head, "GET"), usize::MAX);
        let mut events = Self { pipe, agent, body: body.map_err(unreadable)?, used: 0 };
        // The first words: from here on nothing is missed.
        events.next().await?;
        Ok(events)
    }

    /// The next event, up to the empty line behind it.
    async fn next(&mut self) -> Result<String, Error> {
        loop {
            let unreadable =
                |error: wire::BodyError| Error::unexpected("a body", error.to_string());
            let octets = std::mem::take(&mut self.pipe.received);
            self.body.push(&octets).map_err(unreadable)?;
            let rest = self.body.body().get(self.used..).unwrap_or_default();
            if let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
                self.used += end + 2;
                return Ok(String::from_utf8_lossy(&rest[..end]).into_owned());
            }
            if !self.pipe.hear().await? {
                return Err(Error::unexpected("an event", "the end of the connection"));
            }
        }
    }

    async fn told(&mut self) -> Result<Notification, Error> {
        loop {
            let event = self.next().await?;
            let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) else {
                continue;
            };
            let when = Instant::now();
            self.pipe.note(NetworkAct::IsTold);
            let data: Value = serde_json::from_str(data).unwrap_or_default();
            let payload = data["payload"].as_str().unwrap_or_default();
            let odd = || Error::unexpected("a publication", &event);
            let update = update_of(&parsed(payload)?).ok_or_else(odd)?;
            return Ok(Notification { agent: self.agent, update, when });
        }
    }

    /// Hears everything, until the stream ends or nobody wants to know.
    pub(crate) async fn listen(mut self, heard: mpsc::UnboundedSender<Notified>) {
        loop {
            let told = self.told().await;
            let is_over = told.is_err();
            if heard.send(told).is_err() || is_over {
                return;
            }
        }
    }
}
