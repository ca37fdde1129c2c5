//! Each report as a golden, over a run in which everything occurs.

mod memory;
mod sample;

use std::collections::BTreeSet;

use memory::{Memory, PLAIN, play, report, tell};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};
use report::{Column, Comparison, Format, Options, Progress, write_comparison};
use verdict::{
    BaselineDeviation, CaseResult, CloseAxis, Exit, Fact, Reporter, Run, Selection, Strictness,
    Verdict,
};

const VERBOSE: Options = Options { verbose: true, ..PLAIN };

fn text(run: &Run) -> String {
    report(Format::Text, PLAIN, run)
}

#[test]
fn the_sample_covers_every_verdict() {
    let run = sample::run();
    for verdict in Verdict::ALL {
        assert!(run.count(verdict) > 0, "no case is {verdict}");
    }
}

#[test]
fn text_of_a_red_run() {
    insta::assert_snapshot!("text", text(&sample::run()));
}

#[test]
fn the_newest_results_of_several_runs_took_no_time_together() {
    let mut run = sample::run();
    (run.ending.exit, run.ending.millis) = (None, 0);
    for format in [Format::Text, Format::Markdown] {
        let memory = Memory::default();
        tell(vec![format.reporter(Box::new(memory.clone()), PLAIN)], &run);
        let shown = memory.text();
        assert!(shown.contains("the newest result of each case"), "{shown}");
        assert!(!shown.contains(" 0.0 s"), "{shown}");
    }
}

#[test]
fn text_verbose_and_strict() {
    let mut run = sample::run();
    run.ending.strictness = Strictness { strict: true, require_all: true };
    insta::assert_snapshot!("text-verbose", report(Format::Text, VERBOSE, &run));
}

#[test]
fn text_of_a_green_run() {
    let mut run = sample::run();
    run.cases = vec![sample::pass("sasl/plain-ok"), sample::pass("upgrade/minimal")];
    (run.ending.orphans, run.ending.stale) = (Vec::new(), Vec::new());
    insta::assert_snapshot!("text-green", text(&run));
}

#[test]
fn text_of_runs_without_a_result() {
    let mut run = sample::run();
    (run.ending.orphans, run.ending.stale) = (Vec::new(), Vec::new());
    run.cases.retain(|case| case.verdict == Verdict::Unsupported);
    assert_eq!(run.exit(), Exit::Nothing);
    let unsupported = text(&run);
    run.cases.clear();
    let nothing = text(&run);
    run.ending.interrupted = true;
    insta::assert_snapshot!("text-nothing", format!("{unsupported}\n{nothing}\n{}", text(&run)));
}

#[test]
fn red_cases_that_fail_in_the_same_words_are_named_together() {
    let mut run = sample::run();
    let red = run.cases.iter().find(|case| case.verdict == Verdict::Fail).cloned();
    let red = red.expect("a red case");
    let with = |n: usize, message: &str, line: &str| {
        let failure = red.failure.clone().expect("it shows where");
        CaseResult {
            id: format!("notify/alike-{n}"),
            failure: Some(verdict::Failure { message: message.to_owned(), ..failure }),
            output: vec!["starting".to_owned(), format!("{line}\n")],
            ..red.clone()
        }
    };
    let ended = "no such report came: the client has ended (exit status 1)";
    let trace = "TypeError: 'NoneType' object is not subscriptable";
    run.cases = (1..=3).map(|n| with(n, ended, trace)).collect();
    run.cases.push(with(4, ended, "KeyError: 'node'"));
    run.cases.extend((5..=13).map(|n| with(n, "nothing came within 5s", "ready")));
    let text = text(&run);
    let (_, alike) = text.split_once("alike: ").expect("a group");
    insta::assert_snapshot!("alike", format!("alike: {alike}"));
}

#[test]
fn cases_over_bosh_that_were_not_played_have_a_reason() {
    let mut run = sample::run();
    run.head.selection.left_out = vec!["bind/a+bosh".to_owned(), "bind/b".to_owned()];
    let text = report(Format::Summary, PLAIN, &run);
    let bosh = "- 1 case: they are played over BOSH, where the target's file has a `bosh.path`";
    assert!(text.contains(bosh), "{text}");
    assert!(text.contains("- 1 case: they were in none of these runs (bind 1)"), "{text}");
}

#[test]
fn long_lists_are_cut_unless_all_is_wanted() {
    let mut run = sample::run();
    let drift = run
        .cases
        .iter()
        .find(|case| case.id == "notify/state")
        .expect("it is in the sample")
        .clone();
    run.cases = (1..=41)
        .map(|n| CaseResult { id: format!("notify/state-{n:02}"), ..drift.clone() })
        .collect();
    let short = text(&run);
    assert!(
        short.contains("  the same change (one line changed) in 41 cases\n      notify/state-01\n"),
        "{short}"
    );
    assert!(short.contains("      notify/state-07\n      and 34 more\n"), "{short}");
    assert_eq!(short.matches("+++ this run").count(), 1, "one change is shown once");
    let long = report(Format::Text, VERBOSE, &run);
    assert!(long.contains("      notify/state-41\n"), "{long}");
}

#[test]
fn a_failure_that_blocks_others_comes_first() {
    let mut run = sample::run();
    let failed =
        run.cases.iter().find(|case| case.verdict == Verdict::Fail).expect("in the sample");
    let blocked =
        run.cases.iter().find(|case| case.verdict == Verdict::Blocked).expect("in the sample");
    let (fail, blocked) = (failed.clone(), blocked.clone());
    let fail = |id: &str| CaseResult { id: id.to_owned(), ..fail.clone() };
    let blocked = |id: &str| CaseResult {
        id: id.to_owned(),
        owner: Some("presence/cause".to_owned()),
        ..blocked.clone()
    };
    for more in [0, 40] {
        run.cases = vec![fail("bind/effect"), fail("presence/cause")];
        run.cases.extend((0..2 + more).map(|n| blocked(&format!("rest/after-{n:02}"))));
        let text = text(&run);
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(place("FAIL  presence/cause") < place("FAIL  bind/effect"), "{text}");
        assert!(text.contains(&format!("blocks     {} cases, mend this one first", 2 + more)));
        if more > 0 {
            assert!(place("  presence/cause") < place("  bind/effect"), "{text}");
        }
    }
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let run = sample::run();
    let coloured = report(Format::Text, Options { colour: true, ..VERBOSE }, &run);
    assert_ne!(coloured, uncoloured(&coloured));
    assert_eq!(uncoloured(&coloured), report(Format::Text, VERBOSE, &run));
}

#[test]
fn nothing_received_reaches_the_terminal_unescaped() {
    let shown = text(&sample::run());
    let steers = |c: &char| (c.is_control() && *c != '\n') || matches!(c, '\u{200b}' | '\u{202e}');
    assert_eq!(shown.chars().find(steers), None);
}

#[test]
fn json_lines() {
    let lines = report(Format::Json, PLAIN, &sample::run());
    for line in lines.lines() {
        let object: serde_json::Value =
            serde_json::from_str(line).expect("each line is one object");
        assert!(object["event"].is_string(), "{line}");
    }
    insta::assert_snapshot!("json", lines);
}

#[test]
fn an_annotation_names_no_file_that_is_built_in() {
    let mut run = sample::run();
    for case in &mut run.cases {
        let failed = case.failure.as_mut().map(|failure| &mut failure.file);
        for file in failed.into_iter().chain([&mut case.source]) {
            file.insert_str(0, verdict::BUILT_IN);
        }
    }
    let annotations = report(Format::Github, PLAIN, &run);
    assert!(!annotations.contains("file="), "{annotations}");
    for case in ["upgrade/minimal", "_fragments/authenticated", "notify/dialog"] {
        let shows = format!("%0A`{} show {case} --case`", textual::program());
        assert!(annotations.contains(&shows), "{shows}: {annotations}");
    }
}

#[test]
fn junit_document() {
    insta::assert_snapshot!("junit", report(Format::Junit, PLAIN, &sample::run()));
}

#[test]
fn junit_is_well_formed_and_its_counts_are_right() {
    let document = report(Format::Junit, PLAIN, &sample::run());
    let counts = count_elements(&document);
    let root = &counts.root;
    assert_eq!(root, &[counts.of("testcase"), counts.of("failure"), counts.of("error")]);
    assert!(document.contains("no node.whitelist\u{fffd}"), "what XML cannot carry is replaced");
}

#[test]
fn junit_is_red_exactly_where_the_exit_code_is() {
    for verdict in Verdict::ALL {
        for close in [CloseAxis::Clean, CloseAxis::Unclean] {
            for strictness in
                [Strictness::default(), Strictness { strict: true, require_all: true }]
            {
                let mut run = sample::run();
                run.cases = vec![sample::pass("a/green"), sample::pass("b/other")];
                run.cases[1].verdict = verdict;
                run.cases[1].close = close;
                (run.ending.orphans, run.ending.stale) = (Vec::new(), Vec::new());
                run.ending.strictness = strictness;
                let counts = count_elements(&report(Format::Junit, PLAIN, &run));
                let is_red = counts.of("failure") + counts.of("error") > 0;
                assert_eq!(is_red, run.exit() != Exit::Green, "{verdict} {close} {strictness:?}");
            }
        }
    }
}

/// Two cases whose transcripts changed: one of them came to less than a pass.
fn softly_drifting() -> Run {
    let mut run = sample::run();
    run.cases.retain(|case| case.id == "notify/state" || case.id == "notify/team");
    (run.ending.orphans, run.ending.stale) = (Vec::new(), Vec::new());
    let first = &mut run.cases[0];
    first.note = Some("one try only".to_owned());
    first.verdict = Verdict::NonStrict;
    run
}

#[test]
fn a_drift_hides_no_worse_verdict() {
    let mut run = softly_drifting();
    for format in Format::ALL {
        let shown = report(format, PLAIN, &run);
        let says = |word: &str| shown.contains(word);
        assert!(says("non-strict") && says("one try only"), "{}: {shown}", format.name());
    }
    assert_eq!(run.exit(), Exit::Drift);
    run.ending.strictness.strict = true;
    assert_eq!(run.exit(), Exit::Fail, "as red as without the drift");
    let shown = report(Format::Github, PLAIN, &run);
    assert!(shown.contains("::error ") && shown.contains("::error file=cases/notify/state.case"));
    // A failure is compared with no transcript, so it cannot drift at all.
    assert!(!Verdict::Fail.has_snapshot() && !Verdict::Error.has_snapshot());
}

#[test]
fn annotations_for_github() {
    insta::assert_snapshot!("github", report(Format::Github, PLAIN, &sample::run()));
}

#[test]
fn only_so_many_annotations_as_github_shows() {
    let mut run = sample::run();
    let failed = run.cases.iter().find(|case| case.verdict == Verdict::Fail).cloned();
    let failed = failed.expect("it is in the sample");
    run.cases =
        (1..=30).map(|n| CaseResult { id: format!("a/b-{n:02}"), ..failed.clone() }).collect();
    let lines = report(Format::Github, PLAIN, &run);
    assert_eq!(lines.matches("::error ").count(), 10, "{lines}");
    // Two of them are findings beyond the cases.
    assert!(lines.contains("::notice title=conformance::22 more errors of"), "{lines}");
}

#[test]
fn markdown_for_a_summary_page() {
    let markdown = report(Format::Markdown, PLAIN, &sample::run());
    insta::assert_snapshot!("markdown", markdown);
}

/// A server that differs from a UCCX in each way that there is.
fn deployment() -> Run {
    let mut run = sample::run();
    run.head.about = vec![
        fact("address", "wss://uccx.example.com:8445/ws/"),
        fact("engine", "Openfire 4.4.4"),
        fact("XMPP domain", "finesse.example.com"),
    ];
    run.head.whole = false;
    run.head.selection.words = vec!["bind".to_owned(), "pubsub/*".to_owned()];
    run.head.selection.left_out = ["tls/a", "tls/b", "limits/c"].map(str::to_owned).to_vec();
    let usual = |is_met| {
        Some(BaselineDeviation { reason: "ignores what it cannot read".to_owned(), is_met })
    };
    for case in &mut run.cases {
        match case.id.as_str() {
            "stream/not-well-formed" => case.usual = usual(true),
            "upgrade/tokens-any-case" => case.usual = usual(false),
            _ => {}
        }
    }
    run
}

fn fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: value.to_owned() }
}

#[test]
fn a_server_in_plain_words() {
    insta::assert_snapshot!("summary", report(Format::Summary, PLAIN, &deployment()));
}

#[test]
fn a_client_in_plain_words() {
    let mut run = deployment();
    run.head.target = "mine".to_owned();
    run.head.is_client = true;
    run.head.about = vec![fact("started", "for each case")];
    run.head.selection = Selection::default();
    run.cases.retain(|case| case.area() == "pubsub" || case.area() == "upgrade");
    insta::assert_snapshot!("summary-client", report(Format::Summary, PLAIN, &run));
}

#[test]
fn a_run_with_nothing_wrong_in_plain_words() {
    let mut run = sample::run();
    run.cases = vec![sample::pass("sasl/plain-ok"), sample::pass("upgrade/minimal")];
    run.head.warnings.clear();
    (run.ending.orphans, run.ending.stale) = (Vec::new(), Vec::new());
    insta::assert_snapshot!("summary-green", report(Format::Summary, PLAIN, &run));
}

#[test]
fn two_runs_compared() {
    let [before, after] = sample::pair();
    insta::assert_snapshot!("compare", compared(before.clone(), after.clone(), false));
    insta::assert_snapshot!("compare-verbose", compared(before.clone(), after, true));
    let same = compared(before.clone(), before, false);
    assert!(same.ends_with("\n7 cases: 7 same\n"), "{same}");
}

#[test]
fn a_part_says_nothing_of_the_rest() {
    let [before, mut after] = sample::pair();
    after.head.whole = false;
    after.cases.retain(|case| case.area() == "sasl");
    let text = compared(before, after, false);
    assert!(text.contains(", a part of the suite"), "{text}");
    assert!(text.ends_with("\n7 cases: 1 regressed, 5 not played, 1 same\n"), "{text}");
}

#[test]
fn a_json_report_is_read_as_it_was_written() {
    let run = sample::run();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.jsonl");
    std::fs::write(&path, report(Format::Json, PLAIN, &sample::run())).expect("a file");
    let read = report::read(&path).expect("it is a report");
    assert_eq!(read, run);
    let mut again = Vec::new();
    report::write(&mut again, &read).expect("memory takes everything");
    assert_eq!(again, std::fs::read(&path).expect("it is there"));

    let text = std::fs::read_to_string(&path).expect("it is there");
    std::fs::write(&path, format!("\u{feff}{text}")).expect("a file");
    assert_eq!(report::read(&path).expect("a byte order mark is passed over"), run);

    // A run that was killed, another release, and something else altogether.
    let cut: Vec<&str> = text.lines().take(3).collect();
    std::fs::write(&path, cut.join("\n")).expect("a file");
    let read = report::read(&path).expect("it is a part of a report");
    assert!(read.ending.interrupted && !read.is_whole() && read.cases.len() == 2);
    for (text, says) in [
        (
            text.replacen("\"version\":2", "\"version\":1", 1),
            "the report has version 1, but this tool reads version 2",
        ),
        ("{}\n".to_owned(), "not a JSON report: the first line is not"),
        (String::new(), "not a JSON report: the first line is not"),
        (
            text.lines().next().expect("a line").to_owned() + "\nnonsense",
            "run.jsonl:2: not a line of a JSON report",
        ),
    ] {
        std::fs::write(&path, text).expect("a file");
        let error = report::read(&path).expect_err("it is none").to_string();
        assert!(error.contains(says), "{error}");
    }
}

fn compared(before: Run, after: Run, verbose: bool) -> String {
    let [before, after] = [("mock", before), ("mock@extra-element", after)]
        .map(|(name, run)| Column { name: name.to_owned(), run });
    let comparison = Comparison::new(&before.run, &after.run, Strictness::default());
    let mut out = Vec::new();
    let options = Options { verbose, ..PLAIN };
    write_comparison(&mut out, &before, &after, &comparison, options)
        .expect("memory takes everything");
    String::from_utf8(out).expect("reports are text")
}

#[test]
fn progress_is_one_line_that_goes_away() {
    let mut run = sample::run();
    run.cases.truncate(2);
    run.cases[1].id = format!("bind/{}", "x".repeat(200));
    let (line, json) = (Memory::default(), Memory::default());
    let reports: Vec<Box<dyn Reporter>> = vec![
        Box::new(Progress::new(Box::new(line.clone()))),
        Format::Json.reporter(Box::new(json.clone()), PLAIN),
    ];
    play(reports, &run);
    let shown = line.text().replace("\r\u{1b}[2K", "\n");
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines[..2], ["", "[1/2] bind/client-resource"]);
    assert_eq!(lines[2].chars().count(), 79, "{}", lines[2]);
    assert_eq!(shown.lines().count(), 3, "the last thing written clears the line");
    assert_eq!(json.text().lines().count(), 4);
}

/// Elements of a JUnit document, and what its root says of them.
struct Elements {
    names: Vec<String>,
    root: [usize; 3],
}

impl Elements {
    fn of(&self, name: &str) -> usize {
        self.names.iter().filter(|known| *known == name).count()
    }
}

fn count_elements(document: &str) -> Elements {
    let number = |element: &BytesStart<'_>, name: &str| {
        let attribute = element
            .try_get_attribute(name)
            .expect("attributes are well-formed")
            .expect("it is there");
        attribute.value.parse().expect("it is a number")
    };
    let mut reader = Reader::from_str(document);
    let (mut names, mut root) = (Vec::new(), None);
    let mut open = Vec::new();
    let mut ids = BTreeSet::new();
    loop {
        match reader.read_event().expect("the document is well-formed") {
            Xml::Start(element) => {
                if element.name().as_ref() == "testsuites" {
                    root = Some(["tests", "failures", "errors"].map(|name| number(&element, name)));
                }
                if element.name().as_ref() == "testcase" {
                    let name = element
                        .try_get_attribute("name")
                        .expect("well-formed")
                        .expect("it is there");
                    assert!(ids.insert(name.value.into_owned()), "a name twice");
                }
                open.push(element.name().as_ref().to_owned());
                names.push(element.name().as_ref().to_owned());
            }
            Xml::Empty(element) => names.push(element.name().as_ref().to_owned()),
            Xml::End(element) => assert_eq!(open.pop().as_deref(), Some(element.name().as_ref())),
            Xml::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    Elements { names, root: root.expect("there is a root") }
}

/// `text` without its escapes for colours (ECMA-48 SGR).
fn uncoloured(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').expect("an escape ends").1)
}
