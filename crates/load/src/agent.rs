//! An agent: a client on the WebSocket that makes requests to the REST API, and waits for the event
//! of each.

use std::time::{Duration, Instant};

use remote::{Account, Credentials, Http, HttpAnswer, HttpRequest, finesse};
use stanza::{Element, Rules, ns};

use crate::client::{CheckedClient, DEADLINES};
use crate::error::{ClientStep, Error};
use crate::server::MeasuredServer;

/// An agent that is logged in on the WebSocket.
pub struct Agent {
    client: CheckedClient,
    http: Http,
    account: Account,
    extension: String,
    /// The node of the agent's own state.
    node: String,
    is_ready: bool,
    requests: u64,
}

/// A request of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentRequest {
    /// Sign in, on a new connection.
    SignIn,
    /// Change from `NOT_READY` to `READY`, or back.
    Change,
    SignOut,
}

/// The times of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Times {
    /// From the request to the 202.
    pub answer: Duration,
    /// From the 202 to the event; zero if the event came first.
    pub event: Duration,
    /// From the request to the event.
    pub all: Duration,
}

/// Whether a server has the REST API of Finesse.
///
/// # Errors
///
/// The connection fails, or the server answers with something that is no HTTP.
pub async fn has_api(server: &MeasuredServer) -> Result<bool, Error> {
    let mut http = client_of(server);
    let answer = http.ask(&HttpRequest::get(finesse::SYSTEM_INFO, Credentials::None)).await;
    http.leave().await;
    Ok(answer.map_err(|cause| ClientStep::Api.failed(cause))?.head.status == 200)
}

fn client_of(server: &MeasuredServer) -> Http {
    Http::new(finesse::api_of(&server.url), server.trust.clone(), DEADLINES)
}

impl Agent {
    /// Logs in on the WebSocket, becomes available, and asks the API for its extension.
    ///
    /// # Errors
    ///
    /// The first step that fails.
    pub async fn log_in(
        server: &MeasuredServer,
        account: &Account,
        resource: &str,
    ) -> Result<Self, Error> {
        let mut client = CheckedClient::log_in(server, account, resource).await?;
        client.be_present().await?;
        let mut http = client_of(server);
        let path = finesse::user(&account.name);
        let asked = http.ask(&HttpRequest::get(&path, Credentials::Basic(account))).await;
        let user = document(&answered(asked, 200)?, "User")?;
        http.leave().await;
        Ok(Self {
            client,
            http: client_of(server),
            account: account.clone(),
            extension: text(&user, &["extension"]),
            node: text(&user, &["uri"]),
            is_ready: false,
            requests: 0,
        })
    }

    /// Makes a request and waits for 202 and for the event with its id. The check of the event
    /// follows and is not measured.
    ///
    /// # Errors
    ///
    /// Another status, or no event of that state.
    pub async fn does(&mut self, deed: AgentRequest) -> Result<Times, Error> {
        let (ask, state) = match deed {
            AgentRequest::SignIn => ("LOGIN", "NOT_READY"),
            AgentRequest::SignOut => ("LOGOUT", "LOGOUT"),
            AgentRequest::Change if self.is_ready => ("NOT_READY", "NOT_READY"),
            AgentRequest::Change => ("READY", "READY"),
        };
        let more = match deed {
            AgentRequest::SignIn => format!("<extension>{}</extension>", self.extension),
            _ => String::new(),
        };
        self.requests += 1;
        // Of one length, so that no id is the beginning of another.
        let id = format!("{}-{:08}", self.account.name, self.requests);
        let request = HttpRequest {
            method: "PUT",
            path: &finesse::user(&self.account.name),
            credentials: Credentials::Basic(&self.account),
            headers: &[("requestId", &id)],
            body: &format!("<User><state>{ask}</state>{more}</User>"),
        };
        let begun = Instant::now();
        let answer = async {
            answered(self.http.ask(&request).await, 202)?;
            Ok(Instant::now())
        };
        let event = async {
            let text = self.client.message_with(&id).await?;
            Ok((Instant::now(), text))
        };
        let (accepted, (heard, message)) = tokio::try_join!(answer, event)?;
        self.check(&message, state)?;
        self.is_ready = state == "READY";
        Ok(Times {
            answer: accepted.saturating_duration_since(begun),
            event: heard.saturating_duration_since(accepted),
            all: heard.saturating_duration_since(begun),
        })
    }

    /// Checks the event: it is on the agent's node, and says this state.
    fn check(&self, message: &str, state: &str) -> Result<(), Error> {
        let unread = |error: stanza::Error| {
            ClientStep::Delivery.failed(remote::Error::Unexpected(error.to_string()))
        };
        let message = stanza::parse(message).map_err(unread)?;
        let items = message
            .child(ns::PUBSUB_EVENT, "event")
            .and_then(|event| event.child(ns::PUBSUB_EVENT, "items"))
            .filter(|items| items.attr("node") == Some(&self.node));
        let update = items
            .and_then(|items| items.child(ns::PUBSUB_EVENT, "item"))
            .and_then(|item| item.children().next())
            .map(Element::text)
            .unwrap_or_default();
        let update = stanza::parse_with(&update, &Rules::DOCUMENT).map(|(update, _)| update);
        let is_it = |update: &Element| text(update, &["data", "user", "state"]) == state;
        if update.is_ok_and(|update| is_it(&update)) {
            return Ok(());
        }
        let wanted = format!("an event of {} with the state {state}", self.node);
        Err(ClientStep::Delivery.unexpected(&wanted, &message))
    }

    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Ends both connections.
    pub async fn leave(self) {
        self.http.leave().await;
        self.client.leave().await;
    }
}

/// The body of an answer of this status.
fn answered(answer: Result<HttpAnswer, remote::Error>, wanted: u16) -> Result<Vec<u8>, Error> {
    let HttpAnswer { head, body } = answer.map_err(|cause| ClientStep::Api.failed(cause))?;
    if head.status == wanted {
        return Ok(body);
    }
    let got = format!("wanted the status {wanted}, got {} {}", head.status, head.reason);
    Err(ClientStep::Api.failed(remote::Error::Unexpected(got)))
}

fn document(body: &[u8], root: &str) -> Result<Element, Error> {
    let text = String::from_utf8_lossy(body);
    let read = stanza::parse_with(&text, &Rules::DOCUMENT);
    match read {
        Ok((element, _)) if element.name.local == root => Ok(element),
        Ok((element, _)) => Err(ClientStep::Api.unexpected(&format!("<{root}>"), &element)),
        Err(error) => Err(ClientStep::Api.failed(remote::Error::Unreadable(error.to_string()))),
    }
}

/// The text of an element by its path below the root; empty if it is not there.
fn text(root: &Element, path: &[&str]) -> String {
    let found = path
        .iter()
        .try_fold(root, |element, name| element.children().find(|child| child.name.local == *name));
    found.map(Element::text).unwrap_or_default()
}
