//! The doings of an agent by REST, each with the event that tells of its result.

use std::pin::{Pin, pin};
use std::time::Duration;

use serde_json::{Map, Value, json};
use stanza::Element;
use tokio::time::Instant;

use crate::api::{Api, user_path};
use crate::driver::{Driver, TRIES};
use crate::misreading::{misread_calls, misread_number};
use crate::requests::fresh_id;
use crate::session::EventOr;
use crate::update::{Call, Update, calls, text_of};
use crate::{Error, Event, Fault};

/// How long the event may take that tells of a result.
const RESULT: Duration = Duration::from_secs(10);

/// How long a call may take to come.
const CALL: Duration = Duration::from_secs(60);

/// The state of an agent who is signed out.
const LOGOUT: &str = "LOGOUT";

/// The beginning of the nodes that tell of an agent's own state and calls.
const OWN_NODES: &str = "/finesse/api/User/";

/// The known state of the agent.
#[derive(Default)]
pub(crate) struct Agent {
    /// The extension to sign in at.
    pub(crate) extension: String,
    /// It has signed in by REST, and not out.
    pub(crate) is_signed_in: bool,
    /// The last state that was told.
    state: String,
    /// The calls that it takes part in.
    calls: Vec<Call>,
    /// Requests whose result was told, each with the type of the error, if it is one.
    results: Vec<(String, Option<String>)>,
}

impl Agent {
    /// One of whom nothing is known but the extension to sign in at.
    pub(crate) fn at(extension: String) -> Self {
        Self { extension, ..Self::default() }
    }

    /// The first call that `fits`, by its own side of it.
    fn call(&self, fits: impl Fn(&str) -> bool, fault: Option<Fault>) -> Option<(String, String)> {
        self.calls.iter().find_map(|call| {
            let own = call.own(&self.extension, fault).filter(|own| fits(&own.state))?;
            Some((call.id.clone(), own.address.clone()))
        })
    }

    fn state_in(&self, id: &str, fault: Option<Fault>) -> Option<&str> {
        let call = self.calls.iter().find(|call| call.id == id)?;
        call.own(&self.extension, fault).map(|own| own.state.as_str())
    }
}

impl Driver<'_> {
    /// Signs in unless the agent is signed in already, and looks which calls there are.
    pub(crate) async fn sign_in(&mut self) -> Result<(), Error> {
        // Events that come from here on may be newer than an answer.
        self.agent.calls.clear();
        let path = user_path(&self.config.user);
        let user = self.fetch(&path).await?;
        self.agent.state = text_of(&user, "state");
        if self.agent.state == LOGOUT {
            let extension = Element::new("", "extension").with_text(&self.agent.extension);
            let body = state_of("LOGIN").with_child(extension);
            self.request("PUT", &path, &body, |agent, _| agent.state != LOGOUT).await?;
        }
        let dialogs = self.fetch(&format!("{path}/Dialogs")).await?;
        self.see_calls(calls(&dialogs), false)?;
        self.agent.is_signed_in = true;
        Ok(())
    }

    /// Changes the state. The application goes on with the old one if that is refused.
    pub(crate) async fn change_state(&mut self, state: &'static str) -> Result<(), Error> {
        let path = user_path(&self.config.user);
        let is_done = |agent: &Agent, _| agent.state == state;
        go_on(self.request("PUT", &path, &state_of(state), is_done).await)
    }

    /// Signs out, if the agent has signed in.
    pub(crate) async fn sign_out_agent(&mut self) -> Result<(), Error> {
        let stays = self.config.fault == Some(Fault::StaySignedIn);
        if std::mem::take(&mut self.agent.is_signed_in) && !stays {
            self.change_state(LOGOUT).await?;
        }
        Ok(())
    }

    /// Calls a number.
    pub(crate) async fn call(&mut self, number: &str) -> Result<(), Error> {
        let path = format!("{}/Dialogs", user_path(&self.config.user));
        let dialled = match self.config.fault {
            Some(Fault::NumbersAsNumbers) => &misread_number(number),
            _ => number,
        };
        let body = dialog("MAKE_CALL", "fromAddress", &self.agent.extension)
            .with_child(Element::new("", "toAddress").with_text(dialled));
        let called = |agent: &Agent, _| agent.calls.iter().any(|call| call.to == number);
        go_on(self.request("POST", &path, &body, called).await)
    }

    /// Acts in the first call whose own side is in one of the states `from`, once there is one,
    /// until it is in the state `to`; without one until the call is over.
    pub(crate) async fn act(
        &mut self,
        action: &str,
        from: &[&str],
        to: Option<&str>,
    ) -> Result<(), Error> {
        self.act_on(action, None, from, to).await
    }

    /// Hands the call over to a number, without a word to it.
    pub(crate) async fn transfer(&mut self, number: &str) -> Result<(), Error> {
        let fault = self.config.fault;
        let (action, number) = match fault {
            Some(Fault::DropOnTransfer) => ("DROP", None),
            _ => ("TRANSFER_SST", Some(number)),
        };
        let done = self.act_on(action, number, &["ACTIVE"], None).await;
        if fault == Some(Fault::ForgetOnTransfer) {
            self.agent.calls.clear();
        }
        done
    }

    /// [`Driver::act`], with the number that the action is about.
    async fn act_on(
        &mut self,
        action: &str,
        number: Option<&str>,
        from: &[&str],
        to: Option<&str>,
    ) -> Result<(), Error> {
        let fault = self.config.fault;
        let until = Instant::now() + CALL;
        let (id, address) = loop {
            if let Some(call) = self.agent.call(|state| from.contains(&state), fault) {
                break call;
            }
            if Instant::now() >= until {
                return Err(Error::Timeout("a call"));
            }
            self.listen_until(until).await?;
        };
        let action = match fault {
            Some(Fault::LowerCase) => &action.to_lowercase(),
            _ => action,
        };
        let mut body = dialog(action, "targetMediaAddress", &address);
        if let Some(number) = number {
            body = body.with_child(Element::new("", "toAddress").with_text(number));
        }
        let done = |agent: &Agent, fault| agent.state_in(&id, fault) == to;
        go_on(self.request("PUT", &format!("/Dialog/{id}"), &body, done).await)
    }

    /// Makes a request and waits for its result: the event with its id, or that `is_done`.
    async fn request(
        &mut self,
        method: &str,
        path: &str,
        body: &Element,
        is_done: impl Fn(&Agent, Option<Fault>) -> bool,
    ) -> Result<(), Error> {
        let fault = self.config.fault;
        let id = &fresh_id();
        let asked = self.ask(|api| async move { api.change(method, path, body, id).await }).await;
        if let Err(error) = asked {
            self.tell(&error);
            return Err(error);
        }
        match fault {
            Some(Fault::Trust202) => return Ok(()),
            Some(Fault::LoseEarlyResult) => {
                self.agent.results.clear();
                self.agent.state.clear();
            }
            _ => {}
        }
        let until = Instant::now() + RESULT;
        loop {
            let result = self.agent.results.iter().find(|(request, _)| request == id);
            if let Some((_, Some(kind))) = result {
                return Err(Error::Denied { status: 0, kind: kind.clone() });
            }
            if result.is_some() || is_done(&self.agent, fault) {
                return Ok(());
            }
            if Instant::now() >= until {
                self.tell(&Error::NoResult);
                return Err(Error::NoResult);
            }
            self.listen_until(until).await?;
        }
    }

    async fn fetch(&mut self, path: &str) -> Result<Element, Error> {
        let fetched = self.ask(|api| async move { api.get(path).await }).await;
        if let Err(error) = &fetched {
            self.tell(error);
        }
        fetched
    }

    /// Asks the server, and again or the other server as long as it does not serve.
    async fn ask<T, F>(&mut self, exchange: impl Fn(Api) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut tries = 0;
        loop {
            let asked = self.config.rest.clone();
            let answer = {
                let exchange = pin!(exchange(Api::new(&self.config)));
                self.listen_while(exchange).await?
            };
            let Err(error) = answer else { return answer };
            let insists = self.config.fault == Some(Fault::RepeatRefused);
            if tries == TRIES || (error.is_final() && !insists) {
                return Err(error);
            }
            tries += 1;
            // The server may have been left already, with its WebSocket.
            if !error.is_final() && asked == self.config.rest {
                self.turn_elsewhere(error).await?;
            }
        }
    }

    /// Deals with events while something else goes on, and gives that.
    async fn listen_while<T>(
        &mut self,
        mut other: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> Result<T, Error> {
        loop {
            let Some(session) = &mut self.session else { return Ok(other.await) };
            match session.next_or(other.as_mut()).await {
                Ok(EventOr::Other(done)) => return Ok(done),
                Ok(EventOr::Event(event)) => {
                    self.see(&event)?;
                }
                Err(error) => self.recover(error).await?,
            }
        }
    }

    /// Deals with the next event, if one comes before `until`.
    async fn listen_until(&mut self, until: Instant) -> Result<(), Error> {
        let Some(session) = &mut self.session else { return Err(Error::Closed) };
        match session.next_until(until).await {
            Ok(Some(event)) => self.see(&event),
            Ok(None) => Ok(()),
            Err(error) => self.recover(error).await,
        }
    }

    /// Tells the application of an event, and learns from it.
    pub(crate) fn see(&mut self, event: &Event) -> Result<(), Error> {
        (self.report)(event.shown());
        let Event::Notification { node, text, .. } = event else { return Ok(()) };
        if !node.starts_with(OWN_NODES) {
            return Ok(());
        }
        let Some(update) = Update::parse(text) else { return Ok(()) };
        let request = update.request().to_owned();
        let mut kind = None;
        match update {
            Update::User { state, .. } => {
                (self.report)(json!({ "event": "state", "state": state }));
                self.agent.state = state;
            }
            Update::Calls { calls, is_gone, .. } => self.see_calls(calls, is_gone)?,
            Update::Error { .. } if self.config.fault == Some(Fault::IgnoreApiErrors) => {
                return Ok(());
            }
            Update::Error { kind: told, .. } => {
                self.tell(&Error::Denied { status: 0, kind: told.clone() });
                kind = Some(told);
            }
        }
        if !request.is_empty() {
            self.agent.results.push((request, kind));
        }
        Ok(())
    }

    fn see_calls(&mut self, calls: Vec<Call>, is_gone: bool) -> Result<(), Error> {
        let fault = self.config.fault;
        for call in misread_calls(calls, fault)? {
            let own = call.own(&self.agent.extension, fault);
            let state = match own {
                _ if is_gone => "DROPPED",
                Some(own) => own.state.as_str(),
                None => "",
            };
            (self.report)(shown(&call, state, &self.agent.extension));
            let is_over = is_gone || state == "DROPPED";
            // An event about a call without its id says nothing of another.
            if call.id.is_empty() {
                continue;
            }
            self.agent.calls.retain(|known| known.id != call.id);
            if !is_over {
                self.agent.calls.push(call);
            }
        }
        Ok(())
    }
}

/// A refusal that the application was told of: it goes on.
fn go_on(done: Result<(), Error>) -> Result<(), Error> {
    match done {
        Err(Error::Denied { status, .. }) if status != 401 => Ok(()),
        Err(Error::NoResult) => Ok(()),
        done => done,
    }
}

fn state_of(state: &str) -> Element {
    Element::new("", "User").with_child(Element::new("", "state").with_text(state))
}

fn dialog(action: &str, address: &str, own: &str) -> Element {
    Element::new("", "Dialog")
        .with_child(Element::new("", "requestedAction").with_text(action))
        .with_child(Element::new("", address).with_text(own))
}

/// A call as a line of JSON has it. Its variables are members by their names.
fn shown(call: &Call, state: &str, extension: &str) -> Value {
    let text = |text: &str| Value::from(text);
    let variables = call.variables.iter().filter(|(name, _)| !name.is_empty());
    let mut line: Map<String, Value> =
        variables.map(|(name, value)| (name.clone(), text(value))).collect();
    line.extend([
        ("event".to_owned(), text("call")),
        ("id".to_owned(), text(&call.id)),
        ("state".to_owned(), text(state)),
        ("number".to_owned(), text(call.other(extension))),
    ]);
    Value::Object(line)
}
