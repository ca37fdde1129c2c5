//! The HTML report: well-formed, self-contained, and safe whatever was said.

mod sample;

use std::collections::BTreeMap;

use report::{Column, write_html};
use verdict::{
    CaseResult, CloseAxis, LineKind, ListedDeviation, Run, Strictness, TranscriptLine, Verdict,
};

/// Texts by which a peer, a case file or a target file might attack.
const HOSTILE: &str = "</script><script>alert(1)</script><!--<script><img src=x onerror=\"alert(2)\">\" onclick='alert(3)' `{{style}}`]]></style></template>\u{202e}gnol\u{0}\u{1b}[2J\u{2028}&lt;|\r\n\ttail ";

/// Elements without an end tag (HTML §13.1.2).
const VOID: [&str; 8] = ["meta", "link", "input", "col", "br", "img", "hr", "wbr"];

#[test]
fn the_page_is_well_formed_and_loads_nothing() {
    let page = page(&[column("lab-uccx", sample::run())]);
    let found = check(&page);
    assert_eq!((found["html"], found["main"], found["h1"]), (1, 1, 1));
    assert_eq!(found.get("img"), None);
    let details = details(&page);
    assert_eq!(details.len(), sample::run().cases.len());
    for detail in &details {
        check(detail);
    }
}

#[test]
fn no_text_becomes_markup() {
    let run = hostile(sample::run());
    let page = page(&[column(HOSTILE, run.clone()), column("other", run)]);
    let found = check(&page);
    // One for each case, their lines, and the one that works the page.
    let details = details(&page);
    assert_eq!(found["script"], details.len() + 2);
    for element in ["img", "template"] {
        assert_eq!(found.get(element), None, "<{element}>");
    }
    for detail in &details {
        let found = check(detail);
        assert_eq!((found.get("script"), found.get("img")), (None, None));
        assert!(detail.contains("&lt;/script&gt;"), "it is shown all the same");
    }
    let unseen = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2028}');
    for text in details.iter().chain([&page]) {
        let at = text.find(unseen).map(|at| text[..at].chars().rev().take(80).collect::<String>());
        assert_eq!(at, None, "characters that steer are escaped");
    }
}

#[test]
fn only_the_script_of_the_page_may_run() {
    let page = page(&[column("lab-uccx", sample::run())]);
    let script = page.rsplit_once("<script>").expect("it is there").1;
    let script = script.split_once("</script>").expect("it ends").0;
    let digest = ring::digest::digest(&ring::digest::SHA256, script.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    assert!(page.contains(&format!("script-src 'sha256-{hash}'")));
    assert!(!script.contains("innerHTML =") || script.matches("innerHTML").count() == 1);
}

#[test]
fn the_page_without_its_style_and_script() {
    let page = page(&[column("lab-uccx", sample::run())]);
    insta::assert_snapshot!("html", bare(&page));
}

#[test]
fn the_details_of_a_case_that_failed() {
    let page = page(&[column("lab-uccx", sample::run())]);
    let of = |id: &str| detail(&page, id);
    insta::assert_snapshot!("html-fail", of("cases/pubsub/subscribe-jid-mismatch.case"));
    insta::assert_snapshot!("html-drift", of("cases/notify/state.case"));
    insta::assert_snapshot!("html-expected", of("cases/stream/not-well-formed.case"));
    insta::assert_snapshot!("html-ladder", of("cases/upgrade/minimal.case"));
}

#[test]
fn several_runs_are_columns() {
    let [before, after] = sample::pair();
    let page = page(&[column("mock", before), column("mock@extra-element", after)]);
    let found = check(&page);
    assert!(found["th"] > 5);
    insta::assert_snapshot!("html-matrix", bare(&page));
    insta::assert_snapshot!("html-between", detail(&page, "cases/bind/drifts.case"));
}

#[test]
fn the_page_begins_with_what_is_red() {
    let page = page(&[column("lab-uccx", sample::run())]);
    let red = page.find("<section class=\"red-cases\">").expect("something is red");
    let run = page.find("<article class=\"run-card").expect("a run");
    assert!(red < run, "before the card of the run");
    let (section, _) = page[red..].split_once("</section>").expect("it ends");
    for case in sample::run().cases.iter().filter(|case| case.is_red(Strictness::default())) {
        let link = format!("href=\"#case:{0}\">{0}</a>", case.id);
        assert!(section.contains(&link), "{}", case.id);
    }
    assert!(section.contains("<mark>&lt;bad-request</mark>"), "the line that failed");
    let mut green = sample::run();
    green.cases.retain(|case| !case.is_red(Strictness::default()));
    assert!(!self::page(&[column("lab-uccx", green)]).contains("class=\"red-cases\""));
}

#[test]
fn new_and_changed_transcripts_have_their_filter() {
    let mut run = sample::run();
    let chip =
        |word: &str, count| format!("name=\"transcript\" value=\"{word}\">{word} {count}</label>");
    let drifts = run.cases.iter().filter(|case| case.drifts()).count();
    let news = run.cases.iter().filter(|case| case.is_new).count();
    assert!(drifts > 0 && news > 0, "the sample has both");
    let shown = page(&[column("mine", run.clone())]);
    assert!(shown.contains(&chip("changed", drifts)) && shown.contains(&chip("new", news)));
    assert_eq!(shown.matches("data-transcripts=\"new\"").count(), news);
    run.cases.retain(|case| !case.drifts() && !case.is_new);
    assert!(!page(&[column("mine", run)]).contains("<legend>Transcript</legend>"));
}

#[test]
fn every_word_is_in_the_legend_and_every_time_is_readable() {
    let page = page(&[column("lab-uccx", sample::run())]);
    let legend = page.split_once("id=\"legend\"").expect("a legend").1;
    for verdict in Verdict::ALL {
        assert!(legend.contains(&format!("<span class=\"badge {verdict}\">{verdict}</span>")));
    }
    for axis in CloseAxis::ALL {
        assert!(legend.contains(&format!("<dt>ended {axis}</dt>")), "{axis}");
    }
    let time = "<time datetime=\"2026-11-30T00:53:20Z\">2026-11-30 00:53:20 UTC</time>";
    assert!(page.contains(time), "without the script it is in UTC");
}

#[test]
fn an_equal_conversation_is_in_the_page_once() {
    let run = || column("lab-uccx", sample::run());
    let one = page(&[run()]).len();
    let three = page(&[run(), column("again", sample::run()), column("once more", sample::run())]);
    assert!(three.len() < 2 * one, "{} of {one}", three.len());
    let detail = detail(&three, "cases/upgrade/minimal.case");
    assert_eq!(detail.matches("class=\"ladder\"").count(), 1);
    assert_eq!(detail.matches("The same conversation as in <b class=\"mono\">lab-uccx").count(), 2);
}

#[test]
fn a_conversation_of_many_cases_is_in_the_page_once() {
    let case = sample::run().cases.into_iter().find(|case| !case.said.is_empty());
    let case = case.expect("a case with a ladder");
    let of = |count: usize| {
        let cases = (0..count).map(|n| CaseResult { id: format!("many/{n}"), ..case.clone() });
        page(&[column("lab-uccx", Run { cases: cases.collect(), ..sample::run() })])
    };
    let (one, many) = (of(1), of(100));
    let messages = |page: &str| page.matches("from the server").count();
    assert!(messages(&one) > 0);
    assert_eq!(messages(&many), messages(&one));
    assert_eq!(details(&many).len(), 100);
}

#[test]
fn a_deep_stanza_is_no_page_of_indentation() {
    let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
    let mut run = sample::run();
    run.cases.retain(|case| !case.said.is_empty());
    run.cases.truncate(1);
    let of = |text: &str| {
        let mut run = run.clone();
        let said = run.cases[0].said.iter_mut().find(|said| said.kind == LineKind::Text);
        said.expect("a stanza").text = text.to_owned();
        page(&[column("lab-uccx", run)]).len()
    };
    assert!(of(&deep) < of("<a/>") + 50_000, "{}", of(&deep));
}

fn column(name: &str, run: Run) -> Column {
    Column { name: name.to_owned(), run }
}

fn page(columns: &[Column]) -> String {
    let mut out = Vec::new();
    write_html(&mut out, columns, Strictness::default()).expect("memory takes everything");
    String::from_utf8(out).expect("reports are text")
}

/// The HTML that is built when a case is opened, in the order of the cases.
fn details(page: &str) -> Vec<String> {
    let mut strings = page.split("<script type=\"application/json\"").skip(1).map(|part| {
        let json = part.split_once('>').expect("the tag ends").1;
        let json = json.split_once("</script>").expect("the script ends").0;
        serde_json::from_str::<String>(json).expect("it is a JSON string")
    });
    let lines = strings.next().expect("the lines come first");
    let lines: Vec<&str> = lines.split('\n').collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let range = |text: &str| match text.split_once('-') {
        Some((first, last)) => lines[number(first)..=number(last)].join("\n"),
        None => lines[number(text)].to_owned(),
    };
    strings.map(|detail| detail.split(' ').map(range).collect::<Vec<_>>().join("\n")).collect()
}

fn detail(page: &str, source: &str) -> String {
    let shows = |detail: &String| detail.contains(&format!("<code>{source}</code>"));
    details(page).into_iter().find(shows).expect("the case has details")
}

/// The page without what is the same in all.
fn bare(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").expect("a style");
    let (_, rest) = rest.split_once("</style>").expect("its end");
    let head = head.split_once("script-src").expect("a policy").0;
    let rest = rest.split_once("<script type=\"application/json\"").expect("details").0;
    format!("{head}…\n{rest}…")
}

/// Every text of the run, and an arrow of the ladder, says what is hostile.
fn hostile(mut run: Run) -> Run {
    let text = || HOSTILE.to_owned();
    run.head.target = text();
    run.head.warnings = vec![text()];
    run.ending.stale = vec![text()];
    for case in &mut run.cases {
        (case.title, case.why, case.note) = (text(), Some(text()), Some(text()));
        case.id = format!("{}{HOSTILE}", case.id);
        case.spec = vec![text(), format!("RFC {HOSTILE} §{HOSTILE}")];
        (case.source, case.began) = (text(), text());
        case.transcript = Some(text());
        case.owner = Some(text());
        case.deviation = Some(ListedDeviation {
            reason: text(),
            link: Some(format!("https://{HOSTILE}")),
            since: Some(text()),
            until: Some(text()),
            sometimes: false,
            like: Some(text()),
        });
        case.body = Some(text());
        if let Some(drift) = &mut case.drift {
            (drift.accepted, drift.got) = (text(), format!("x{HOSTILE}"));
            drift.pending = Some(text());
        }
        if let Some(failure) = &mut case.failure {
            (failure.file, failure.message) = (text(), text());
            failure.excerpt.lines = vec![text(); 4];
            if let Some(closest) = &mut failure.closest {
                (closest.kind, closest.text) = (text(), text());
                for row in &mut closest.rows {
                    (row.place, row.wanted, row.got, row.why) = (text(), text(), text(), text());
                }
            }
        }
        let said = sample::said();
        case.said = said
            .into_iter()
            .map(|said| TranscriptLine { conn: text(), text: text(), ..said })
            .collect();
    }
    run
}

/// Reads `html` by rules stricter than a browser's, and counts its elements: each tag is closed in
/// order, each attribute is quoted, no attribute runs anything, nothing is loaded.
#[track_caller]
fn check(html: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a bare > in {text:?}");
        let (tag, after) = tag.split_once('>').expect("each tag ends");
        rest = after;
        if tag.eq_ignore_ascii_case("!doctype html") {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "in order, near {text:?}");
            continue;
        }
        let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "<{tag}>");
        check_attributes(attributes);
        *counts.entry(name.to_owned()).or_default() += 1;
        if matches!(name, "script" | "style") {
            let end = format!("</{name}>");
            let (content, after) = rest.split_once(end.as_str()).expect("it ends");
            assert!(!content.contains("<!--"), "nothing begins a comment");
            rest = after;
        } else if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert_eq!(open, Vec::<String>::new(), "all are closed");
    counts
}

#[track_caller]
fn check_attributes(mut rest: &str) {
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "attribute {name:?}");
        assert!(!name.starts_with("on") && name != "src" && name != "srcdoc", "attribute {name}");
        let Some(after) = after.strip_prefix("=\"") else {
            rest = after;
            continue;
        };
        let (value, after) = after.split_once('"').expect("the value ends");
        if name == "href" {
            let is_harmless =
                ["#", "https://", "http://", "data:,"].iter().any(|start| value.starts_with(start));
            assert!(is_harmless, "href {value}");
        }
        assert!(after.is_empty() || after.starts_with(' '), "after a value: {after:?}");
        rest = after;
    }
}
