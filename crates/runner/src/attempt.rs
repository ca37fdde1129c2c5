//! One case: played against its endpoint and judged, once or several times. The recording is kept.

use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use case::{Case, Item};
use files::Unwritten;
use stanza::ns;
use tokio::sync::watch;
use transcript::{EventKind, Recording, Secrets, readable, same_body};
use verdict::{CaseResult, Drift, Failure, Verdict, clipped, instant, lines_of, millis};

use crate::client::LONGEST_LINE;
use crate::judge::{self, BaselineDeviations};
use crate::layers::Folder;
use crate::owners::Owners;
use crate::play::{self, Played};
use crate::retry;
use crate::run::{Options, RunError};
use crate::scene::{Scene, Venue};
use crate::snapshots::compared;
use crate::targets::Target;

/// How many octets of a line of a client's standard error are shown.
const WIDTH: usize = 400;

/// A case, and where and how it is played.
pub(crate) struct Attempt<'a> {
    pub(crate) case: &'a Arc<Case>,
    pub(crate) body: &'a [Item],
    pub(crate) owners: &'a Arc<Owners>,
    pub(crate) venue: &'a dyn Venue,
    pub(crate) options: &'a Arc<Options>,
    pub(crate) today: &'a str,
    pub(crate) interrupt: watch::Receiver<bool>,
}

/// A case that was played.
pub(crate) struct Attempted {
    pub(crate) result: CaseResult,
    /// The recording, if the case could be played.
    pub(crate) recording: Option<Recording>,
    /// The transcript that cannot be written.
    pub(crate) unwritten: Option<Unwritten>,
}

/// The result of a case before anything is played.
pub(crate) fn blank(case: &Case, target: &Target) -> CaseResult {
    CaseResult::new(case, &target.name, instant(SystemTime::now()))
}

impl Attempt<'_> {
    /// The endpoint of the case.
    pub(crate) fn target(&self) -> &Target {
        self.venue.target()
    }

    /// The result of the case, and its recording.
    pub(crate) async fn run(&self) -> Result<Attempted, RunError> {
        let mut blank = blank(self.case, self.target());
        let scene = match self.venue.set(self.case).await {
            Ok(scene) => scene,
            Err(message) => {
                judge::by_absence(&mut blank, message);
                return Ok(Attempted { result: blank, recording: None, unwritten: None });
            }
        };
        // A scene may have to wait for somebody to come.
        let began = Instant::now();
        let (mut result, recording) = retry::until_green(self, &blank, &scene).await?;
        result.millis = millis(began.elapsed());
        self.keep(result, recording, scene.secrets()).await
    }

    /// One try: the result, and the recording with the verdict of the steps alone.
    pub(crate) async fn once(
        &self,
        blank: &CaseResult,
        scene: &Scene,
    ) -> Result<(CaseResult, Recording), RunError> {
        let (case, target) = (self.case, self.target());
        let Played { outcome, close, mut recording, output } =
            play::play((case, self.body, self.owners), scene, self.interrupt.clone()).await;
        let mut result = CaseResult { close, output, ..blank.clone() };
        let usual = &self.options.background.usual;
        let is_usually_non_strict =
            self.options.snapshots.is_usually_non_strict(case.file_id(), &target.name)?;
        let usual = BaselineDeviations { deviations: usual, is_non_strict: is_usually_non_strict };
        judge::by_steps(&mut result, case, target, outcome, &usual, self.today);
        recording.about.target.clone_from(&target.name);
        recording.about.close = close.word().to_owned();
        recording.about.verdict = result.verdict.word().to_owned();
        recording.about.ends_vary = target.ends_vary();
        let compared = self
            .is_compared(&result)
            .then(|| (Arc::clone(self.options), Arc::clone(case), target.clone()));
        let (recording, body, drift) = aside(move || {
            let body = transcript::body(&recording);
            let drift = compared
                .map(|(options, case, target)| options.snapshots.compare(&case, &target, &body))
                .transpose()?;
            Ok((recording, body, drift))
        })
        .await?;
        if let Some(drift) = drift {
            judge::by_transcript(&mut result, drift);
        }
        result.body = Some(body);
        // A case that does not count yet has no transcript that anybody has looked at either.
        if target.is_pending(&case.id) {
            judge::while_pending(&mut result);
        }
        Ok((result, recording))
    }

    /// Whether a transcript with this result is held against the accepted one.
    fn is_compared(&self, result: &CaseResult) -> bool {
        let target = self.target();
        let is_held = !target.is_volatile(&result.id) && !target.is_pending(&result.id);
        // One accepted transcript cannot show both what usually happens and what happened now.
        let is_usual = !result.deviation.as_ref().is_some_and(|listed| listed.sometimes);
        self.options.compare && is_held && is_usual && result.verdict.has_snapshot()
    }

    /// Takes passwords out of the result, and writes the transcript and the pending snapshot.
    async fn keep(
        &self,
        mut result: CaseResult,
        recording: Recording,
        mask: Secrets,
    ) -> Result<Attempted, RunError> {
        let (case, options) = (Arc::clone(self.case), Arc::clone(self.options));
        let is_pending = options.pending && self.is_compared(&result);
        let like = self.target().like.clone();
        aside(move || {
            let (text, lines) = readable(&recording);
            result.note = result.note.take().map(|note| mask.scrub(&note));
            result.output = result.output.iter().map(|line| complaint(line, &mask)).collect();
            result.failure =
                result.failure.take().map(|failure| masked(failure, &mask, &recording, &lines));
            result.said = lines_of(&recording);
            let like = is_pending.then_some(like.as_slice());
            let unwritten = write(&mut result, &recording, &text, (&case, &options), like);
            Ok(Attempted { result, recording: Some(recording), unwritten: unwritten.err() })
        })
        .await
    }
}

/// Writes the transcript and, if there is to be one, the pending snapshot of a target that is like
/// these.
fn write(
    result: &mut CaseResult,
    recording: &Recording,
    text: &str,
    (case, options): (&Case, &Options),
    pending: Option<&[String]>,
) -> Result<(), Unwritten> {
    if let Some(root) = &options.results {
        keep(result, recording, text, (case, root))?;
    }
    if let Some(like) = pending {
        let (snapshots, about) = (&options.snapshots, &recording.about);
        if result.is_new || result.drift.is_some() {
            let body = result.body.as_deref().unwrap_or_default();
            let pending = snapshots.leave_pending(case, about, like, body)?;
            if let Some(drift) = &mut result.drift {
                drift.pending = pending;
            }
        } else {
            snapshots.drop_pending(case, about)?;
        }
    }
    Ok(())
}

/// Writes the recording and the transcript below `root`.
fn keep(
    result: &mut CaseResult,
    recording: &Recording,
    text: &str,
    (case, root): (&Case, &Folder),
) -> Result<(), Unwritten> {
    let folder = root.join(&result.target);
    let raw = folder.join(format!("{}.jsonl", result.id));
    if let Some(drift) = &mut result.drift {
        drift.is_unsteady = is_another(raw.path(), case, drift, &result.volatile);
    }
    recording.write(root.path(), raw.path())?;
    let transcript = folder.join(format!("{}.txt", result.id));
    files::write_below(root.path(), transcript.path(), text)?;
    result.transcript = Some(transcript.shown().display().to_string());
    Ok(())
}

/// Runs blocking work on its own thread, where it holds up neither other cases nor an interrupt.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RunError> + Send + 'static,
) -> Result<T, RunError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(RunError::Bug(panic.to_string())))
}

/// Whether the steps held in the run before as well, whose recording is in `path`, and its
/// transcript was another than now, in the part that is compared.
fn is_another(path: &Path, case: &Case, now: &Drift, volatile: &[String]) -> bool {
    let Ok(before) = Recording::read(path) else { return false };
    let held = |verdict: &Verdict| verdict.has_snapshot() && verdict.word() == before.about.verdict;
    let body = || compared(case, before.about.ends_vary, &transcript::body(&before));
    Verdict::ALL.iter().any(held) && !same_body(&body(), &now.got, volatile)
}

/// A line of a client's standard error as it is shown, without passwords. One that was cut may end
/// within one.
fn complaint(line: &str, mask: &Secrets) -> String {
    let is_cut = line.len() >= LONGEST_LINE;
    let line = if is_cut { mask.scrub_cut(line) } else { mask.scrub(line) };
    textual::clipped(&line, WIDTH).into_owned()
}

/// Takes passwords out of a failure, and finds the place of the closest message in the transcript.
fn masked(mut failure: Failure, mask: &Secrets, recording: &Recording, lines: &[usize]) -> Failure {
    failure.message = mask.scrub(&failure.message);
    if let Some(closest) = &mut failure.closest {
        let is_login = stanza::parse(&closest.text)
            .is_ok_and(|it| it.is(ns::SASL, "auth") || it.is(ns::SASL, "response"));
        closest.text = mask.message(&closest.text).0;
        for row in &mut closest.rows {
            let is_response = is_login && row.place.ends_with("/text()");
            // Base64 says nothing to people, and a password that the mask does not know is in it.
            let in_words = |text: &str| mask.login_in_words(text).filter(|_| is_response);
            let (wanted, got) = (in_words(&row.wanted), in_words(&row.got));
            row.got = match (got, &wanted) {
                (Some(got), _) => got,
                (None, Some(_)) => format!("not base64: {}", mask.scrub(&row.got)),
                (None, None) => mask.scrub(&row.got),
            };
            row.wanted = wanted.unwrap_or_else(|| mask.scrub(&row.wanted));
        }
        let is_it = |event: &transcript::Event| match &event.said {
            EventKind::Text { text, .. } => {
                stanza::parse(text).map_or_else(|_| text.clone(), |element| stanza::print(&element))
                    == closest.text
            }
            EventKind::Report { report } => *report == closest.text,
            _ => false,
        };
        let found = recording.events.iter().zip(lines).rfind(|(event, _)| is_it(event));
        closest.line = found.map(|(_, line)| *line);
    }
    // Cut last: the mask finds no half of a password.
    failure.question = failure.question.map(clipped);
    if let Some(closest) = &mut failure.closest {
        closest.text = clipped(std::mem::take(&mut closest.text));
        for row in &mut closest.rows {
            row.wanted = clipped(std::mem::take(&mut row.wanted));
            row.got = clipped(std::mem::take(&mut row.got));
        }
    }
    failure
}

#[cfg(test)]
mod tests {
    use case::Source;
    use transcript::{Event, RecordingHead, Side};
    use verdict::{Closest, Difference};

    use super::*;

    #[test]
    fn a_password_in_another_encoding_is_in_no_failure() {
        let said = "AGEAb3RoZXI=";
        let row = Difference {
            place: "auth/text()".to_owned(),
            wanted: "AGEAcmlnaHQ=".to_owned(),
            got: said.to_owned(),
            why: "differs".to_owned(),
        };
        let source = Source { path: "a.case".into(), text: String::new() };
        let message = "text of auth differs".to_owned();
        let mut failure = Failure::at(&source, &(0..0), message, String::new());
        failure.closest = Some(Closest {
            line: None,
            kind: "element".to_owned(),
            rows: vec![row],
            text: format!("<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">{said}</auth>"),
        });
        let mut mask = Secrets::default();
        mask.password("agent.password", "right");
        let failure = masked(failure, &mask, &Recording::default(), &[]);
        let closest = failure.closest.unwrap();
        assert!(!closest.text.contains(said));
        assert_eq!(closest.rows[0].wanted, "user a, password agent.password");
        assert_eq!(closest.rows[0].got, "user a, password ***");
    }

    #[test]
    fn a_failure_keeps_the_beginning_of_a_very_long_question() {
        let source = Source { path: "a.case".into(), text: String::new() };
        let mut failure = Failure::at(&source, &(0..0), String::new(), String::new());
        failure.question = Some(format!("<a>{}</a>", "x".repeat(1 << 20)));
        let failure = masked(failure, &Secrets::default(), &Recording::default(), &[]);
        let question = failure.question.unwrap();
        assert!(question.len() < 5000, "{} octets", question.len());
        assert!(question.ends_with("… and 1044487 characters more, in the transcript"));
    }

    #[test]
    fn a_case_that_ends_its_connection_is_not_unsteady_because_ends_vary() {
        let head =
            "title = \"t\"\nspec = [\"RFC 7395 §3.1\"]\nlevel = \"must\"\nroles = [\"server\"]";
        let text = format!("+++\n{head}\n+++\nagent == connect\n");
        let source = Source { path: "a/b.case".into(), text };
        let case = case::parse_case("a/b", Arc::new(source)).unwrap();
        let said = |step, who, said| Event {
            conn: "agent".to_owned(),
            who,
            step,
            micros: 0,
            octets: 0,
            claimed: true,
            timer: false,
            said,
        };
        let text =
            |text: &str| EventKind::Text { text: text.to_owned(), fragments: 1, login: None };
        let recording = Recording {
            about: RecordingHead {
                verdict: Verdict::Pass.word().to_owned(),
                ends_vary: true,
                ..RecordingHead::default()
            },
            events: vec![
                said(1, Side::Client, text("<a/>")),
                said(2, Side::Server, text("<b/>")),
                said(3, Side::Server, EventKind::Eof),
            ],
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.jsonl");
        recording.write(folder.path(), &path).unwrap();
        let body = transcript::body(&recording);
        let got = compared(&case, true, &body);
        assert_ne!(got, body.trim_end(), "the end is left out");
        let accepted = String::new();
        let mut drift = Drift { new: false, accepted, got, is_unsteady: false, pending: None };
        assert!(!is_another(&path, &case, &drift, &[]));
        drift.got.push_str("\nagent <- <c/>");
        assert!(is_another(&path, &case, &drift, &[]));
    }
}
