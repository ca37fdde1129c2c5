//! The lines of `mock`: what its clients do, one line for each event.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use files::Unwritten;
use finesse_fake::{Detail, Event, Events, FakeFinesse, Said, Speaker};
use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use super::super::spoken::{Clock, Spoken};
use super::super::{counted, warn};
use crate::output::NamedWriter;

/// How long the end of the program waits for a slow reader of the lines.
const PATIENCE: Duration = Duration::from_secs(1);

/// The writers of lines. Each is a thread of its own, so that a slow terminal holds up neither the
/// fake nor the log.
#[derive(Default)]
pub(super) struct Lines {
    ends: Vec<oneshot::Receiver<()>>,
}

/// How lines are written.
#[derive(Clone)]
struct Style {
    /// The server, where there are two.
    server: Option<String>,
    /// The times; they count from the start of the fake's own time.
    clock: Clock,
}

impl Lines {
    /// Writes the lines to standard error from now on.
    pub(super) fn on_stderr(&mut self, fakes: &[Arc<FakeFinesse>], detail: Detail) {
        for fake in fakes {
            self.follow(fake, fakes.len() > 1, detail, "%H:%M:%S%.3f", io::stderr());
        }
    }

    /// Writes the lines to a file from now on, with the date.
    pub(super) fn in_file(
        &mut self,
        fakes: &[Arc<FakeFinesse>],
        detail: Detail,
        path: &Path,
    ) -> Result<(), Unwritten> {
        let unwritten = |error| Unwritten::new(path, error);
        let file = File::options().create(true).append(true).open(path).map_err(unwritten)?;
        for fake in fakes {
            let file =
                NamedWriter::new(path.display().to_string(), file.try_clone().map_err(unwritten)?);
            self.follow(fake, fakes.len() > 1, detail, "%F %H:%M:%S%.3f", file);
        }
        Ok(())
    }

    fn follow(
        &mut self,
        fake: &FakeFinesse,
        of_pair: bool,
        detail: Detail,
        format: &'static str,
        out: impl Write + Send + 'static,
    ) {
        let since = fake.engine(|_, now| now);
        let style = Style {
            server: of_pair.then(|| fake.domain().to_owned()),
            clock: Clock {
                began: SystemTime::now().checked_sub(since).unwrap_or(SystemTime::UNIX_EPOCH),
                zone: TimeZone::system(),
                format,
            },
        };
        let (end, ended) = oneshot::channel();
        let events = fake.events(detail);
        thread::spawn(move || {
            if let Err(error) = write_all(events, &style, out) {
                warn(&format!("the lines about clients cannot be written any more: {error}"));
            }
            // The program may have ended without waiting.
            let _ = end.send(());
        });
        self.ends.push(ended);
    }

    /// Waits until the lines of fakes that have ended are written, but not long.
    pub(super) async fn end(self) {
        let all = async {
            for ended in self.ends {
                // An error means that the thread is gone.
                let _ = ended.await;
            }
        };
        // A reader that has stopped must not hold up the end of the program.
        let _ = tokio::time::timeout(PATIENCE, all).await;
    }
}

/// Writes events until there are no more.
fn write_all(mut events: Events, style: &Style, mut out: impl Write) -> io::Result<()> {
    while let Some(event) = events.blocking_next() {
        // Each line is one write, so that lines of two writers do not mix.
        match out.write_all(format!("{}\n", style.line(&event)).as_bytes()) {
            // No reader is left.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}

impl Style {
    fn line(&self, event: &Event) -> String {
        match event {
            Event::Said(said) => self.said(said),
            Event::Missed(count) => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                format!("… {} left out", counted(count, "line"))
            }
        }
    }

    fn said(&self, said: &Said) -> String {
        let arrow = match said.speaker {
            Speaker::Client => "->",
            Speaker::Server => "<-",
            Speaker::Nobody => "==",
        };
        let (server, who) = (self.server.as_deref(), said.who.as_deref());
        let Said { at, connection, text, .. } = said;
        Spoken { at: *at, server, connection: *connection, who, arrow, text }.line(&self.clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: [&str; 2] = ["%H:%M:%S%.3f", "%F %H:%M:%S%.3f"];

    fn style(format: &'static str) -> Style {
        Style {
            server: None,
            clock: Clock {
                began: SystemTime::UNIX_EPOCH,
                zone: TimeZone::fixed(jiff::tz::offset(2)),
                format,
            },
        }
    }

    /// A fake whose clock stands, and its first event.
    async fn first_event(fake: &FakeFinesse, does: impl FnOnce(&FakeFinesse)) -> Event {
        let mut events = fake.events(Detail::Facts);
        does(fake);
        events.next().await.expect("an event")
    }

    #[tokio::test]
    async fn a_line_has_local_time_and_says_what_happened() {
        let fake = FakeFinesse::builder().plain(true).time_by_hand(true).start().await;
        let fake = fake.expect("the fake starts");
        fake.advance(Duration::from_millis(3_723_004));
        let event = first_event(&fake, |fake| {
            fake.fault("out-of-service").expect("a fault");
        })
        .await;
        assert_eq!(style(TIMES[0]).line(&event), "03:02:03.004  == fault out-of-service");
        let dated = "1970-01-01 03:02:03.004  == fault out-of-service";
        assert_eq!(style(TIMES[1]).line(&event), dated);
        let server = Some("finesse2.example.com".to_owned());
        let line = Style { server, ..style(TIMES[0]) }.line(&event);
        assert_eq!(line, "03:02:03.004  finesse2.example.com == fault out-of-service");
        assert_eq!(style(TIMES[0]).line(&Event::Missed(1)), "… 1 line left out");
        assert_eq!(style(TIMES[0]).line(&Event::Missed(7)), "… 7 lines left out");
    }

    #[tokio::test]
    async fn a_closed_pipe_ends_the_lines_without_a_word() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let fake = FakeFinesse::builder().plain(true).start().await.expect("the fake starts");
        let events = fake.events(Detail::Facts);
        fake.fault("out-of-service").expect("a fault");
        let written = tokio::task::spawn_blocking(|| write_all(events, &style(TIMES[0]), Closed));
        assert!(written.await.expect("no panic").is_ok());
    }

    #[tokio::test]
    async fn nothing_that_a_client_says_steers_the_terminal() {
        const NODE: &str = "/lab/\u{9b}2J\u{1b}]0;x\u{7}<b>";
        let builder = FakeFinesse::builder().plain(true).user("1001", "secret").node(NODE);
        let fake = builder.start().await.expect("the fake starts");
        let mut events = fake.events(Detail::Messages);
        let url = remote::Url::parse(&fake.url()).expect("a URL");
        let (trust, domain) = (wire::net::Trust::Insecure, fake.domain().to_owned());
        let deadlines = remote::Deadlines::of(Duration::from_secs(20));
        let account = |name: &str, password: &str| remote::Account {
            name: name.to_owned(),
            password: password.to_owned(),
        };
        let log_in = async |account: remote::Account, resource: &str| {
            let resource = Some(resource);
            remote::Client::log_in(&url, &trust, deadlines, &domain, &account, resource).await
        };
        let stranger = account("10\u{202e}01\u{9b}31m", "hunter2");
        assert!(log_in(stranger, "x").await.is_err());
        let client = log_in(account("1001", "secret"), "desk\u{200b}top<script>").await;
        let mut client = client.expect("a login");
        let node =
            remote::pubsub::subscribe("/nowhere\u{9b}31m\u{2028}", "1001@finesse.example.com");
        let asked = client.ask("set", Some(&fake.pubsub_host()), node).await;
        assert!(asked.is_err(), "there is no such node");
        client.leave().await;
        fake.publish(NODE, "<x xmlns='y'>\u{202e}\u{9b}31m\n</x>").expect("a node");
        drop(fake);
        let mut lines = Vec::new();
        while let Some(event) = events.next().await {
            lines.push(style(TIMES[0]).line(&event));
        }
        let whole = lines.join("\n");
        for line in &lines {
            assert!(!line.contains(textual::invisible::is_invisible), "{line:?}");
        }
        for part in [
            r#"== login of "10\u{202e}01\u{9b}31m" failed: no such account (not-authorized)"#,
            r"#2 1001@finesse.example.com/desktop<script> == bound",
            r"subscribe /nowhere\u{9b}31m\u{2028} refused: item-not-found",
        ] {
            assert!(whole.contains(part), "no {part} in\n{whole}");
        }
        assert!(!whole.contains("secret") && !whole.contains("hunter2"), "{whole}");
    }
}
