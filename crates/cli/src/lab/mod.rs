//! Servers that nobody here wrote, started for the suite alone: on loopback, with a certificate, accounts and nodes of
//! their own, below `target/lab/`. Neither the system's own instance nor its configuration is touched.

mod ejabberd;
mod engine;
mod folder;
mod nodes;
mod process;
mod prosody;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use remote::Account;
use runner::{Endpoint, Target, program};

use crate::access::Access;
use crate::publisher::{LoggedIn, Publisher};
use crate::suite::{Suite, SuiteError};
use fakes::password;

pub use engine::Engine;
use folder::Folder;
use process::Process;

/// Where a lab listens: nobody else is to reach it.
const HOST: &str = "127.0.0.1";

/// For the publisher's first login, from the start of the process on.
const READY: Duration = Duration::from_secs(60);

/// Between two tries.
const AGAIN: Duration = Duration::from_millis(100);

/// Why there is no lab, or none to end; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The server is not installed.
    #[error("{engine} is not installed (no {missing}): apt-get install --no-install-recommends {}", .engine.package())]
    Missing {
        /// Which.
        engine: Engine,
        /// What was looked for, and where.
        missing: String,
    },
    /// It runs already.
    #[error("{0} is up already: play against it, or `{program} lab {0} down` first", program = program())]
    IsUp(Engine),
    /// Another command is at work on it.
    #[error("another `{program} lab {0}` is at work here: wait for it", program = program())]
    Busy(Engine),
    /// There is nothing to end.
    #[error("{0} is not up; `{program} lab {0} up` starts it", program = program())]
    IsDown(Engine),
    /// It did not begin to serve.
    #[error("{engine}: {why}\n{tail}")]
    NotReady {
        /// Which.
        engine: Engine,
        /// What was waited for, and how that ended.
        why: String,
        /// The end of its log.
        tail: String,
    },
    /// Its target file cannot be completed.
    #[error("{0}")]
    Target(String),
    /// There is no room for one.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// A file or a process.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system says.
        source: io::Error,
    },
}

/// A server that runs.
pub struct Lab {
    engine: Engine,
    folder: Folder,
    process: Process,
    /// The variables of the target file, with their values. Some are passwords.
    variables: BTreeMap<String, String>,
    url: String,
}

impl Lab {
    /// Starts a server for the target of the same name, and makes the accounts and nodes that its file promises. Ends
    /// it again if that does not succeed.
    ///
    /// # Errors
    ///
    /// It is not installed, or up already, or does not begin to serve.
    pub async fn up(engine: Engine, suite: &Suite) -> Result<Self, LabError> {
        let installed = engine.find()?;
        let folder = Folder::claim(engine, suite)?;
        if folder.process().is_some() {
            return Err(LabError::IsUp(engine));
        }
        let target =
            suite.target(engine.name()).map_err(|error| LabError::Target(error.to_string()))?;
        folder.clear()?;
        let port = free_port()
            .map_err(|source| LabError::Io { what: format!("no free port on {HOST}"), source })?;
        let variables = variables(engine, &target, port, &folder)?;
        folder.write_certificates(HOST)?;
        folder.write_variables(&variables)?;
        let cleared =
            Access::of(target, &|name| variables.get(name).cloned()).map_err(LabError::Target)?;
        let house = House {
            folder: &folder,
            port,
            domain: cleared.access.domain.clone().unwrap_or_else(|| HOST.to_owned()),
            accounts: accounts(&cleared.access),
            publisher: cleared
                .access
                .publisher
                .clone()
                .map(|account| account.name)
                .unwrap_or_default(),
        };
        let command = engine.prepare(&installed, &house)?;
        let process = folder.start(command)?;
        let url = cleared.access.url.clone();
        let mut lab = Self { engine, folder, process, variables, url };
        match lab.furnish(&cleared.target, &cleared.access).await {
            Ok(()) => Ok(lab),
            Err(why) => {
                let error = LabError::NotReady { engine, why, tail: lab.folder.log_tail() };
                lab.down().await?;
                Err(error)
            }
        }
    }

    /// The server that an earlier `up` left running.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn running(engine: Engine, suite: &Suite) -> Result<Self, LabError> {
        let folder = Folder::claim(engine, suite)?;
        let Some(process) = folder.process() else {
            // Of one that died by itself.
            folder.remove()?;
            return Err(LabError::IsDown(engine));
        };
        Ok(Self { engine, folder, process, variables: BTreeMap::new(), url: String::new() })
    }

    /// Ends it, and removes all that it was given but its log.
    ///
    /// # Errors
    ///
    /// It does not end, or its files cannot be removed.
    pub async fn down(mut self) -> Result<(), LabError> {
        self.process.end().await.map_err(|source| LabError::Io {
            what: format!("{} does not end (pid {})", self.engine, self.process.pid()),
            source,
        })?;
        self.folder.remove()
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of a variable that its target file wants.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    /// The file that sets the variables in a shell.
    pub fn variables_file(&self) -> PathBuf {
        self.folder.variables_file()
    }

    /// Its log.
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// Waits until it serves, and makes the nodes.
    async fn furnish(&mut self, target: &Target, access: &Access) -> Result<(), String> {
        let publisher = Publisher::of(access).ok_or_else(|| {
            format!("xtask/targets/{}.toml has no [account.publisher]", target.name)
        })?;
        let mut publisher = self.log_in(&publisher).await?;
        let agent = access.user("agent").unwrap_or_default();
        let domain = access.domain.as_deref().unwrap_or(HOST);
        for request in nodes::requests(&target.provides, &format!("{agent}@{domain}")) {
            publisher
                .ask(request.payload)
                .await
                .map_err(|why| format!("{}: {why}", request.what))?;
        }
        publisher.leave().await;
        Ok(())
    }

    async fn log_in(&mut self, publisher: &Publisher) -> Result<LoggedIn, String> {
        let began = Instant::now();
        loop {
            let why = match publisher.log_in().await {
                Ok(publisher) => return Ok(publisher),
                Err(why) => why,
            };
            if self.process.is_over() {
                return Err("it ended before it served".to_owned());
            }
            if began.elapsed() >= READY {
                return Err(format!("waited {READY:?} for the publisher's login: {why}"));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// What a server is to be.
struct House<'a> {
    folder: &'a Folder,
    port: u16,
    domain: String,
    accounts: Vec<Account>,
    /// Which of them may make nodes.
    publisher: String,
}

fn accounts(access: &Access) -> Vec<Account> {
    access.accounts.values().chain(&access.publisher).cloned().collect()
}

/// A port that is free just now.
fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind((HOST, 0))?.local_addr()?.port())
}

/// A value for each variable of the target file, by how its name ends. Passwords are made up.
fn variables(
    engine: Engine,
    target: &Target,
    port: u16,
    folder: &Folder,
) -> Result<BTreeMap<String, String>, LabError> {
    let Endpoint::Server(server) = &target.endpoint else {
        return Err(LabError::Target(format!("target {engine} is no server")));
    };
    let unset = server.unset(&|_| None);
    let value = |name: String| {
        let value = match name.rsplit('_').next().unwrap_or_default() {
            "PORT" => port.to_string(),
            "TEST" => HOST.to_owned(),
            "TRUST" => folder.authority().display().to_string(),
            "PASSWORD" => password(),
            _ => {
                return Err(LabError::Target(format!(
                    "target {engine} wants {name}: a lab has values for …_PORT, …_I_MAY_TEST, …_TRUST, …_PASSWORD"
                )));
            }
        };
        Ok((name, value))
    };
    unset.required.into_iter().chain(unset.optional).map(value).collect()
}
