//! The report for build servers: JUnit XML, a suite for each area.
//!
//! Two schemas agree on it: `junit-10.xsd` of the xUnit plugin of Jenkins, and for each suite
//! `surefire-test-report.xsd` of Maven. Both know properties of suites alone, so the facts of a
//! case are lines of its output.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event as Xml};
use textual::invisible;
use verdict::{CaseResult, Finding, Reporter, Run, Strictness, Verdict};

use crate::diff;
use crate::failure;
use crate::paint::Paint;
use crate::tree;
use crate::worst::Blocks;

/// Writes the document when the run ends.
pub(crate) struct Junit {
    out: Box<dyn Write + Send>,
}

impl Junit {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Reporter for Junit {
    fn ended(&mut self, run: &Run) -> io::Result<()> {
        let mut xml = Writer::new_with_indent(&mut self.out, b' ', 2);
        xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        document(&mut xml, run)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// The JUnit result of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Success,
    Failure,
    Error,
    Skipped,
}

/// The number of cases with each result.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    millis: u64,
}

impl Counts {
    fn add(mut self, case: &CaseResult, strictness: Strictness) -> Self {
        self.tests += 1;
        self.millis += case.millis;
        match status_of(case, strictness) {
            Status::Success => {}
            Status::Failure => self.failures += 1,
            Status::Error => self.errors += 1,
            Status::Skipped => self.skipped += 1,
        }
        self
    }

    /// The attributes of the document.
    fn of_all(&self, name: &str) -> [(&'static str, String); 5] {
        [
            ("name", name.to_owned()),
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("time", seconds(self.millis)),
        ]
    }

    /// The attributes of a suite.
    fn of_suite(&self, name: &str) -> [(&'static str, String); 6] {
        let [name, tests, failures, errors, time] = self.of_all(name);
        [name, tests, failures, errors, ("skipped", self.skipped.to_string()), time]
    }
}

/// Red cases are failures or errors, so that a build server agrees with the exit code.
fn status_of(case: &CaseResult, strictness: Strictness) -> Status {
    match case.verdict {
        Verdict::Error | Verdict::Blocked => Status::Error,
        _ if case.is_red(strictness) => Status::Failure,
        Verdict::Unsupported => Status::Skipped,
        _ => Status::Success,
    }
}

fn document<W: Write>(xml: &mut Writer<W>, run: &Run) -> io::Result<()> {
    let (findings, blocks) = (run.findings(), Blocks::of(run));
    let mut all = count(&run.cases, run.strictness());
    all.tests += findings.len();
    all.failures += findings.len();
    all.millis = run.ending.millis;
    element(xml, "testsuites", all.of_all("finesse-conformance"), |xml| {
        for (area, cases) in tree::areas(&run.cases) {
            suite(xml, area, cases, (run, &blocks))?;
        }
        if findings.is_empty() { Ok(()) } else { beyond(xml, &findings) }
    })
}

fn suite<W: Write>(
    xml: &mut Writer<W>,
    area: &str,
    cases: &[CaseResult],
    (run, blocks): (&Run, &Blocks<'_>),
) -> io::Result<()> {
    element(xml, "testsuite", count(cases, run.strictness()).of_suite(area), |xml| {
        properties(xml, [("target", invisible::escape(run.target()).into_owned())])?;
        cases.iter().try_for_each(|case| testcase(xml, area, case, (run, blocks)))
    })
}

fn testcase<W: Write>(
    xml: &mut Writer<W>,
    area: &str,
    case: &CaseResult,
    (run, blocks): (&Run, &Blocks<'_>),
) -> io::Result<()> {
    element(xml, "testcase", test(area, &case.id, case.millis), |xml| {
        match status_of(case, run.strictness()) {
            Status::Success => {}
            Status::Failure => mismatch(xml, "failure", case, (run, blocks))?,
            Status::Error => mismatch(xml, "error", case, (run, blocks))?,
            Status::Skipped => {
                empty(xml, "skipped", [("message", case.message(run.strictness()))])?
            }
        }
        element(xml, "system-out", [], |xml| text(xml, &system_out(case)))
    })
}

fn mismatch<W: Write>(
    xml: &mut Writer<W>,
    name: &str,
    case: &CaseResult,
    (run, blocks): (&Run, &Blocks<'_>),
) -> io::Result<()> {
    let mut detail = Vec::new();
    failure::write(&mut detail, case, (run, blocks), Paint::new(false))?;
    let attributes =
        [("type", case.verdict.to_string()), ("message", case.message(run.strictness()))];
    element(xml, name, attributes, |xml| text(xml, &String::from_utf8_lossy(&detail)))
}

/// A suite for findings that belong to no case.
fn beyond<W: Write>(xml: &mut Writer<W>, findings: &[Finding]) -> io::Result<()> {
    let counts = Counts { tests: findings.len(), failures: findings.len(), ..Counts::default() };
    element(xml, "testsuite", counts.of_suite("run"), |xml| {
        findings.iter().try_for_each(|finding| {
            let name = format!("{}: {}", finding.kind, finding.text);
            element(xml, "testcase", test("run", &name, 0), |xml| {
                empty(
                    xml,
                    "failure",
                    [("type", finding.kind.to_owned()), ("message", finding.text.clone())],
                )
            })
        })
    })
}

/// The attributes of a test case. The schemas know no `file`.
fn test(class: &str, name: &str, millis: u64) -> [(&'static str, String); 3] {
    [("classname", class.to_owned()), ("name", name.to_owned()), ("time", seconds(millis))]
}

fn system_out(case: &CaseResult) -> String {
    let mut output = format!(
        "case {}\nspec {}\nlevel {}\nverdict {}\nclose {}\n",
        case.source,
        case.spec.join(", "),
        case.level,
        case.verdict,
        case.close
    );
    if case.is_new {
        output.push_str("transcript new\n");
    }
    if let Some(drift) = case.drift.as_ref().filter(|drift| !drift.new) {
        output.push_str(&diff::unified(&drift.accepted, &drift.got, false));
    }
    if let Some(path) = &case.transcript {
        output.push_str(&format!("transcript {}\n", path));
    }
    output
}

fn count(cases: &[CaseResult], strictness: Strictness) -> Counts {
    cases.iter().fold(Counts::default(), |counts, case| counts.add(case, strictness))
}

fn properties<W: Write, const N: usize>(
    xml: &mut Writer<W>,
    properties: [(&str, String); N],
) -> io::Result<()> {
    element(xml, "properties", [], |xml| {
        properties.into_iter().try_for_each(|(name, value)| {
            empty(xml, "property", [("name", name.to_owned()), ("value", value)])
        })
    })
}

fn element<W: Write, const N: usize>(
    xml: &mut Writer<W>,
    name: &str,
    attributes: [(&str, String); N],
    content: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    let attributes = attributes.each_ref().map(|(name, value)| (*name, characters(value)));
    xml.create_element(name).with_attributes(attributes).write_inner_content(content)?;
    Ok(())
}

fn empty<W: Write, const N: usize>(
    xml: &mut Writer<W>,
    name: &str,
    attributes: [(&str, String); N],
) -> io::Result<()> {
    let attributes = attributes.each_ref().map(|(name, value)| (*name, characters(value)));
    xml.create_element(name).with_attributes(attributes).write_empty()?;
    Ok(())
}

fn text<W: Write>(xml: &mut Writer<W>, text: &str) -> io::Result<()> {
    xml.write_event(Xml::Text(BytesText::new(&characters(text))))
}

/// `text` with U+FFFD for each character that XML cannot carry (XML 1.0 §2.2).
fn characters(text: &str) -> Cow<'_, str> {
    let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(is_char) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_char(c) { c } else { '\u{fffd}' }).collect())
}

fn seconds(millis: u64) -> String {
    format!("{:.3}", millis as f64 / 1000.0)
}
