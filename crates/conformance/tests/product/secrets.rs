//! Passwords reach no output and no file, whatever a case does with them and however it ends.
#![cfg(unix)]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fake::Fake;
use crate::suite::{Ran, Suite, upgrade_case};

/// Says its password wherever a case can, and is answered; its end is not what it wants.
const TALKATIVE: &str = upgrade_case!(
    r#"title = "a password is said in every way there is"
spec  = ["robustness"]
level = "must"
roles = ["server"]
effects = "session"
"#,
    r#"         Authorization: Basic {base64("1001:", agent.password)}
         X-Probe: {agent.password}

agent <- HTTP/1.1 101

agent -> <open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{domain}" version="1.0"/>

agent <- <stream:features xmlns:stream="http://etherx.jabber.org/streams"/>

agent -> <auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain(agent.user, agent.password)}</auth>

agent <- <success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>

agent -> <open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{domain}" version="1.0"/>

agent <- <stream:features xmlns:stream="http://etherx.jabber.org/streams"/>

agent -> <iq xmlns="jabber:client" type="set" id="b">
           <bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/>
         </iq>

agent <- <iq xmlns="jabber:client" type="result" id="b"/>

agent -> <presence xmlns="jabber:client"/>

agent -> <message xmlns="jabber:client" to="{conn.agent.jid}" id="{agent.password}">
           <body>{agent.password}</body>
         </message>

agent <- <message xmlns="jabber:client" id="{agent.password}">
           <body>{agent.password}</body>
         </message>

agent -> <message xmlns="jabber:client" to="{conn.agent.jid}">
           <body>{base64("1", agent.password)} {base64("22", agent.password)} {base64(agent.password)}</body>
         </message>

agent <- <message xmlns="jabber:client"/>

agent -> [ping "{agent.password}"]

agent <- [pong "{agent.password}"]

agent -> [frame opcode=1 payload="<presence xmlns='jabber:client' id='{base64("x", agent.password)}'/>"]

agent -> [binary "{agent.password}"]

agent <- <iq xmlns="jabber:client" type="result" id="{agent.password}">
           <value>{base64("1", agent.password)}</value>
         </iq>

finally
  agent -> [close 1000 "{agent.password}"]
"#
);

/// The fake as a target of the runner: a server that may be asked everything, and is not waited for
/// long.
const LAB: &str = "url = \"wss://localhost:8445/ws/\"\nvendor = true\npatience = 0.1\npace = \"0s\"\neffects = [\"none\", \"session\", \"state\", \"locks-account\"]\nlogin_failures = 99\n[provides]\n\"node.team\" = \"\"\n\"team.id\" = \"1\"\n\"node.absent\" = \"/lab/absent\"\n";

#[test]
fn passwords_reach_no_output_and_no_file() {
    let (right, wrong) = (Password::new(), Password::new());
    let suite = Suite::of_the_project();
    suite.write("xtask/targets/lab.toml", LAB);
    suite.write("cases/sasl/talkative.case", TALKATIVE);
    let account = format!("1001:{}", right.text);
    // It is there when the fake is gone.
    let kept = suite.path("ca.pem").display().to_string();
    let fake = Fake::start(&suite, &["--user", &account, "--ca-file", &kept]);
    let [url, ca, domain] = ["url", "ca", "domain"].map(|name| fake.says(name).to_owned());
    let server = [
        "--url", &url, "--ca", &ca, "--domain", &domain, "--user", "1001", "--target", "lab",
        "--jobs", "16",
    ];
    let said = std::cell::RefCell::new(Vec::new());
    let play = |password: &Password, args: &[&str]| {
        let mut command = suite.command(&[&["conformance"], &server[..], args].concat());
        command.env("CONFORMANCE_PASSWORD", &password.text).env("RUST_BACKTRACE", "1");
        let ran = Ran::of(command.output().unwrap());
        said.borrow_mut().extend([ran.stdout.clone(), ran.stderr.clone()]);
        ran
    };
    let reports = [
        "--report",
        "json=../run.json",
        "--report",
        "junit=../run.xml",
        "--report",
        "text=../run.txt",
        "--report",
        "html=../run.html",
        "--report",
        "markdown=../run.md",
        "--report",
        "github=../run.github",
    ];

    // Cases that pass and fail, and that drift without a snapshot and with another one.
    let areas = ["sasl", "bind", "pubsub", "walkthrough", "--verbose"];
    assert_eq!(play(&right, &areas).code, Some(1));
    suite.run(&["review", "--accept"]).says(0);
    for path in files(&suite.path("snapshots")) {
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("jabber:client", "jabber:changed")).unwrap();
    }
    let ran = play(&right, &[&areas[..], &reports].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{}", ran.stdout);
    assert!(suite.read("run.txt").contains("\n  -agent -> <iq xmlns=\"jabber:changed\""));
    // The one that talks, as it is reported everywhere.
    let ran = play(&right, &["sasl/talkative", "--report", "json=../t.json", "--report", "text"]);
    assert!(ran.stdout.contains("sasl/talkative"), "{}", ran.stdout);
    let talk = suite.read("target/conformance/lab/sasl/talkative.txt");
    // And as it is kept, compared and shown.
    let ran = suite.run(&["compare", "lab", "../run.json", "--report", "html=../matrix.html"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    said.borrow_mut().push(ran.stdout);
    assert!(suite.read("target/conformance/lab/results.jsonl").contains("sasl/talkative"));
    assert!(suite.read("matrix.html").contains("sasl/talkative"));
    // A wrong password, sent and refused.
    let ran =
        play(&wrong, &["sasl", "bind/client-resource", "--report", "json", "--report", "junit"]);
    assert!(ran.complains(3).contains("not-authorized"), "{}", ran.stderr);
    // A listener that is gone, and command lines that are refused.
    let (_, mock) = fake.stop();
    said.borrow_mut().push(mock);
    assert_eq!(play(&right, &["upgrade/minimal"]).code, Some(3));
    assert_eq!(play(&right, &["--insecure"]).code, Some(64));
    assert_eq!(play(&right, &["nothing/matches"]).code, Some(4));

    // The case came as far as the pong, so that there was something to hide.
    assert!(talk.contains("agent <- [pong") && talk.contains("***"), "{talk}");
    for password in [&right, &wrong] {
        for text in said.borrow().iter() {
            assert!(!password.is_in(text.as_bytes()), "{text}");
        }
        for path in files(suite.root()) {
            assert!(!password.is_in(&std::fs::read(&path).unwrap()), "{}", path.display());
        }
    }
}

#[test]
fn passwords_of_a_target_reach_no_output_and_no_file() {
    let [agent, other] = [Password::new(), Password::new()];
    let suite = Suite::of_the_project();
    let file = suite.read("xtask/targets/lab-uccx.toml");
    let quick = file.replace("\"200ms\"", "\"0s\"").replace("= 1.0", "= 0.1");
    suite.write("xtask/targets/lab-uccx.toml", &quick.replace("# \"state\"", "\"state\""));
    suite.write("cases/sasl/talkative.case", TALKATIVE);
    let accounts =
        [("1001", &agent), ("1002", &other)].map(|(user, word)| format!("{user}:{}", word.text));
    let fake = Fake::start(&suite, &["--user", &accounts[0], "--user", &accounts[1]]);
    let play = |more: &[(&str, &str)], args: &[&str]| {
        let mut command = suite.command(&[&["conformance", "--target", "lab-uccx"], args].concat());
        command
            .env("LAB_UCCX_HOST", "localhost")
            .env("LAB_UCCX_PORT", fake.port().to_string())
            .env("LAB_UCCX_I_MAY_TEST", "localhost")
            .env("LAB_UCCX_TRUST", fake.says("ca"))
            .env("LAB_UCCX_AGENT", "1001")
            .env("LAB_UCCX_PASSWORD", &agent.text)
            .env("LAB_UCCX_OTHER", "1002")
            .env("LAB_UCCX_OTHER_PASSWORD", &other.text)
            .envs(more.iter().copied())
            .env("RUST_BACKTRACE", "1");
        Ran::of(command.output().unwrap())
    };
    let said = [
        play(&[], &["sasl", "bind", "presence", "--verbose", "--report", "json"]),
        // The other's password for the agent, who is refused, so that the rest is blocked.
        play(&[("LAB_UCCX_PASSWORD", &other.text)], &["bind", "sasl"]),
        play(&[("LAB_UCCX_I_MAY_TEST", "elsewhere")], &[]),
        play(&[("LAB_UCCX_OTHER", "")], &[]),
        play(&[("LAB_UCCX_PORT", "1")], &[]),
        suite.run(&["targets"]),
    ];
    assert_eq!(said.each_ref().map(|ran| ran.code), [1, 3, 64, 64, 3, 0].map(Some));
    let talk = suite.read("target/conformance/lab-uccx/sasl/talkative.txt");
    assert!(talk.contains("***"), "{talk}");
    for password in [&agent, &other] {
        for text in said.iter().flat_map(|ran| [&ran.stdout, &ran.stderr]) {
            assert!(!password.is_in(text.as_bytes()), "{text}");
        }
        for path in files(suite.root()) {
            assert!(!password.is_in(&std::fs::read(&path).unwrap()), "{}", path.display());
        }
    }
}

#[test]
fn transcripts_of_the_fake_at_home_hold_no_response() {
    let suite = Suite::of_the_project();
    suite.run(&["conformance", "sasl", "walkthrough"]).says(2);
    let mut logins = 0;
    for path in files(&suite.path("target/conformance")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (_, rest) in text.match_indices("<auth").map(|(at, tag)| text[at..].split_at(tag.len()))
        {
            let (tag, content) = rest.split_once('>').unwrap();
            let content = content.split("</auth").next().unwrap();
            // In the text for people the response stands in the words of the notation.
            let in_words = path.extension().is_some_and(|extension| extension == "txt")
                && content.starts_with('{');
            assert!(
                tag.ends_with('/')
                    || content.is_empty()
                    || STANDARD.decode(content).is_err()
                    || in_words,
                "{}: {content}",
                path.display()
            );
            logins += 1;
        }
    }
    assert!(logins > 20, "{logins}");
}

#[test]
fn a_password_is_found_however_it_is_written() {
    let password = Password::new();
    let text = &password.text;
    for written in [
        format!("x{text}"),
        stanza::escape::text(text).into_owned(),
        stanza::escape::attr(text).into_owned(),
        format!("{text:?}"),
        STANDARD.encode(text),
        STANDARD.encode(format!("\0{text}")),
        STANDARD.encode(format!("\x001001\0{text}\0")),
    ] {
        assert!(password.is_in(written.as_bytes()), "{written}");
    }
    assert!(!password.is_in(Password::new().text.as_bytes()));
}

/// A long password with every character that is written otherwise in XML or JSON.
struct Password {
    text: String,
    /// Texts that must be found nowhere.
    traces: Vec<String>,
}

impl Password {
    fn new() -> Self {
        let half = || -> String {
            wire::accept::fresh_key().chars().filter(char::is_ascii_alphanumeric).collect()
        };
        let halves = [half(), half()];
        let text = halves.join("<&\"'>");
        let aligned = |secret: &String| {
            [0, 1, 2].map(|lead| {
                let encoded = STANDARD.encode(format!("{}{secret}", "x".repeat(lead)));
                // The first and the last digits depend on what stands beside the secret.
                encoded[4..encoded.len() - 4].to_owned()
            })
        };
        let encoded = halves.iter().chain([&text]).flat_map(aligned);
        let traces = halves.iter().cloned().chain(encoded).collect();
        Self { text, traces }
    }

    fn is_in(&self, octets: &[u8]) -> bool {
        let found =
            |trace: &String| octets.windows(trace.len()).any(|part| part == trace.as_bytes());
        self.traces.iter().any(found)
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
