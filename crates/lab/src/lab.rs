//! A lab: starts a server, makes its nodes, and stops it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use live::{Cleared, LastItem, LoggedIn, Publisher};
use remote::Access;
use runner::{Layers, Target};

use crate::folder::LabFolder;
use crate::process::Process;
use crate::setup::{Setup, accounts, free_port, variables};
use crate::{HOST, Implementation, LabError};

/// Deadline for the publisher's first login, from the start of the process.
const READY: Duration = Duration::from_secs(60);

/// Interval between two attempts.
const AGAIN: Duration = Duration::from_millis(100);

/// A running server.
pub struct Lab {
    engine: Implementation,
    folder: LabFolder,
    process: Process,
    /// The variables of the target file with their values, some of them passwords.
    variables: BTreeMap<String, String>,
    url: String,
}

impl Lab {
    /// Starts a server below `root` for the target of the same name in `layers`. Makes the accounts
    /// and nodes that the target's file promises. Stops the server if that fails.
    ///
    /// # Errors
    ///
    /// The server is not installed, is up already, or does not become ready.
    pub async fn up(
        engine: Implementation,
        root: &Path,
        layers: &Layers,
    ) -> Result<Self, LabError> {
        let installed = engine.find()?;
        let folder = LabFolder::claim(engine, root)?;
        if folder.process().is_some() {
            return Err(LabError::IsUp(engine));
        }
        let target = Target::load(layers, engine.name())
            .map_err(|error| LabError::Target(error.to_string()))?;
        folder.clear()?;
        let port = free_port().map_err(|source| LabError::Io {
            what: format!("cannot find a free port on {HOST}"),
            source,
        })?;
        let variables = variables(engine, &target, port, &folder)?;
        folder.write_certificates(HOST)?;
        folder.write_variables(&variables)?;
        let cleared =
            Cleared::of(target, &|name| variables.get(name).cloned()).map_err(LabError::Target)?;
        let setup = Setup {
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
        let command = engine.prepare(&installed, &setup)?;
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

    /// The server left running below `root` by an earlier `up`.
    ///
    /// # Errors
    ///
    /// No server runs there.
    pub fn running(engine: Implementation, root: &Path) -> Result<Self, LabError> {
        let folder = LabFolder::claim(engine, root)?;
        let Some(process) = folder.process() else {
            // Files of a server that died.
            folder.remove()?;
            return Err(LabError::IsDown(engine));
        };
        Ok(Self { engine, folder, process, variables: BTreeMap::new(), url: String::new() })
    }

    /// Stops the server and removes its files except the log.
    ///
    /// # Errors
    ///
    /// The process does not end, or its files cannot be removed.
    pub async fn down(mut self) -> Result<(), LabError> {
        self.process.end().await.map_err(|source| LabError::Io {
            what: format!("{} does not end (pid {})", self.engine, self.process.pid()),
            source,
        })?;
        self.folder.remove()
    }

    /// The WebSocket URL of the server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The value of a variable of the target file.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    /// Path of the shell script that sets the variables.
    pub fn variables_file(&self) -> PathBuf {
        self.folder.variables_file()
    }

    /// Path of the server's log.
    pub fn log(&self) -> PathBuf {
        self.folder.log()
    }

    /// Waits until the server is ready, then makes the nodes.
    async fn furnish(&mut self, target: &Target, access: &Access) -> Result<(), String> {
        let publisher = Publisher::of(access).ok_or_else(|| {
            format!("xtask/targets/{}.toml has no [account.publisher]", target.name)
        })?;
        let mut publisher = self.log_in(&publisher).await?;
        let domain = access.domain.as_deref().unwrap_or(HOST);
        let [agent, other] = ["agent", "other"]
            .map(|account| format!("{}@{domain}", access.user(account).unwrap_or_default()));
        let standard = LastItem::Standard;
        live::furnish(&mut publisher, &target.provides, &agent, &other, standard).await?;
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
                return Err("the server ended before it was ready".to_owned());
            }
            if began.elapsed() >= READY {
                return Err(format!("the publisher could not log in within {READY:?}: {why}"));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}
