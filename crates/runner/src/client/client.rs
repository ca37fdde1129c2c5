//! A client under test while it runs: what it reports, what it complains about, how it ended.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::group::{self, Force};
use super::lines::{self, Line};
use super::reports::{Report, Reported, Reports, reports};
use super::{UNSUPPORTED, strays};

/// How long a program may take to put things in order once it is asked to end.
const GRACE: Duration = Duration::from_secs(2);

/// How long the standard error of a program that has ended is still read.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How many of the last lines of standard error are kept.
const LINES: usize = 20;

/// How many octets of a line are kept. Less is shown; before a line is cut to that, passwords are
/// taken out of it.
pub(crate) const LONGEST_LINE: usize = 8 << 10;

/// The longest line of standard output that can be a report, in octets.
const LONGEST_REPORT: usize = 1 << 20;

/// How a client ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl Ended {
    /// Whether it says that it does not do what it was asked.
    pub fn is_unsupported(self) -> bool {
        self.code == Some(UNSUPPORTED)
    }

    fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        #[cfg(not(unix))]
        let signal = None;
        Self { code: status.code(), signal }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit status {code}"),
            (None, Some(signal)) => write!(f, "signal {signal}"),
            (None, None) => f.write_str("in an unknown way"),
        }
    }
}

/// A client under test. One that was started for a case ends, with all that it has started, when
/// this is dropped.
#[derive(Debug)]
pub struct Client {
    id: Option<u32>,
    reports: Reported,
    ended: watch::Receiver<Option<Ended>>,
    /// All that it has started is gone.
    cleared: watch::Receiver<bool>,
    tail: Tail,
    stop: watch::Sender<bool>,
}

impl Client {
    /// Starts a program: its name and arguments, and variables of its environment besides those of
    /// this process.
    ///
    /// # Errors
    ///
    /// It cannot be started; one line.
    pub fn process(
        command: &[OsString],
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let Some((name, args)) = command.split_first() else {
            return Err("no command: give the client's after `--`".to_owned());
        };
        let mark = strays::mark();
        strays::adopt();
        let mut command = std::process::Command::new(name);
        command
            .args(args)
            .envs(environment)
            .env(strays::MARK, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        group::make(&mut command);
        let mut child = Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| unstarted(Path::new(name), &error))?;
        let (client, watcher) = Self::new(child.id());
        let Watcher { reports, stopped, over, clear } = watcher;
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(listen(stdout, reports, client.tail.clone()));
        }
        let stderr = child.stderr.take();
        let complaints = stderr.map(|it| tokio::spawn(keep(it, client.tail.clone())));
        let group = child.id();
        tokio::spawn(async move {
            let mut stopped = stopped;
            see_off(child, complaints, &mut stopped, over).await;
            until(&mut stopped).await;
            // It ends as many processes as it can.
            let _ = tokio::task::spawn_blocking(move || strays::end(&mark, group)).await;
            clear.send_replace(true);
        });
        Ok(client)
    }

    /// Starts a task. It is told where to report to, and gives its exit status and what it
    /// complains of. It is aborted when it is to stop.
    pub fn task<F>(run: impl FnOnce(Reports) -> F) -> Self
    where
        F: Future<Output = (i32, Option<String>)> + Send + 'static,
    {
        let (client, Watcher { reports, mut stopped, over, .. }) = Self::new(None);
        let tail = client.tail.clone();
        let run = run(reports);
        tokio::spawn(async move {
            let ended = tokio::select! {
                (code, complaint) = run => {
                    complaint.into_iter().for_each(|line| tail.push(line));
                    Ended { code: Some(code), signal: None }
                }
                () = until(&mut stopped) => Ended { code: None, signal: None },
            };
            over.send_replace(Some(ended));
        });
        client
    }

    /// A client that runs already, and the link by which is told how it fares.
    pub fn linked() -> (Self, Link) {
        let (client, Watcher { reports, stopped, over, .. }) = Self::new(None);
        (client, Link { reports: Some(reports), ended: over, stopped })
    }

    fn new(id: Option<u32>) -> (Self, Watcher) {
        let (sender, reports) = reports();
        let (stop, stopped) = watch::channel(false);
        let (over, ended) = watch::channel(None);
        let (clear, cleared) = watch::channel(false);
        let client = Self { id, reports, ended, cleared, tail: Tail::default(), stop };
        (client, Watcher { reports: sender, stopped, over, clear })
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<Ended> {
        *self.ended.borrow()
    }

    /// Waits for its end.
    pub fn end(&self) -> impl Future<Output = Ended> + Send + use<> {
        let mut ended = self.ended.clone();
        async move {
            let known = match ended.wait_for(Option::is_some).await {
                Ok(ended) => *ended,
                Err(_) => None,
            };
            known.unwrap_or(Ended { code: None, signal: None })
        }
    }

    /// The next report, when it comes. None when there can be no more.
    pub(crate) async fn next_report(&mut self) -> Option<Report> {
        self.reports.next().await
    }

    /// Whether a report comes that was not taken, before standard output ends.
    pub async fn has_reported(&mut self) -> bool {
        matches!(tokio::time::timeout(GRACE, self.next_report()).await, Ok(Some(_)))
    }

    /// The last lines on its standard error.
    pub fn output(&self) -> Vec<String> {
        self.tail.lines()
    }

    /// Ends it and all that it has started: politely, and after two seconds without asking. One
    /// that runs for long is left alone.
    pub async fn stop(&mut self) {
        let is_program = self.id.is_some();
        if let Some(id) = self.id
            && self.ended().is_none()
        {
            group::end(id, Force::Polite);
            let _ = tokio::time::timeout(GRACE, self.end()).await;
        }
        self.cut_off();
        if is_program {
            self.end().await;
            // It fails when the receiver is gone.
            let _ = self.cleared.wait_for(|cleared| *cleared).await;
        }
    }

    fn cut_off(&mut self) {
        self.stop.send_replace(true);
        if let Some(id) = self.id.take() {
            group::end(id, Force::Hard);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.cut_off();
    }
}

/// The other ends of the channels of a client.
struct Watcher {
    reports: Reports,
    stopped: watch::Receiver<bool>,
    over: watch::Sender<Option<Ended>>,
    clear: watch::Sender<bool>,
}

/// The news about a client that runs for long, while a case is played against
/// it.
#[derive(Debug)]
pub struct Link {
    reports: Option<Reports>,
    ended: watch::Sender<Option<Ended>>,
    stopped: watch::Receiver<bool>,
}

impl Link {
    /// Its application has seen this. False when it may not say more: too much waits, or it has
    /// ended.
    pub fn report(&self, report: Report) -> bool {
        self.reports.as_ref().is_some_and(|reports| reports.try_send(report))
    }

    /// It has done what it was asked, or says why not.
    pub fn end(&mut self, code: i32) {
        self.reports = None;
        self.ended.send_replace(Some(Ended { code: Some(code), signal: None }));
    }

    /// Waits until the case is over.
    pub fn over(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopped = self.stopped.clone();
        async move { until(&mut stopped).await }
    }
}

impl Drop for Link {
    /// The client's end can no longer be told.
    fn drop(&mut self) {
        self.ended.send_if_modified(|ended| {
            let is_news = ended.is_none();
            ended.get_or_insert(Ended { code: None, signal: None });
            is_news
        });
    }
}

/// Waits for the end of a program, or ends it. Its end is known once its last words are.
async fn see_off(
    mut child: Child,
    complaints: Option<JoinHandle<()>>,
    stopped: &mut watch::Receiver<bool>,
    over: watch::Sender<Option<Ended>>,
) {
    let mut status = tokio::select! {
        status = child.wait() => Some(status),
        () = until(stopped) => None,
    };
    if status.is_none() {
        // A program that is gone cannot be ended, which is as well.
        let _ = child.start_kill();
        status = Some(child.wait().await);
    }
    if let Some(complaints) = complaints {
        // A process that it has started may hold its standard error open.
        let _ = tokio::time::timeout(LAST_WORDS, complaints).await;
    }
    let lost = Ended { code: None, signal: None };
    over.send_replace(Some(status.and_then(Result::ok).map_or(lost, Ended::of)));
}

/// Waits until the client is to be stopped, or its owner is gone.
async fn until(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Reads reports. Lines that are no JSON object are a program's own business.
async fn listen(stdout: impl AsyncRead + Unpin, reports: Reports, tail: Tail) {
    let mut reader = BufReader::new(stdout);
    while let Some(Line { octets, is_cut }) = lines::next(&mut reader, LONGEST_REPORT).await {
        if is_cut {
            let most = LONGEST_REPORT >> 10;
            tail.push(format!(
                "(a line of more than {most} KiB on standard output was passed over)"
            ));
        } else if let Ok(Value::Object(report)) = serde_json::from_slice(&octets)
            && !reports.send(report).await
        {
            break;
        }
    }
    // The report is no longer wanted, and the program that makes it must not be held up.
    let _ = tokio::io::copy_buf(&mut reader, &mut tokio::io::sink()).await;
}

/// Keeps the last lines.
async fn keep(stderr: impl AsyncRead + Unpin, tail: Tail) {
    let mut reader = BufReader::new(stderr);
    while let Some(Line { octets, .. }) = lines::next(&mut reader, LONGEST_LINE).await {
        tail.push(String::from_utf8_lossy(&octets).into_owned());
    }
}

/// The last lines that a client wrote on its standard error, and what is to be said of it.
#[derive(Debug, Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Why a program does not start. The system calls a script missing whose interpreter is missing.
fn unstarted(program: &Path, error: &io::Error) -> String {
    let is_there = error.kind() == io::ErrorKind::NotFound && program.is_file();
    let hint = if is_there {
        "; the file is there, but not the interpreter that its first line names"
    } else {
        ""
    };
    format!("cannot start {}: {error}{hint}", program.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_its_interpreter_is_not_called_missing() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("driver");
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let hint = "not the interpreter that its first line names";
        assert!(!unstarted(&script, &missing).contains(hint));
        std::fs::write(&script, "#!/none/python\n").unwrap();
        assert!(unstarted(&script, &missing).ends_with(hint));
    }
}
