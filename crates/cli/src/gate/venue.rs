//! The venue of a client under test: each case has its own fake and its own door. For a client that the gate starts, each
//! case also has its own certificate authority; a running client gets one for all cases.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use case::{Ask, Case, Certificate, HostForm, Servers};
use runner::client::{Door, Program, Visit};
use runner::{Promise, Scene, Target, Venue, known};
use wire::net::{Authority, CertificateError, Listener, ServerTls, Validity};

use super::contract::Contract;
use super::porter;
use super::served::Served;
use crate::fake::FakeVenue;

/// The names in a door's certificate.
const OWN_NAMES: [&str; 2] = [NAME, "127.0.0.1"];

/// The host of a door in URLs with a name.
const NAME: &str = "localhost";

/// Plays each case against a client under test.
pub struct GateVenue {
    fakes: FakeVenue,
    client: Client,
}

/// How the client connects for a case.
enum Client {
    /// The gate starts the client for each case.
    Started {
        command: Vec<OsString>,
        /// The folder of the CA certificates; removed with the venue.
        folder: tempfile::TempDir,
    },
    /// The client runs already and connects by itself.
    Served(Arc<Served>),
}

impl GateVenue {
    /// A venue for the client that `command` starts.
    ///
    /// # Errors
    ///
    /// The profile is unknown, or the folder for certificates cannot be made; one line.
    pub fn new(target: Target, command: Vec<OsString>) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("finesse-gate-")
            .tempdir()
            .map_err(|error| format!("cannot make a folder for certificates: {error}"))?;
        let client = Client::Started { command, folder };
        Ok(Self { fakes: FakeVenue::new(target.started(), None)?.plain(), client })
    }

    /// A venue for a running client.
    ///
    /// # Errors
    ///
    /// The profile is unknown; one line.
    pub fn served(target: Target, served: Arc<Served>) -> Result<Self, String> {
        let fakes = FakeVenue::new(target, None)?.plain().with_password(&served.password);
        Ok(Self { fakes, client: Client::Served(served) })
    }

    async fn scene(&self, case: &Case) -> Result<Scene, String> {
        let scene = self.fakes.set(case).await?;
        match &self.client {
            Client::Started { command, folder } => {
                self.started(case, scene, command, folder.path()).await
            }
            Client::Served(served) => self.invited(case, scene, served).await,
        }
    }

    async fn started(
        &self,
        case: &Case,
        scene: Scene,
        command: &[OsString],
        folder: &Path,
    ) -> Result<Scene, String> {
        let told = Authority::new().map_err(|error| no_certificate(&error))?;
        let ca = folder.join(format!("{}.pem", case.id.replace('/', "-")));
        std::fs::write(&ca, told.ca_pem()).map_err(|error| no_certificate(&error))?;
        let (listener, is_tls, port) = listen(&told, certificate(case)).await?;
        let url = url(case, is_tls, port);
        let other = match case.head.servers.as_ref().map(|servers| servers.value) {
            Some(Servers::Pair) => Some(listen(&told, certificate(case)).await?),
            None => None,
        };
        let mut contract = self.contract(case, &scene, is_tls.then_some(&ca), url);
        let mut scene = scene;
        let door = match other {
            Some((second, is_tls, port)) => {
                contract.other_url = self::url(case, is_tls, port);
                scene.variables.insert("pair.port".to_owned(), port.to_string());
                Door::of_pair(listener, second)
            }
            None => Door::open(listener),
        };
        let mut environment = contract.environment();
        // Files that a killed client leaves there are removed with the venue.
        environment.insert("TMPDIR".to_owned(), folder.display().to_string());
        let program = Program { command: command.to_owned(), environment };
        let times = case.head.clients.as_ref().map_or(1, |clients| clients.value);
        let visit = Visit::by_program(door, is_tls, program, times, leaves(case));
        Ok(seen_at(case, scene, port, visit))
    }

    /// Waits until the client connects.
    async fn invited(&self, case: &Case, scene: Scene, served: &Served) -> Result<Scene, String> {
        let board = &served.board;
        let mut own_port = None;
        let (is_tls, port, url) = match (certificate(case), &case.head.host) {
            (None, None) => {
                let url = format!("{}/{}/ws/", served.origin(), case.id);
                (!served.plain, served.address.port(), url)
            }
            // TLS comes before the path, so such a case needs its own port.
            (certificate, _) => {
                let (listener, is_tls, port) = listen(&served.authority, certificate).await?;
                let bringing = porter::bring_all(listener, Arc::clone(board), case.id.clone());
                own_port = Some(tokio::spawn(bringing));
                (is_tls, port, url(case, is_tls, port))
            }
        };
        let contract = self.contract(case, &scene, is_tls.then_some(&served.ca), url);
        let opened = board.open(contract, own_port).await;
        let (door, running) = opened?;
        let visit = Visit::by_running(door, is_tls, running, leaves(case));
        Ok(seen_at(case, scene, port, visit))
    }

    /// The values of the client's variables.
    fn contract(&self, case: &Case, scene: &Scene, ca: Option<&PathBuf>, url: String) -> Contract {
        let value = |name: &str| scene.variables.get(name).cloned().unwrap_or_default();
        let secret = |name: &str| scene.passwords.get(name).cloned().unwrap_or_default();
        let is_wrong = case.head.asks.iter().any(|ask| ask.value == Ask::LoginWrongPassword);
        let (asks, nodes) = Contract::asks(case, &scene.variables);
        Contract {
            asks,
            nodes,
            url,
            other_url: String::new(),
            ca: ca.map(|path| path.display().to_string()).unwrap_or_default(),
            domain: value("domain"),
            pubsub: value("pubsub"),
            user: value("agent.user"),
            password: secret(if is_wrong { "wrong" } else { "agent.password" }),
            case: case.id.clone(),
            patience: self.target().patience,
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

/// The scene with the addresses that the client sees, which steps refer to.
fn seen_at(case: &Case, scene: Scene, port: u16, visit: Visit) -> Scene {
    let mut variables = scene.variables;
    variables.insert("host".to_owned(), host(case));
    variables.insert("port".to_owned(), port.to_string());
    let known = known(&variables);
    Scene { variables, known, visit: Some(Arc::new(visit)), ..scene }
}

fn certificate(case: &Case) -> Option<Certificate> {
    case.head.certificate.as_ref().map(|certificate| certificate.value)
}

/// Whether the client ends by itself after its tasks.
fn leaves(case: &Case) -> bool {
    case.head.asks.last().is_none_or(|ask| ask.value != Ask::Wait)
}

/// A door with the certificate of a case, and its port.
async fn listen(
    told: &Authority,
    certificate: Option<Certificate>,
) -> Result<(Listener, bool, u16), String> {
    let none = |error| format!("cannot listen for the client: {error}");
    let tls = tls(told, certificate)?;
    let is_tls = tls.is_some();
    let mut door = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), tls).await.map_err(none)?;
    if certificate == Some(Certificate::Changed) {
        let strange = stranger(&OWN_NAMES).map_err(|error| no_certificate(&error))?;
        door = door.later(strange);
    }
    let port = door.local_addr().map_err(none)?.port();
    Ok((door, is_tls, port))
}

/// The host in the URL, as the case asks.
fn host(case: &Case) -> String {
    match case.head.host.as_ref().map(|host| host.value) {
        Some(HostForm::Name) => NAME.to_owned(),
        None => Ipv4Addr::LOCALHOST.to_string(),
    }
}

fn url(case: &Case, is_tls: bool, port: u16) -> String {
    let scheme = if is_tls { "wss" } else { "ws" };
    format!("{scheme}://{}:{port}/ws/", host(case))
}

/// TLS with the certificate that the case asks for; the client trusts `told`.
fn tls(told: &Authority, certificate: Option<Certificate>) -> Result<Option<ServerTls>, String> {
    let tls = match certificate {
        Some(Certificate::None) => return Ok(None),
        Some(Certificate::Expired) => told.server_config_dated(&OWN_NAMES, Validity::Expired),
        Some(Certificate::NotYetValid) => told.server_config_dated(&OWN_NAMES, Validity::NotYet),
        Some(Certificate::WrongName) => told.server_config(&["other.example.com"]),
        Some(Certificate::UnknownAuthority) => stranger(&OWN_NAMES),
        Some(Certificate::SelfSigned) => Authority::self_signed(&OWN_NAMES),
        Some(Certificate::MissingIntermediate) => {
            told.intermediate().and_then(|below| below.server_config(&OWN_NAMES))
        }
        Some(Certificate::CommonNameOnly) => told.server_config_in_subject(NAME),
        Some(Certificate::Changed) | None => told.server_config(&OWN_NAMES),
    };
    tls.map(Some).map_err(|error| no_certificate(&error))
}

/// TLS with a certificate by an authority that the client does not trust.
fn stranger(names: &[&str]) -> Result<ServerTls, CertificateError> {
    Authority::new().and_then(|other| other.server_config(names))
}

fn no_certificate(error: &dyn std::fmt::Display) -> String {
    format!("cannot make the certificate for the case: {error}")
}
