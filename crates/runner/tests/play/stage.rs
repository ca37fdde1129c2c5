//! A case, a server that follows a script, and what came of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use case::{Case, Library};
use runner::{
    Action, Background, Baselines, Folder, Layers, Options, Promise, Scene, ServerUnderTest,
    Snapshots, Stage, Target, Venue, run,
};
use tokio::sync::watch;
use tokio::time::Instant;
use transcript::Recording;
use verdict::{CaseResult, Reporter, Run, Strictness};
use wire::net::Network;

use crate::peer::Peer;

/// The result of a case.
pub(crate) struct Played {
    /// As the run reports it. A case without snapshot is new: one that holds is reported as
    /// drift; see `verdict`.
    pub(crate) report: CaseResult,
    /// The verdict before its transcript was looked at.
    pub(crate) verdict: String,
    /// The raw transcript.
    pub(crate) recording: Recording,
    /// The normalised transcript.
    pub(crate) body: String,
    /// The messages that the server heard, for each connection.
    pub(crate) heard: Vec<Vec<String>>,
    /// How long it took, by the paused clock.
    pub(crate) took: Duration,
    /// Every file that the run wrote.
    pub(crate) files: String,
    /// The actions on the world.
    pub(crate) done: Vec<Action>,
}

impl Played {
    /// The message of the failure, and the step that it blames.
    pub(crate) fn failure(&self) -> (&str, &str) {
        let failure = self.report.failure.as_ref().expect("a failure");
        (&failure.message, &failure.step)
    }

    /// The part of its line that the failure is about.
    pub(crate) fn meant(&self) -> String {
        let failure = self.report.failure.as_ref().expect("a failure");
        let line = &failure.excerpt.lines[failure.line - failure.excerpt.first];
        line.chars().skip(failure.column - 1).take(failure.excerpt.width).collect()
    }
}

/// A case to be played.
pub(crate) struct Play {
    head: String,
    steps: String,
    patience: f64,
    interrupt: watch::Receiver<bool>,
    fragments: Vec<(PathBuf, String)>,
    retries: usize,
    is_strict: bool,
}

/// The password of the account in these tests.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

/// A case with these steps.
pub(crate) fn play(steps: &str) -> Play {
    Play {
        head: String::new(),
        steps: steps.to_owned(),
        patience: 1.0,
        interrupt: watch::channel(false).1,
        fragments: Vec::new(),
        retries: 0,
        is_strict: false,
    }
}

/// A case that begins with a connection that is upgraded.
pub(crate) fn upgraded(steps: &str) -> Play {
    play(&format!(
        "agent == connect\nagent -> GET /ws/ HTTP/1.1\n         Sec-WebSocket-Key: {{key=base64(16)}}\nagent <- HTTP/1.1 101\n\n{steps}"
    ))
}

/// A case that has opened a stream as well.
pub(crate) fn opened(steps: &str) -> Play {
    upgraded(&format!(
        "agent -> <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"{{domain}}\"/>\n\n{steps}"
    ))
}

impl Play {
    /// Lines of the head.
    pub(crate) fn head(self, head: &str) -> Self {
        Self { head: format!("{head}\n"), ..self }
    }

    /// With deadlines of a tenth: for tests that wait for one.
    pub(crate) fn impatient(self) -> Self {
        Self { patience: 0.1, ..self }
    }

    /// With something that can interrupt it.
    pub(crate) fn interrupted_by(self, interrupt: watch::Receiver<bool>) -> Self {
        Self { interrupt, ..self }
    }

    /// Played again, if it is not green, as often as this.
    pub(crate) fn again(self, retries: usize) -> Self {
        Self { retries, ..self }
    }

    /// Under `--strict --fail-fast`, held against no snapshot, and followed by a case with the same
    /// steps.
    pub(crate) fn strict_and_fail_fast(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// With a fragment, for which the case `a/owner` answers.
    pub(crate) fn fragment(mut self, name: &str, steps: &str) -> Self {
        let text =
            format!("+++\ntitle = \"f\"\nparams = [\"conn\"]\nowner = \"a/owner\"\n+++\n{steps}");
        self.fragments.push((PathBuf::from(format!("cases/_fragments/{name}.case")), text));
        self
    }

    /// Plays it against a server that does as `script` says on each connection.
    pub(crate) async fn against<F>(self, script: impl Fn(usize, Peer) -> F) -> Played
    where
        F: Future<Output = Vec<String>> + Send + 'static,
    {
        let head = "title = \"t\"\nspec = [\"vendor\"]\nlevel = \"must\"\nroles = [\"server\"]";
        let text = format!("+++\n{head}\n{}+++\n{}", self.head, self.steps);
        let mut files = self.fragments;
        if self.is_strict {
            files.push((PathBuf::from("cases/a/c.case"), text.clone()));
        }
        files.push((PathBuf::from("cases/a/b.case"), text));
        let library = Library::from_files(files)
            .unwrap_or_else(|errors| panic!("{}", case::render(&errors, false)));
        // In memory the paused clock of a test leaps when all is still: its waits count, those of
        // the machine do not.
        let network = Network::in_memory();
        let listener = network.listen(([127, 0, 0, 1], 0).into(), None).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let done = Arc::new(Mutex::new(Vec::new()));
        let venue = Arc::new(Local {
            target: Target::parse("local", "local.toml", "url = \"ws://local/\"\neffects = [\"none\", \"session\", \"state\", \"locks-account\"]")
                .expect("a target"),
            network,
            port,
            patience: self.patience,
            world: Arc::new(World(Arc::clone(&done))),
        });
        let root = tempfile::tempdir().expect("a folder");
        let options = Options {
            snapshots: Snapshots::new(
                &Layers::built_in(None),
                Baselines { servers: "mock", clients: "client" },
            ),
            results: Some(Folder::new(root.path(), "results")),
            jobs: 1,
            strictness: Strictness { strict: self.is_strict, require_all: false },
            fail_fast: self.is_strict,
            pending: false,
            retries: self.retries,
            compare: !self.is_strict,
            everything: false,
            background: Background::default(),
            warnings: Vec::new(),
        };
        let began = Instant::now();
        let cases: Vec<&Case> = library.cases.iter().collect();
        let mut silent = Silent;
        let run = run(&library, &cases, venue, &options, &mut silent, self.interrupt);
        tokio::pin!(run);
        let mut scripts = Vec::new();
        let summary = loop {
            tokio::select! {
                summary = &mut run => break summary.expect("a summary"),
                incoming = listener.accept() => {
                    let incoming = incoming.expect("a connection");
                    let stream = incoming.handshake(Duration::from_secs(1)).await.expect("TCP");
                    scripts.push(tokio::spawn(script(scripts.len(), Peer::new(stream))));
                }
            }
        };
        let took = began.elapsed();
        let mut heard = Vec::new();
        for script in scripts {
            heard.push(script.await.expect("a script that ends"));
        }
        let folder = root.path().join("local/a");
        let recording = Recording::read(&folder.join("b.jsonl")).unwrap_or_default();
        let files = ["b.jsonl", "b.txt"]
            .map(|name| std::fs::read_to_string(folder.join(name)).unwrap_or_default())
            .concat();
        let done = done.lock().map(|done| done.clone()).unwrap_or_default();
        Played {
            verdict: recording.about.verdict.clone(),
            body: transcript::body(&recording),
            report: summary.cases.into_iter().next().expect("a report"),
            recording,
            heard,
            took,
            files,
            done,
        }
    }
}

struct Silent;

impl Reporter for Silent {
    fn ended(&mut self, _: &Run) -> std::io::Result<()> {
        Ok(())
    }
}

/// The place of these tests: one server on this machine.
struct Local {
    target: Target,
    network: Network,
    port: u16,
    patience: f64,
    world: Arc<World>,
}

impl Venue for Local {
    fn target(&self) -> &Target {
        &self.target
    }

    fn set<'a>(&'a self, _: &'a Case) -> Promise<'a, Result<Scene, String>> {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let scene = Scene {
            tested: ServerUnderTest {
                network: self.network.clone(),
                host: "127.0.0.1".to_owned(),
                port: self.port,
                tls: None,
                stage: Arc::clone(&self.world) as Arc<dyn Stage>,
            }
            .into(),
            variables: map(&[("domain", "x.test"), ("agent.user", "1001")]),
            passwords: map(&[("agent.password", PASSWORD)]),
            known: Vec::new(),
            patience: self.patience,
            clock: 1.0,
        };
        Box::pin(async { Ok(scene) })
    }
}

/// A world that remembers what was done to it, and refuses `systeminfo`.
struct World(Arc<Mutex<Vec<Action>>>);

impl Stage for World {
    fn perform(&self, action: Action) -> Promise<'_, Result<(), String>> {
        let refused = matches!(&action, Action::Other { name, .. } if name == "systeminfo");
        if let Ok(mut done) = self.0.lock() {
            done.push(action);
        }
        Box::pin(async move { if refused { Err("out of order".to_owned()) } else { Ok(()) } })
    }
}
