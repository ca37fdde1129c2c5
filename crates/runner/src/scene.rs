//! Where a case is played: the endpoint with its accounts and names, and the means to change the
//! world behind it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use case::Case;
use transcript::{KnownValue, Secrets};
use wire::net::{DialError, Network, Stream, Trust};

use crate::client::ClientUnderTest;
use crate::targets::Target;

/// A future of a trait object.
pub type Promise<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes a scene for each case of a run.
pub trait Venue: Send + Sync {
    /// The target of the scenes.
    fn target(&self) -> &Target;

    /// Why an action of that name can be carried out in none of its scenes, if so: cases that do it
    /// are UNSUPPORTED then.
    fn cannot(&self, action: &str) -> Option<String> {
        let _ = action;
        None
    }

    /// A scene for `case`; the error says why there can be none and what to do.
    fn set<'a>(&'a self, case: &'a Case) -> Promise<'a, Result<Scene, String>>;
}

/// The endpoint of a case.
pub struct Scene {
    /// The side under test.
    pub tested: Tested,
    /// Values of the variables that a case may use: `host`, `port`, `ws.path`, `domain`,
    /// `agent.user` …
    pub variables: BTreeMap<String, String>,
    /// Values that may reach no file: `agent.password`, `wrong` …
    pub passwords: BTreeMap<String, String>,
    /// Which variables a snapshot shows by name, and where.
    pub known: Vec<KnownValue>,
    /// Factor on all deadlines.
    pub patience: f64,
    /// Factor by which the clock of the server runs faster than the wall.
    pub clock: f64,
}

/// The side that is tested.
pub enum Tested {
    Server(ServerUnderTest),
    /// A client; none once a case has begun with it.
    Client(Mutex<Option<ClientUnderTest>>),
}

impl From<ServerUnderTest> for Tested {
    fn from(server: ServerUnderTest) -> Self {
        Self::Server(server)
    }
}

impl From<ClientUnderTest> for Tested {
    fn from(client: ClientUnderTest) -> Self {
        Self::Client(Mutex::new(Some(client)))
    }
}

/// A server that is tested.
#[derive(Clone)]
pub struct ServerUnderTest {
    /// The network on which it is.
    pub network: Network,
    /// Host to connect to.
    pub host: String,
    pub port: u16,
    /// Trust and server name, when it speaks TLS.
    pub tls: Option<Tls>,
    /// The world behind it.
    pub stage: Arc<dyn Stage>,
}

impl ServerUnderTest {
    /// A connection to it.
    pub(crate) async fn dial(&self, deadline: Duration) -> Result<Stream, DialError> {
        let tls = self.tls.as_ref().map(|tls| (&tls.trust, tls.name.as_str()));
        self.network.dial(&self.host, self.port, tls, deadline).await
    }
}

impl Scene {
    /// The values that the mask has to know: user names, which it shows by the name of their
    /// variable, and passwords.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for (name, value) in self.variables.iter().filter(|(name, _)| name.ends_with(".user")) {
            secrets.name(name, value);
        }
        for (name, value) in &self.passwords {
            secrets.password(name, value);
        }
        secrets
    }
}

/// How to speak TLS to an endpoint.
#[derive(Clone)]
pub struct Tls {
    /// Which certificates to believe.
    pub trust: Trust,
    /// The name to ask for and to check.
    pub name: String,
}

/// The world behind an endpoint.
pub trait Stage: Send + Sync {
    /// Carries out a `do` step; the error says why it cannot be.
    fn perform(&self, action: Action) -> Promise<'_, Result<(), String>>;

    /// Whether [`Stage::at_rest`] ever says yes.
    fn can_rest(&self) -> bool {
        false
    }

    /// Whether the endpoint is at rest: it has dealt with exactly `received` octets and said
    /// exactly `sent`, on all connections together, and no timer falls due `within` this time of
    /// its own clock; without `talk`, timers that only make it ask or ping do not count. An
    /// endpoint that cannot tell says no.
    fn at_rest(&self, received: u64, sent: u64, within: Duration, talk: bool) -> bool {
        let _ = (received, sent, within, talk);
        false
    }
}

/// The action of a `do` step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `do publish(node, <payload/>)`.
    Publish {
        node: String,
        /// One element, printed.
        payload: String,
    },
    /// Any other action of the notation, with its arguments spelled out.
    Other { name: String, args: Vec<String> },
}

/// The stage of an endpoint that the suite cannot change.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyStage;

impl Stage for EmptyStage {
    fn perform(&self, action: Action) -> Promise<'_, Result<(), String>> {
        let _ = action;
        Box::pin(async { Err("this target has no stimulus".to_owned()) })
    }
}
