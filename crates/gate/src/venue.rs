//! The venue of a client under test. Each case has its own counterpart and listeners. A client that
//! is started also has an authority for each case; a client that runs for long has one for all.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use case::{Ask, Case, HostForm, Servers};
use fakes::{FakeVenue, Names};
use runner::client::{ClientUnderTest, Connections, Entry, Start};
use runner::{Counterpart, Promise, Scene, Target, Venue, known};
use wire::net::{Authority, MemoryNetwork};

use crate::contract::Contract;
use crate::listening::{Listening, NAME, certificate, no_certificate};
use crate::router;
use crate::served::Served;
use crate::start::{Driver, OnNetwork};

/// The path of the WebSocket.
const WEBSOCKET: &str = "/ws/";

/// The path of BOSH.
const BOSH: &str = "/http-bind/";

/// The path of the REST API.
const REST: &str = "/finesse/api";

/// Plays each case against a client.
pub struct GateVenue {
    fakes: FakeVenue,
    client: Client,
}

/// The way of the client to a case.
enum Client {
    /// The gate starts it for each case.
    Started {
        by: Starter,
        /// The folder for certificates; removed with the venue.
        folder: tempfile::TempDir,
    },
    /// It runs already, and connects when it likes.
    Served(Arc<Served>),
}

/// The starter of a client, by the network over which the client connects.
enum Starter {
    /// Loopback.
    Loopback(Arc<dyn Start>),
    /// Memory.
    Memory(Arc<dyn Driver>),
}

/// The counterpart and the names of a case, before there is a client.
struct Prepared {
    counterpart: Box<dyn Counterpart>,
    names: Names,
}

impl GateVenue {
    /// A venue for a client that is started, and connects over loopback.
    ///
    /// # Errors
    ///
    /// The target has no such profile, or no folder for certificates can be made; one line.
    pub fn new(target: Target, client: Arc<dyn Start>) -> Result<Self, String> {
        Self::started(target, Starter::Loopback(client))
    }

    /// A venue for a client that is a library: it is a task of this process, and connects over
    /// memory.
    ///
    /// # Errors
    ///
    /// As [`GateVenue::new`].
    pub fn in_memory(target: Target, client: Arc<dyn Driver>) -> Result<Self, String> {
        Self::started(target, Starter::Memory(client))
    }

    /// A venue for a client that runs for long.
    ///
    /// # Errors
    ///
    /// The target has no such profile; one line.
    pub fn served(target: Target, served: Arc<Served>) -> Result<Self, String> {
        let fakes = FakeVenue::new(target, None)?.with_password(&served.password);
        Ok(Self { fakes, client: Client::Served(served) })
    }

    fn started(target: Target, by: Starter) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("finesse-gate-")
            .tempdir()
            .map_err(|error| format!("cannot make a folder for certificates: {error}"))?;
        let fakes = FakeVenue::new(target.started(), None)?;
        Ok(Self { fakes, client: Client::Started { by, folder } })
    }

    async fn scene(&self, case: &Case) -> Result<Scene, String> {
        let (counterpart, names) = self.fakes.counterpart(case)?;
        let prepared = Prepared { counterpart, names };
        match &self.client {
            Client::Started { by, folder } => self.start(case, prepared, by, folder.path()).await,
            Client::Served(served) => self.invite(case, prepared, served).await,
        }
    }

    async fn start(
        &self,
        case: &Case,
        mut prepared: Prepared,
        by: &Starter,
        folder: &Path,
    ) -> Result<Scene, String> {
        let authority = Authority::new().map_err(|error| no_certificate(&error))?;
        let ca = folder.join(format!("{}.pem", case.id.replace('/', "-")));
        std::fs::write(&ca, authority.ca_pem()).map_err(|error| no_certificate(&error))?;
        let (network, start): (_, Arc<dyn Start>) = match by {
            Starter::Loopback(start) => (None, Arc::clone(start)),
            Starter::Memory(driver) => {
                let (driver, network) = (Arc::clone(driver), MemoryNetwork::default());
                (Some(network.clone()), Arc::new(OnNetwork { driver, network }))
            }
        };
        let Listening { listener, tls, port } =
            Listening::open(&authority, case, network.as_ref()).await?;
        let url = url(case, tls, port);
        let mut contract = self.contract(case, &prepared.names, tls.then_some(&ca), url);
        let connections = match case.head.servers.as_ref().map(|servers| servers.value) {
            Some(Servers::Pair) => {
                let second = Listening::open(&authority, case, network.as_ref()).await?;
                let other = self::url(case, second.tls, second.port);
                contract.other_rest = http(&other, REST);
                contract.other_url = other;
                let variables = &mut prepared.names.variables;
                variables.insert("pair.port".to_owned(), second.port.to_string());
                Connections::to_pair(listener, second.listener)
            }
            None => Connections::to(listener),
        };
        let mut environment = contract.environment();
        // Files that a client leaves there are removed with the venue.
        environment.insert("TMPDIR".to_owned(), folder.display().to_string());
        let times = case.head.clients.as_ref().map_or(1, |clients| clients.value);
        let entry = Entry::Start { start, environment, times };
        Ok(self.seen(case, prepared, port, (entry, connections, tls)))
    }

    /// Waits until the client connects.
    async fn invite(
        &self,
        case: &Case,
        prepared: Prepared,
        served: &Served,
    ) -> Result<Scene, String> {
        let queue = &served.queue;
        let mut own_port = None;
        let (tls, port, url) = match (certificate(case), &case.head.host) {
            (None, None) => {
                let url = format!("{}/{}{WEBSOCKET}", served.origin(), case.id);
                (!served.plain, served.address.port(), url)
            }
            // The client sees certificate and host name before it sends a path.
            _ => {
                let Listening { listener, tls, port } =
                    Listening::open(&served.authority, case, None).await?;
                let handing = router::hand_over_all(listener, Arc::clone(queue), case.id.clone());
                own_port = Some(tokio::spawn(handing));
                (tls, port, url(case, tls, port))
            }
        };
        let contract = self.contract(case, &prepared.names, tls.then_some(&served.ca), url);
        let (connections, client) = queue.open(contract, own_port).await?;
        Ok(self.seen(case, prepared, port, (Entry::AlreadyRunning(client), connections, tls)))
    }

    /// The variables of the client.
    fn contract(&self, case: &Case, names: &Names, ca: Option<&PathBuf>, url: String) -> Contract {
        let value = |name: &str| names.variables.get(name).cloned().unwrap_or_default();
        let secret = |name: &str| names.passwords.get(name).cloned().unwrap_or_default();
        let is_wrong = case.head.asks.iter().any(|ask| ask.value == Ask::LoginWrongPassword);
        let (asks, nodes) = Contract::asks(case, &names.variables);
        Contract {
            asks,
            nodes,
            rest: http(&url, REST),
            bosh: http(&url, BOSH),
            transport: self.target().transport,
            url,
            other_url: String::new(),
            other_rest: String::new(),
            ca: ca.map(|path| path.display().to_string()).unwrap_or_default(),
            domain: value("domain"),
            pubsub: value("pubsub"),
            user: value("agent.user"),
            password: secret(if is_wrong { "wrong" } else { "agent.password" }),
            extension: value("agent.extension"),
            case: case.id.clone(),
            patience: self.target().patience,
        }
    }

    /// The scene with the addresses that the client sees, since steps name those.
    fn seen(
        &self,
        case: &Case,
        prepared: Prepared,
        port: u16,
        (entry, connections, tls): (Entry, Connections, bool),
    ) -> Scene {
        let Prepared { counterpart, names } = prepared;
        let Names { mut variables, passwords, clock } = names;
        variables.insert("host".to_owned(), host(case));
        variables.insert("port".to_owned(), port.to_string());
        let leaves = leaves(case);
        Scene {
            tested: ClientUnderTest { entry, connections, tls, counterpart, leaves }.into(),
            known: known(&variables),
            variables,
            passwords,
            patience: self.target().patience,
            clock,
        }
    }
}

impl Venue for GateVenue {
    fn target(&self) -> &Target {
        self.fakes.target()
    }

    fn set<'a>(&'a self, case: &'a Case) -> Promise<'a, Result<Scene, String>> {
        Box::pin(self.scene(case))
    }
}

/// Whether the client is done after its last task.
fn leaves(case: &Case) -> bool {
    case.head.asks.last().is_none_or(|ask| ask.value != Ask::Wait)
}

/// The host of the URL, in the form that the case asks for.
fn host(case: &Case) -> String {
    match case.head.host.as_ref().map(|host| host.value) {
        Some(HostForm::Name) => NAME.to_owned(),
        None => Ipv4Addr::LOCALHOST.to_string(),
    }
}

fn url(case: &Case, is_tls: bool, port: u16) -> String {
    let scheme = if is_tls { "wss" } else { "ws" };
    format!("{scheme}://{}:{port}{WEBSOCKET}", host(case))
}

/// The URL of a path of HTTP on the server of this WebSocket.
fn http(url: &str, path: &str) -> String {
    let server = url.strip_suffix(WEBSOCKET).unwrap_or(url);
    // `ws` is `http`, and `wss` is `https`.
    let server = server.strip_prefix("ws").map(|rest| format!("http{rest}")).unwrap_or_default();
    format!("{server}{path}")
}
