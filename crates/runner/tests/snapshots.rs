//! Transcripts against accepted snapshots, and files that belong to no case.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use case::{Case, Source};
use runner::{Baselines, BuiltIn, Folder, Layers, Snapshots, Target};
use tempfile::TempDir;
use transcript::{Event, EventKind, Recording, Side};
use verdict::{Comparison, Drift};

const BASELINE: &str = "mock";

const BASELINES: Baselines = Baselines { servers: BASELINE, clients: "client" };

/// A suite with nothing but snapshots.
struct Suite {
    root: TempDir,
}

impl Suite {
    fn new() -> Self {
        Self { root: tempfile::tempdir().expect("a folder") }
    }

    fn snapshots(&self) -> Snapshots {
        Snapshots::new(&Layers::checkout(Folder::new(self.root.path(), "")), BASELINES)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("snapshots").join(name)
    }

    fn write(&self, name: &str, body: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("it is below a folder")).expect("a folder");
        std::fs::write(path, format!("---\nsource: x\n---\n{body}\n")).expect("a file");
    }

    /// Compares a transcript of the lines `said` on `target`.
    fn compare(&self, target: &str, said: &[&str], write: bool) -> Option<Drift> {
        let (case, recording) = (case(""), recording(target, said));
        let (snapshots, body) = (self.snapshots(), transcript::body(&recording));
        let comparison =
            snapshots.compare(&case, &named(target), &body).expect("files can be read");
        let Comparison::Drift(mut drift) = comparison else {
            if write {
                let dropped = snapshots.drop_pending(&case, &recording.about);
                dropped.expect("files can be removed");
            }
            return None;
        };
        if write {
            let left = snapshots.leave_pending(&case, &recording.about, &[], &body);
            drift.pending = left.expect("files can be written");
        }
        Some(drift)
    }

    fn orphans(&self, ids: &[&str]) -> Vec<String> {
        let ids: BTreeSet<&str> = ids.iter().copied().collect();
        let orphans = self.snapshots().orphans(&ids).expect("files can be read");
        orphans.iter().map(|path| path.display().to_string()).collect()
    }
}

fn named(name: &str) -> Target {
    Target { name: name.to_owned(), ..Target::unknown("") }
}

fn case(more: &str) -> Case {
    let text = format!(
        "+++\ntitle = \"t\"\nspec = [\"RFC 6455 §1\", \"vendor\"]\nlevel = \"must\"\nroles = [\"server\"]\n{more}+++\nagent == connect\n"
    );
    let path = PathBuf::from("cases/a/b.case");
    case::parse_case("a/b", Arc::new(Source { path, text })).expect("a case")
}

fn recording(target: &str, said: &[&str]) -> Recording {
    let mut recording = Recording::default();
    recording.about.target = target.to_owned();
    recording.about.verdict = "pass".to_owned();
    recording.about.close = "clean".to_owned();
    recording.events = said
        .iter()
        .map(|text| Event {
            conn: "agent".to_owned(),
            who: Side::Server,
            step: 0,
            micros: 0,
            octets: 0,
            claimed: true,
            timer: false,
            said: EventKind::Text { text: (*text).to_owned(), fragments: 1, login: None },
        })
        .collect();
    recording
}

#[test]
fn a_target_whose_file_is_elsewhere_is_reviewed_beside_those_that_it_is_like() {
    let suite = Suite::new();
    suite.write("a/b.snap", "agent <- <mock/>");
    suite.write("a/b@other.snap", "agent <- <other/>");
    let like = ["other".to_owned(), BASELINE.to_owned()];
    let (case, recording) = (case(""), recording("lab", &["<new/>"]));
    let snapshots = suite.snapshots();
    assert_eq!(snapshots.accepted("a/b", "lab").unwrap().unwrap(), "agent <- <mock/>");
    let body = transcript::body(&recording);
    snapshots.leave_pending(&case, &recording.about, &like, &body).unwrap();
    assert_eq!(snapshots.accepted("a/b", "lab").unwrap().unwrap(), "agent <- <other/>");
    assert_eq!(snapshots.models("lab"), like);
    // It says so still when it is accepted.
    std::fs::rename(suite.path("a/b@lab.snap.new"), suite.path("a/b@lab.snap")).unwrap();
    assert_eq!(snapshots.models("lab"), like);
}

#[test]
fn without_a_snapshot_it_is_new() {
    let suite = Suite::new();
    let drift = suite.compare(BASELINE, &["<a/>"], true).unwrap();
    assert!(drift.new && drift.accepted.is_empty());
    assert_eq!(drift.got, "agent <- <a/>");
    assert_eq!(drift.pending.as_deref(), Some("snapshots/a/b.snap.new"));
    assert_eq!(
        std::fs::read_to_string(suite.path("a/b.snap.new")).unwrap(),
        "---\nsource: cases/a/b.case\ndescription: \"RFC 6455 §1, vendor\"\ninfo:\n  target: mock\n  \
         verdict: pass\n  close: clean\n  normaliser: 2\n---\nagent <- <a/>\n"
    );
    assert_eq!(suite.snapshots().pending(), [suite.path("a/b.snap.new")]);
}

#[test]
fn a_changed_transcript_is_drift() {
    let suite = Suite::new();
    suite.write("a/b.snap", "agent <- <a/>");
    let drift = suite.compare(BASELINE, &["<b/>"], true).unwrap();
    assert!(!drift.new);
    assert_eq!((drift.accepted.as_str(), drift.got.as_str()), ("agent <- <a/>", "agent <- <b/>"));
}

#[test]
fn the_same_removes_what_was_pending() {
    let suite = Suite::new();
    suite.write("a/b.snap", "agent <- <a/>\n# by timer: ping");
    suite.write("a/b.snap.new", "agent <- <old/>");
    assert!(suite.compare(BASELINE, &["<a/>"], false).is_none());
    assert!(suite.path("a/b.snap.new").exists(), "nothing is touched unless it is asked for");
    assert!(suite.compare(BASELINE, &["<a/>"], true).is_none());
    assert!(!suite.path("a/b.snap.new").exists());
}

#[test]
fn nothing_is_written_unless_it_is_asked_for() {
    let suite = Suite::new();
    let drift = suite.compare(BASELINE, &["<a/>"], false).unwrap();
    assert_eq!(drift.pending, None);
    assert!(suite.snapshots().pending().is_empty());
}

#[test]
fn a_target_without_a_snapshot_of_its_own_is_held_to_the_baseline() {
    let suite = Suite::new();
    suite.write("a/b.snap", "agent <- <a/>");
    assert!(suite.compare("lab", &["<a/>"], true).is_none());
    let drift = suite.compare("lab", &["<b/>"], true).unwrap();
    assert_eq!(drift.accepted, "agent <- <a/>");
    assert_eq!(drift.pending.as_deref(), Some("snapshots/a/b@lab.snap.new"));
    suite.write("a/b@lab.snap", "agent <- <b/>");
    assert!(suite.compare("lab", &["<b/>"], true).is_none());
    assert!(suite.compare("lab", &["<a/>"], false).is_some(), "its own counts, not the baseline");
    assert!(suite.compare(BASELINE, &["<b/>"], false).is_some());
    let accepted = |id, target| suite.snapshots().accepted(id, target).unwrap();
    assert_eq!(accepted("a/b", "lab").as_deref(), Some("agent <- <b/>"));
    assert_eq!(accepted("a/b", "other").as_deref(), Some("agent <- <a/>"));
    assert_eq!(accepted("a/c", "lab"), None);
}

#[test]
fn what_lies_in_a_home_comes_before_what_is_built_in_and_the_targets_own_before_the_baseline() {
    const BUILT_IN: BuiltIn = Some(|| {
        &[
            ("clients/client.toml", ""),
            ("snapshots/a/b.snap", "---\nsource: x\n---\nfake"),
            ("snapshots/a/b@client.snap", "---\nsource: x\n---\nreference"),
            ("snapshots/a/b@lab.snap", "---\nsource: x\n---\nbuilt in"),
        ]
    });
    let suite = Suite::new();
    let clients = suite.root.path().join("clients");
    std::fs::create_dir(&clients).unwrap();
    std::fs::write(clients.join("mine.toml"), "").unwrap();
    let home = Folder::new(suite.root.path(), "conformance");
    let snapshots = Snapshots::new(&Layers::home(home, BUILT_IN), BASELINES);
    let accepted = |target| snapshots.accepted("a/b", target).unwrap().unwrap_or_default();
    let example = |target| snapshots.example("a/b", target).unwrap();
    assert_eq!(accepted("mine"), "", "a client is held to its own alone");
    assert_eq!(example("mine").as_deref(), Some("reference"));
    assert_eq!(accepted("other"), "fake");
    assert_eq!(example("other"), None, "a server has a baseline");
    assert_eq!(accepted("client"), "reference");
    assert_eq!(accepted("lab"), "built in");
    suite.write("a/b@client.snap", "another reference");
    suite.write("a/b@lab.snap", "own");
    assert_eq!(example("mine").as_deref(), Some("another reference"));
    assert_eq!(accepted("lab"), "own");
    suite.write("a/b@mine.snap", "mine");
    assert_eq!(accepted("mine"), "mine");

    // A file that changes nothing is one too many. A client's own always counts.
    suite.write("a/b.snap", "fake");
    suite.write("a/b@client.snap", "reference");
    suite.write("a/b@mine.snap", "reference");
    let orphans = snapshots.orphans(&BTreeSet::from(["a/b"])).unwrap();
    let shown = ["conformance/snapshots/a/b.snap", "conformance/snapshots/a/b@client.snap"];
    assert_eq!(orphans, shown.map(PathBuf::from));
}

#[test]
fn a_client_without_any_accepted_transcript_is_new_and_with_one_the_next_is_drift() {
    let suite = Suite::new();
    let clients = suite.root.path().join("xtask/clients");
    std::fs::create_dir_all(&clients).unwrap();
    for name in ["mine.toml", "client.toml"] {
        std::fs::write(clients.join(name), "").unwrap();
    }
    suite.write("a/b.snap", "agent <- <a/>");
    suite.write("a/b@client.snap", "agent <- <a/>");
    let compare = || suite.snapshots().compare(&case(""), &named("mine"), "agent <- <b/>").unwrap();
    assert_eq!(compare(), Comparison::New);
    suite.write("a/other@mine.snap", "anything");
    assert!(matches!(compare(), Comparison::Drift(Drift { new: true, .. })));
    suite.write("a/b@mine.snap", "agent <- <b/>");
    assert_eq!(compare(), Comparison::Same);
}

#[test]
fn a_target_like_another_is_held_to_its_own_then_to_that_then_to_the_baseline() {
    let suite = Suite::new();
    suite.write("a/b.snap", "agent <- <a/>");
    suite.write("a/b@fake.snap", "agent <- <fake/>");
    let targets = suite.root.path().join("xtask/targets");
    std::fs::create_dir_all(&targets).unwrap();
    std::fs::write(targets.join("fake.toml"), "profile = \"strict\"").unwrap();
    std::fs::write(targets.join("lab.toml"), "url = \"ws://h/\"\nlike = \"fake\"").unwrap();
    let snapshots = suite.snapshots();
    let accepted = |id| snapshots.accepted(id, "lab").unwrap().unwrap_or_default();
    assert_eq!(accepted("a/b"), "agent <- <fake/>");
    suite.write("a/c.snap", "only the baseline");
    assert_eq!(accepted("a/c"), "only the baseline");
    // A snapshot that says what the model's says is one too many.
    suite.write("a/b@lab.snap", "agent <- <fake/>");
    assert_eq!(suite.orphans(&["a/b", "a/c"]), ["snapshots/a/b@lab.snap"]);
    suite.write("a/b@lab.snap", "agent <- <own/>");
    assert_eq!(accepted("a/b"), "agent <- <own/>");
    assert!(suite.orphans(&["a/b", "a/c"]).is_empty());
    // A file that lies elsewhere is not found by the name of its target.
    let elsewhere = Target { like: vec!["fake".to_owned()], ..named("elsewhere") };
    let same = |body| snapshots.compare(&case(""), &elsewhere, body).unwrap() == Comparison::Same;
    assert!(same("agent <- <fake/>") && !same("agent <- <a/>"));
}

#[test]
fn tls_and_ends_that_vary_are_no_drift() {
    let suite = Suite::new();
    let end = "agent -> <close xmlns=\"f\"/>\nagent <- <close xmlns=\"f\"/>\nagent <- [eof]";
    suite.write("a/b.snap", &format!("agent == connect tls\nagent <- <a/>\n{end}"));
    let compare = |target: &Target, body: &str| {
        let found = suite.snapshots().compare(&case(""), target, body);
        match found.expect("files can be read") {
            Comparison::Drift(drift) => Some(drift),
            _ => None,
        }
    };
    let said = "agent == connect\nagent <- <a/>";
    assert!(compare(&named("lab"), &format!("{said}\n{end}")).is_none());
    assert!(compare(&named("lab"), said).is_some());
    let mut varies = named("lab");
    varies.volatile.insert("epilogue".to_owned(), "a race".to_owned());
    assert!(compare(&varies, said).is_none());
    let drift = compare(&varies, "agent == connect\nagent <- <b/>").unwrap();
    assert_eq!(drift.accepted, "agent == connect tls\nagent <- <a/>");
}

#[test]
fn volatile_lines_do_not_count() {
    let suite = Suite::new();
    suite.write("a/b.snap", "agent <- <a/>\nagent <- <date at=\"1\"/>");
    let volatile = case("volatile = [\"agent <- <date\"]\n");
    let body = transcript::body(&recording(BASELINE, &["<a/>", "<date at='2'/>"]));
    let comparison = suite.snapshots().compare(&volatile, &named(BASELINE), &body).unwrap();
    assert_eq!(comparison, Comparison::Same);
    assert!(suite.compare(BASELINE, &["<a/>", "<date at='2'/>"], false).is_some());
}

#[test]
fn a_broken_file_is_named() {
    let suite = Suite::new();
    suite.write("a/b.snap", "");
    std::fs::write(suite.path("a/b.snap"), "no head").unwrap();
    let error = suite.snapshots().compare(&case(""), &named(BASELINE), "").unwrap_err();
    assert!(error.to_string().contains("a/b.snap: no head between two `---` lines"), "{error}");
}

#[test]
fn orphans_are_files_of_no_case_and_those_that_say_the_same_as_the_baseline() {
    let suite = Suite::new();
    suite.write("a/b.snap", "one");
    suite.write("a/b@lab.snap", "one");
    suite.write("a/b@other.snap", "two");
    suite.write("a/c@lab.snap", "only there");
    suite.write("a/gone.snap", "x");
    suite.write("a/gone@lab.snap", "x");
    suite.write("a/b.snap.new", "pending is no orphan");
    suite.write("a/notes.txt", "nor is this");
    assert_eq!(
        suite.orphans(&["a/b", "a/c"]),
        ["snapshots/a/b@lab.snap", "snapshots/a/gone.snap", "snapshots/a/gone@lab.snap"]
    );
    assert!(Suite::new().orphans(&[]).is_empty(), "a suite without snapshots");
}
