//! A target: an endpoint with its accounts, its trust and its known deviations, as a file
//! `targets/NAME.toml` says.

mod client;
mod deviation;
mod env;
mod file;
mod like;
mod server;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use case::{Effects, Transport};

pub use deviation::Deviation;
pub use env::{Environment, Setting};
pub use like::RealServer;
pub use server::{Account, ResolvedServer, Server, UnsetVariables};

use crate::layers::{Kind, Layers, Unreadable};

/// The key of `[volatile]` that stands for the end of every transcript.
const EPILOGUE: &str = "epilogue";

/// The path at which a target speaks BOSH, among the things that it provides, and for cases.
pub(crate) const BOSH_PATH: &str = "bosh.path";

/// The need of a case that binds the resource of people's own desktops.
pub(crate) const DESKTOP: &str = "resource.desktop";

#[derive(Debug, Clone)]
pub struct Target {
    /// Its name: that of its file.
    pub name: String,
    /// It has no file, so that nothing is listed about it, and nothing can be.
    pub nameless: bool,
    /// Where to find it.
    pub endpoint: Endpoint,
    /// Whether it is the vendor's, so that claims of level `vendor` are judged.
    pub vendor: bool,
    /// Factor on all deadlines.
    pub patience: f64,
    /// The effects that cases may leave behind on it.
    pub effects: Vec<Effects>,
    /// Needs of cases that it meets: name of the need → value of the variable of that name, empty
    /// for a plain ability.
    pub provides: BTreeMap<String, String>,
    /// Needs that the server was found not to meet: name of a need → why.
    pub missing: BTreeMap<String, String>,
    /// Its listed limits: name of a need, or glob over the ids of cases → why. `--require-all` puts
    /// up with it.
    pub rules_out: BTreeMap<String, String>,
    /// Which transcripts are not the same in each run, and are held against none: glob over the ids
    /// of cases, or `epilogue` for how all of them end → why.
    pub volatile: BTreeMap<String, String>,
    /// Known differences.
    pub deviations: Vec<Deviation>,
    /// The targets that it is like, nearest first: their snapshots count where it has none.
    pub like: Vec<String>,
    /// Sporadic deviations of a real server; the fake shows them only with a fault.
    pub real: RealServer,
    /// Globs over the ids of cases that are played and do not count yet.
    pub pending: Vec<String>,
    /// The transport of a client.
    pub transport: Transport,
    /// Pause between two cases.
    pub pace: Duration,
    /// How many logins may fail for one account in a run; none for no limit.
    pub login_failures: Option<u32>,
    /// Whether cases may bind the resource `desktop`, which throws a person off the Finesse
    /// desktop.
    pub allow_desktop: bool,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A fake of its own for each case, in this process.
    Fake {
        /// Name of its profile.
        profile: String,
    },
    /// A server on the network.
    Server(Box<Server>),
}

/// Why a target file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// There is no such target.
    #[error("no target `{name}`: {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The target that it is said to be like cannot be used.
    #[error("{path}: like = \"{like}\": {why}")]
    Like {
        path: String,
        /// The name in it.
        like: String,
        why: String,
    },
    /// There is no file for such a client.
    #[error("no client `{name}`: {known}\n  {how}")]
    UnknownClient {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: String,
        /// How to change that.
        how: String,
    },
    /// Something in it is wrong.
    #[error("{path}:{line}:{column}: {message}")]
    Content {
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        message: String,
    },
}

impl From<Unreadable> for TargetError {
    fn from(Unreadable { path, source }: Unreadable) -> Self {
        Self::Io { path, source }
    }
}

impl Target {
    /// Reads the target `name`; a `name` that is a path to a file is read from there.
    ///
    /// # Errors
    ///
    /// There is no such file, or its content is wrong: with line and column.
    pub fn load(layers: &Layers, name: &str) -> Result<Self, TargetError> {
        like::load(layers, name, &[])
    }

    /// [`Target::load`], without what it takes over from the target that it is like.
    fn load_alone(layers: &Layers, name: &str) -> Result<(Self, String), TargetError> {
        let Some((stem, text)) = of_path(name)? else {
            let found = layers.read(Kind::Targets, &format!("{name}.toml"))?;
            let found = found.ok_or_else(|| TargetError::Unknown {
                name: name.to_owned(),
                known: known(name, &layers.names(Kind::Targets)),
            })?;
            return Ok((Self::parse(name, &found.shown, &found.text)?, found.shown));
        };
        Ok((Self::parse(&stem, name, &text)?, name.to_owned()))
    }

    /// Reads the text of a target file, without the files of the targets that it is like.
    ///
    /// # Errors
    ///
    /// Its content is wrong.
    pub fn parse(name: &str, path: &str, text: &str) -> Result<Self, TargetError> {
        file::read(name, path, text)
    }

    /// A server that no file describes.
    pub fn unknown(url: &str) -> Self {
        Self {
            name: "url".to_owned(),
            nameless: true,
            endpoint: Endpoint::Server(Box::new(Server::at(url))),
            vendor: false,
            patience: 1.0,
            // Effects that outlive a run or lock an account need a target file that allows them.
            effects: vec![Effects::None, Effects::Session],
            provides: BTreeMap::new(),
            missing: BTreeMap::new(),
            rules_out: BTreeMap::new(),
            volatile: BTreeMap::new(),
            deviations: Vec::new(),
            like: Vec::new(),
            real: RealServer::default(),
            pending: Vec::new(),
            transport: Transport::Ws,
            pace: server::PACE,
            login_failures: Some(server::LOGIN_FAILURES),
            allow_desktop: false,
        }
    }

    /// Whether cases can be played over BOSH: a fake speaks it, and the file of a server says
    /// where.
    pub fn speaks_bosh(&self) -> bool {
        matches!(self.endpoint, Endpoint::Fake { .. }) || self.provides.contains_key(BOSH_PATH)
    }

    /// The part of `needs` that this target lacks.
    pub fn lacks<'a>(&self, needs: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let has = |need: &str| match need {
            "account agent" => true,
            DESKTOP => self.allow_desktop,
            _ => self.provides.contains_key(need),
        };
        needs.into_iter().filter(|need| !has(need)).collect()
    }

    /// Why a case with these needs is ruled out by the target's file, if it is.
    pub fn rules_out<'a>(
        &self,
        id: &str,
        needs: impl IntoIterator<Item = &'a str>,
    ) -> Option<&str> {
        let by_id = self.rules_out.iter().find(|(key, _)| is_glob(key) && crate::is_of(key, id));
        let by_need = || needs.into_iter().find_map(|need| self.rules_out.get(need));
        by_id.map(|(_, reason)| reason).or_else(by_need).map(String::as_str)
    }

    /// Whether the transcript of a case is not the same in each run.
    pub(crate) fn is_volatile(&self, id: &str) -> bool {
        self.volatile.keys().any(|key| crate::is_of(key, id))
    }

    /// Whether how transcripts end is not the same in each run.
    pub(crate) fn ends_vary(&self) -> bool {
        self.volatile.contains_key(EPILOGUE)
    }

    /// The globs over ids of cases that the target's file names.
    pub(crate) fn globs(&self) -> impl Iterator<Item = (&str, &str)> {
        let ruled_out = self.rules_out.iter().filter(|(key, _)| is_glob(key));
        let deviations = self.deviations.iter().map(|listed| (&listed.case, &listed.about.reason));
        let volatile = self.volatile.iter().filter(|(key, _)| is_glob(key));
        let reasoned = deviations.chain(ruled_out).chain(volatile);
        let reasoned = reasoned.map(|(glob, reason)| (glob.as_str(), reason.as_str()));
        reasoned.chain(self.pending.iter().map(|glob| (glob.as_str(), "listed as pending")))
    }

    /// The deviations listed for a case. Where the target's own file lists any, those of the
    /// targets that it is like do not count.
    pub fn deviations_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Deviation> {
        let is_of = move |deviation: &&Deviation| crate::is_of(&deviation.case, id);
        let is_own = |deviation: &&Deviation| deviation.about.like.is_none();
        let has_own = self.deviations.iter().filter(is_own).any(|own| is_of(&own));
        self.deviations.iter().filter(is_of).filter(move |one| !has_own || is_own(one))
    }
}

/// The name and the text of a file that is meant by its path; none for a name.
fn of_path(name: &str) -> Result<Option<(String, String)>, TargetError> {
    if !name.ends_with(".toml") {
        return Ok(None);
    }
    let path = Path::new(name);
    let text = files::read_text(path, files::SMALL)
        .map_err(|source| TargetError::Io { path: name.to_owned(), source })?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok(Some((stem.unwrap_or_default(), text)))
}

/// Whether a word can be the name of a target or client.
fn is_name(word: &str) -> bool {
    !word.trim().is_empty() && !word.contains(['/', '\\', '.'])
}

/// The names that there are, when there is no `name`.
fn known(name: &str, all: &[String]) -> String {
    textual::there_are(name, all.iter().map(String::as_str))
}

/// Whether a key of `[lacks]` means cases, not a need: areas and slugs are separated, parts of
/// needs are not.
fn is_glob(key: &str) -> bool {
    key.contains('/')
}
