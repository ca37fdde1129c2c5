//! A fake in a process of its own, as `mock --json` starts it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::suite::Suite;

/// The process is ended when this is dropped.
pub(crate) struct Fake {
    child: Child,
    stdout: BufReader<ChildStdout>,
    said: serde_json::Value,
}

impl Fake {
    /// Starts one in the folder of a suite; standard error goes to the file `mock.stderr` there.
    pub(crate) fn start(suite: &Suite, args: &[&str]) -> Self {
        let mut command = suite.command(&["mock", "--json"]);
        command.args(args).current_dir(suite.root());
        Self::of(command, &suite.path("mock.stderr"))
    }

    /// The same, of a command that is about to start one.
    pub(crate) fn of(mut command: Command, stderr: &Path) -> Self {
        let said_wrong = std::fs::File::create(stderr).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(said_wrong).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("{line}{}", std::fs::read_to_string(stderr).unwrap())
        });
        Self { child, stdout, said }
    }

    /// Its line of JSON when it was ready: `url`, `ca`, `domain`, `pubsub`.
    pub(crate) fn says(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap()
    }

    /// The same of the second server of a pair.
    pub(crate) fn second(&self, name: &str) -> &str {
        self.said["second"][name].as_str().unwrap()
    }

    /// The accounts that it has.
    pub(crate) fn users(&self) -> Vec<&str> {
        self.said["users"].as_array().unwrap().iter().map(|user| user.as_str().unwrap()).collect()
    }

    /// The first port at which it serves too.
    pub(crate) fn also(&self) -> u64 {
        self.said["also"][0].as_u64().unwrap()
    }

    /// The first port at which it gives hints.
    pub(crate) fn hint(&self) -> u64 {
        self.said["hints"][0].as_u64().unwrap()
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        let (_, rest) = self.says("url").rsplit_once(':').unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    /// Ends it as Ctrl-C does; all that it said on standard output.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        interrupt(&self.child);
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), format!("{}\n{rest}", self.said))
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends what Ctrl-C sends.
#[cfg(unix)]
pub(crate) fn interrupt(child: &Child) {
    let sent = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(sent.unwrap().success());
}
