//! `probe --watch` and `listen`: commands that run until they are told to end.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use crate::fake::{Fake, interrupt};
use crate::http::ask;
use crate::suite::{Ran, Suite};

/// Starts a command that logs in as 1001.
fn start(suite: &Suite, args: &[&str]) -> Child {
    let mut command = suite.command(args);
    command.args(["--user", "1001"]).env("CONFORMANCE_PASSWORD", "secret");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Reads lines up to the first with this text, which is returned.
fn line_with(lines: &mut impl std::io::BufRead, text: &str) -> String {
    let mut all = String::new();
    for line in lines.lines() {
        let line = line.unwrap();
        if line.contains(text) {
            return line;
        }
        all.push_str(&line);
        all.push('\n');
    }
    panic!("no {text:?} in {all}");
}

#[test]
fn a_watch_says_what_changes_until_ctrl_c() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain", "--control"]);
    let url = fake.says("url");
    let mut watch = start(&suite, &["probe", "--url", url, "--watch=1s", "--for", "2m"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap());
    line_with(&mut lines, "  service        in service");
    line_with(&mut lines, "  subscribed to  /finesse/api/SystemInfo, ");
    let control = fake.says("control").strip_prefix("http://").unwrap();
    let (status, _) = ask(control, "PUT /systeminfo", "", "{\"status\":\"OUT_OF_SERVICE\"}");
    assert_eq!(status, 200);
    let changed = line_with(&mut lines, "  service: in service → ");
    assert!(changed.contains(url), "{changed}");
    assert!(changed.ends_with("broke at SystemInfo: UCCX, OUT_OF_SERVICE"), "{changed}");
    let disagrees = line_with(&mut lines, "  disagrees: ");
    assert!(disagrees.ends_with("– → service"), "{disagrees}");
    interrupt(&watch);
    let mut said = String::new();
    watch.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(watch.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains(" probes in ") && said.contains(" changes"), "{said}");
}

#[test]
fn listen_ends_at_ctrl_c_and_leaves_no_subscription() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let url = fake.says("url");
    let mut listen = start(&suite, &["listen", "--url", url]);
    let mut said = BufReader::new(listen.stderr.take().unwrap());
    line_with(&mut said, "listening to /finesse/api/User/1001/Dialogs");
    interrupt(&listen);
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(listen.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("0 events"), "{rest}");
    let probe = start(&suite, &["probe", "--url", url]);
    let probe = Ran::of(probe.wait_with_output().unwrap());
    assert!(probe.says(0).contains(", 3 subscriptions of this account"), "{}", probe.stdout);
}
