//! The venue of a client under test: for each case a fake of its own behind a door of its own, with an authority of its own.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use case::{Ask, Case, Certificate};
use runner::client::{Program, Visit};
use runner::{Promise, Scene, Target, Venue};
use wire::net::{Authority, Listener, ServerTls, Validity};

use super::contract::Contract;
use crate::fake::{self, FakeVenue};

/// Plays each case against a client that is started for it.
pub struct GateVenue {
    fakes: FakeVenue,
    command: Vec<OsString>,
    /// Holds the authorities' certificates, and goes with the venue.
    folder: tempfile::TempDir,
}

impl GateVenue {
    /// A venue for the client that `command` starts.
    ///
    /// # Errors
    ///
    /// The target has no such profile, or there is no room for certificates; one line.
    pub fn new(target: Target, command: Vec<OsString>) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("finesse-gate-")
            .tempdir()
            .map_err(|error| format!("no folder for certificates: {error}"))?;
        Ok(Self { fakes: FakeVenue::new(target, None)?.plain(), command, folder })
    }

    async fn scene(&self, case: &Case) -> Result<Scene, String> {
        let mut scene = self.fakes.set(case).await?;
        let certificate = case.head.certificate.as_ref().map(|certificate| certificate.value);
        let (tls, ca) = self.door(case, certificate)?;
        let is_tls = tls.is_some();
        let door = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), tls)
            .await
            .map_err(|error| format!("no port for the client to come to: {error}"))?;
        let port = door.local_addr().map_err(|error| format!("no port to tell: {error}"))?.port();
        // Steps speak of what the client sees.
        scene.variables.insert("host".to_owned(), Ipv4Addr::LOCALHOST.to_string());
        scene.variables.insert("port".to_owned(), port.to_string());
        scene.known = fake::known(&scene.variables);
        let scheme = if is_tls { "wss" } else { "ws" };
        let value = |name: &str| scene.variables.get(name).cloned().unwrap_or_default();
        let secret = |name: &str| scene.passwords.get(name).cloned().unwrap_or_default();
        let asks: Vec<&Ask> = case.head.asks.iter().map(|ask| &ask.value).collect();
        let is_wrong = asks.contains(&&Ask::LoginWrongPassword);
        let (verbs, nodes) = Contract::asks(case, &scene.variables);
        let contract = Contract {
            asks: verbs,
            nodes,
            url: format!("{scheme}://{}:{port}/ws/", Ipv4Addr::LOCALHOST),
            ca: ca.map(|path| path.display().to_string()).unwrap_or_default(),
            domain: value("domain"),
            pubsub: value("pubsub"),
            user: value("agent.user"),
            password: secret(if is_wrong { "wrong" } else { "agent.password" }),
            case: case.id.clone(),
            patience: self.target().patience,
        };
        let program =
            Program { command: self.command.clone(), environment: contract.environment() };
        let leaves = asks.last() != Some(&&Ask::Wait);
        scene.visit = Some(Arc::new(Visit::new(door, is_tls, program, leaves)));
        Ok(scene)
    }

    /// The server side of TLS, and the file that the client is told to trust.
    fn door(
        &self,
        case: &Case,
        certificate: Option<Certificate>,
    ) -> Result<(Option<ServerTls>, Option<PathBuf>), String> {
        let error = |error: &dyn std::fmt::Display| format!("no certificate for the case: {error}");
        if certificate == Some(Certificate::None) {
            return Ok((None, None));
        }
        let told = Authority::new().map_err(|cause| error(&cause))?;
        let path = self.folder.path().join(format!("{}.pem", case.id.replace('/', "-")));
        std::fs::write(&path, told.ca_pem()).map_err(|cause| error(&cause))?;
        let own = ["localhost", "127.0.0.1"];
        let tls = match certificate {
            Some(Certificate::Expired) => told.server_config_dated(&own, Validity::Expired),
            Some(Certificate::NotYetValid) => told.server_config_dated(&own, Validity::NotYet),
            Some(Certificate::WrongName) => told.server_config(&["other.example.com"]),
            Some(Certificate::UnknownAuthority) => {
                Authority::new().and_then(|other| other.server_config(&own))
            }
            Some(Certificate::None) | None => told.server_config(&own),
        };
        Ok((Some(tls.map_err(|cause| error(&cause))?), Some(path)))
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
