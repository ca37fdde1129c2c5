//! Passwords reach no output and no file, however a server or a client spells them.

#[path = "../../../mask/tests/oracle/mod.rs"]
mod oracle;
mod recorded;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use oracle::{SPELLINGS, shows};
use remote::{Account, Client, Deadlines, Url};
use stanza::{Element, ns};
use wire::net::Trust;
use wire::{Assembler, CloseFrame, Decoder, Frame, Message, RequestHead, Side, opcode};

use crate::suite::{Ran, Suite, upgrade_case};

/// Each character that is written otherwise somewhere, and no two runs of letters that occur.
const PASSWORD: &str = "Zq7's-Xk9 é/\"<&>+4!";

/// A case that logs in and says something of this id; the rest is what it wants to hear.
macro_rules! hears {
    ($id:literal, $rest:literal) => {
        upgrade_case!(
            "title = \"the server says\"\nspec  = [\"robustness\"]\nlevel = \"must\"\nroles = [\"server\"]\neffects = \"session\"\n",
            concat!(
                r#"
agent <- HTTP/1.1 101

agent -> <open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{domain}" version="1.0"/>

agent <- <stream:features xmlns:stream="http://etherx.jabber.org/streams"/>

agent -> <auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain(agent.user, agent.password)}</auth>

agent <- <success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>

agent -> <message xmlns="jabber:client" id=""#,
                $id,
                r#""/>
"#,
                $rest
            )
        )
    };
}

/// The cases for the server: their verdicts depend on the spelling of the server.
const CASES: [(&str, &str); 6] = [
    (
        "element",
        hears!(
            "element",
            "\nagent <- <message xmlns=\"jabber:client\" id=\"never\">\n           <body>never</body>\n         </message>\n"
        ),
    ),
    ("drift", hears!("element", "\nagent <- <message xmlns=\"jabber:client\"/>\n")),
    ("text", hears!("text", "\nagent <- <message xmlns=\"jabber:client\"/>\n")),
    ("frames", hears!("frames", "\nagent <- <message xmlns=\"jabber:client\"/>\n")),
    ("error", hears!("error", "\nagent <- <message xmlns=\"jabber:client\"/>\n")),
    (
        "refused",
        upgrade_case!(
            "title = \"the server refuses\"\nspec  = [\"robustness\"]\nlevel = \"must\"\nroles = [\"server\"]\n",
            "         X-Refuse: yes\n\nagent <- HTTP/1.1 101\n"
        ),
    ),
];

const TARGET: &str = "url = \"ws://127.0.0.1:{env:LAB_PORT}/ws/\"\ni_may_test = \"{env:LAB_I_MAY_TEST}\"\npatience = 0.1\npace = \"0s\"\neffects = [\"none\", \"session\"]\n[account.agent]\nuser = \"1001\"\npassword = \"{env:LAB_PASSWORD}\"\n";

/// The cases for the client, which says what it spells instead.
const FOR_THE_CLIENT: [(&str, &str); 2] = [
    (
        "client-says",
        r#"
agent -> GET {ws.path} HTTP/1.1

agent <- HTTP/1.1 101

agent -> <open xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>

agent <- <open xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>

agent <- <stream:features xmlns:stream="http://etherx.jabber.org/streams"/>

agent -> <auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl">{plain(agent.user, agent.password)}</auth>

agent <- <success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>

agent -> <message xmlns="jabber:client" id="never"/>
"#,
    ),
    ("client-reports", "\nagent reports message text=\"never\"\n"),
];

/// How each of them begins.
const HEAD: &str = "+++\ntitle = \"the client says what was asked for\"\nspec  = [\"robustness\"]\nlevel = \"must\"\nroles = [\"client\"]\ndo    = [\"login\"]\ncertificate = \"none\"\n+++\nagent == connect\n";

/// Every report there is.
const REPORTS: [&str; 6] = [
    "json=../run.json",
    "junit=../run.xml",
    "text=../run.txt",
    "html=../run.html",
    "markdown=../run.md",
    "github=../run.github",
];

#[test]
fn no_spelling_of_a_server_reaches_an_output_or_a_file() {
    let suite = Suite::new();
    suite.write("xtask/targets/lab.toml", TARGET);
    for (name, text) in CASES {
        suite.write(&format!("cases/hostile/{name}.case"), text);
    }
    let port = serve().to_string();
    let run = |args: &[&str]| {
        let mut command = suite.command(args);
        command.env("LAB_PORT", &port).env("LAB_PASSWORD", PASSWORD).env("RUST_BACKTRACE", "1");
        command.env("LAB_I_MAY_TEST", "127.0.0.1");
        command.output().unwrap()
    };
    let reports = REPORTS.iter().flat_map(|report| ["--report", report]);
    let play: Vec<&str> = ["conformance", "hostile", "--target", "lab", "--verbose", "--jobs", "6"]
        .into_iter()
        .chain(reports)
        .collect();
    let mut said = vec![run(&play)];
    let played = Ran::of(said[0].clone());
    assert_eq!(played.code, Some(1), "{}{}", played.stdout, played.stderr);
    for (name, _) in CASES {
        said.push(run(&["show", &format!("hostile/{name}"), "--raw", "--target", "lab"]));
    }
    said.push(run(&["probe", "lab"]));
    said.push(run(&["probe", "lab", "--json"]));
    said.push(run(&["probe", "lab", "--draft"]));
    said.push(run(&["sweep", "lab", "--dry-run"]));
    said.push(run(&["compare", "lab", "../run.json", "--report", "html=../matrix.html"]));
    said.push(run(&["review", "--accept"]));
    let url = format!("ws://127.0.0.1:{port}/ws/");
    let account = format!("1001:{PASSWORD}");
    let bench = ["bench", "--quick", "--url", &url, "--user", &account, "--json", "../bench.json"];
    said.push(run(&bench));
    // There was something to hide in each place.
    for file in ["run.json", "run.xml", "run.txt", "run.html"] {
        assert!(suite.read(file).contains("***"), "{file}: {}", suite.read(file));
    }
    for name in ["element", "drift", "text", "frames", "error", "refused"] {
        let transcript = suite.read(&format!("target/conformance/lab/hostile/{name}.txt"));
        assert!(transcript.contains("***"), "{name}: {transcript}");
    }
    assert!(suite.read("snapshots/hostile/drift@lab.snap").contains("***"));
    for ran in &said[7..=10] {
        let ran = Ran::of(ran.clone());
        assert!(ran.stdout.contains("***"), "{}{}", ran.stdout, ran.stderr);
    }
    hold_back(&suite, &said, PASSWORD);
}

#[test]
fn no_spelling_of_a_client_reaches_an_output_or_a_file() {
    let suite = Suite::new();
    for (name, steps) in FOR_THE_CLIENT {
        suite.write(&format!("cases/hostile/{name}.case"), &format!("{HEAD}{steps}"));
    }
    suite.write("xtask/targets/mock.toml", "profile = \"finesse\"\n");
    let secret = tempfile::NamedTempFile::new().unwrap();
    let this = std::env::current_exe().unwrap();
    let client = [this.to_str().unwrap(), CLIENT, "--exact", "--nocapture"];
    let mut args = vec!["gate", "--verbose"];
    for report in REPORTS {
        args.extend(["--report", report]);
    }
    args.push("--");
    args.extend(client);
    let ran = suite.command(&args).env(SECRET, secret.path()).output().unwrap();
    let password = std::fs::read_to_string(secret.path()).unwrap();
    assert!(!password.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = suite.read("run.txt");
    assert!(text.contains("my password is ***") && text.contains("panicked"), "{text}");
    let folder = files(&suite.path("target/conformance"));
    for name in ["client-says.txt", "client-reports.txt"] {
        let transcript = folder.iter().find(|path| path.ends_with(name)).unwrap();
        let transcript = std::fs::read_to_string(transcript).unwrap();
        assert!(transcript.contains("***"), "{transcript}");
    }
    hold_back(&suite, &[ran], &password);
}

/// The name of the test that is also a client, and the variable with the file that it writes its
/// password to.
const CLIENT: &str = "spellings::each_spelling_can_be_read";
const SECRET: &str = "SPELLINGS_SECRET";

/// The oracle of these tests reads every spelling. Started by a gate, this is the hostile client.
#[test]
fn each_spelling_can_be_read() {
    for (name, spelt) in SPELLINGS {
        assert!(shows(format!("x {} y", spelt(PASSWORD)).as_bytes(), PASSWORD), "{name}");
        assert!(!shows(spelt("another").as_bytes(), PASSWORD), "{name}");
    }
    let Ok(secret) = std::env::var(SECRET) else { return };
    // The name of this test stands before it on the same line.
    println!();
    let told = |name: &str| std::env::var(name).unwrap_or_default();
    if told("CONFORMANCE_DO").starts_with("probe") {
        println!("{}", serde_json::json!({ "event": "message" }));
        std::process::exit(89);
    }
    let password = told("CONFORMANCE_PASSWORD");
    std::fs::write(secret, &password).unwrap();
    for (name, spelt) in SPELLINGS {
        eprintln!("my password is {} in {name}", spelt(&password));
        // Cut somewhere within the password.
        eprintln!("{}{}", "x".repeat(395), spelt(&password));
        println!("{}", serde_json::json!({ "event": "message", "text": spelt(&password) }));
    }
    let talk = async {
        let url = Url::parse(&told("CONFORMANCE_URL")).unwrap();
        let deadlines = Deadlines::with_patience(1.0);
        let mut client = Client::connect(&url, &Trust::Insecure, deadlines).await.unwrap();
        client.upgrade(&url).await.unwrap();
        client.open(&told("CONFORMANCE_DOMAIN")).await.unwrap();
        client.features().await.unwrap();
        let account = Account { name: told("CONFORMANCE_USER"), password: password.clone() };
        client.authenticate(&account).await.unwrap();
        let mut message = Element::new(ns::CLIENT, "message");
        for (_, spelt) in SPELLINGS {
            message = message.with_child(Element::new(ns::CLIENT, "x").with_text(spelt(&password)));
        }
        client.send(&message).await.unwrap();
        client.leave().await;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(talk);
    panic!("my password is {password}");
}

/// No stream and no file shows the password.
#[track_caller]
fn hold_back(suite: &Suite, said: &[std::process::Output], password: &str) {
    for ran in said {
        for stream in [&ran.stdout, &ran.stderr] {
            assert!(!shows(stream, password), "{}", String::from_utf8_lossy(stream));
        }
    }
    let written = files(suite.root());
    assert!(written.len() > 10, "{written:?}");
    for path in written {
        assert!(!shows(&std::fs::read(&path).unwrap(), password), "{}", path.display());
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Serves connections as long as the test runs; the port.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || converse(stream));
        }
    });
    port
}

/// Each spelling as the content of an element: as it is where XML allows that.
fn spelt_in_xml() -> String {
    let element = |spelt: String| {
        let as_it_is = format!("<x xmlns='urn:x'>{spelt}</x>");
        if stanza::parse(&as_it_is).is_ok() {
            as_it_is
        } else {
            format!("<x xmlns='urn:x'>{}</x>", stanza::escape::text(&spelt))
        }
    };
    SPELLINGS.iter().map(|(_, spelt)| element(spelt(PASSWORD))).collect()
}

/// Each spelling on a line.
fn spelt_in_lines() -> String {
    SPELLINGS.iter().map(|(_, spelt)| spelt(PASSWORD) + "\n").collect()
}

/// A server that answers to everything, and says its client's password in everything.
fn converse(mut stream: TcpStream) -> Option<()> {
    let mut octets = Vec::new();
    let mut chunk = [0; 4096];
    let (request, used) = loop {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        octets.extend_from_slice(&chunk[..count]);
        if let Some(parsed) = RequestHead::parse(&octets).ok()? {
            break parsed;
        }
    };
    let is_visible = |text: &String| text.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    let spelt = SPELLINGS.iter().map(|(_, spelt)| spelt(PASSWORD)).filter(is_visible);
    let headers: String =
        spelt.enumerate().map(|(number, spelt)| format!("X-{number}: {spelt}\r\n")).collect();
    if request.headers.first("X-Refuse").is_some() {
        let body = spelt_in_lines();
        let length = body.len();
        let head = format!("HTTP/1.1 403 No\r\n{headers}Content-Length: {length}\r\n\r\n");
        return stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).ok();
    }
    let accept = wire::accept_value(request.headers.first("Sec-WebSocket-Key")?);
    let head = format!(
        "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\
         Sec-WebSocket-Protocol: xmpp\r\nServer: {}\r\n{headers}\r\n",
        SPELLINGS[10].1(PASSWORD)
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut decoder = Decoder::new(1 << 20);
    let mut assembler = Assembler::new(Side::Server, 1 << 20);
    decoder.push(&octets[used..]);
    let mut opened = 0;
    loop {
        let Some(decoded) = decoder.next().ok()? else {
            let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
            decoder.push(&chunk[..count]);
            continue;
        };
        let answers = match assembler.feed(decoded.frame).ok()? {
            Some((Message::Text(text), _)) => answers(&stanza::parse(&text).ok()?, &mut opened),
            Some((Message::Close(_), _)) => {
                // As much as a close frame holds (RFC 6455 §5.5).
                let close = CloseFrame::new(1000, SPELLINGS[3].1(PASSWORD));
                vec![Frame::new(opcode::CLOSE, close.payload())]
            }
            _ => Vec::new(),
        };
        for frame in answers {
            stream.write_all(&frame.encode()).ok()?;
        }
    }
}

/// The server's answer to an element.
fn answers(element: &Element, opened: &mut u32) -> Vec<Frame> {
    let attr = |name| element.attr(name).unwrap_or_default();
    let all = spelt_in_xml();
    let id = stanza::escape::attr(attr("id"));
    let texts = match (element.name.local.as_str(), attr("id")) {
        ("open", _) => {
            *opened += 1;
            let id = SPELLINGS[5].1(PASSWORD);
            let offer = if *opened == 1 {
                "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism><mechanism>&#90;q7&apos;s-Xk9 é/&quot;&lt;&amp;&gt;+4!</mechanism></mechanisms>"
            } else {
                "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
            };
            vec![
                format!(
                    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='x.test' id='{id}' version='1.0'/>"
                ),
                format!(
                    "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>{offer}{all}</stream:features>"
                ),
            ]
        }
        ("auth", _) => vec![format!(
            "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</success>",
            SPELLINGS[19].1(PASSWORD)
        )],
        ("message", "element") => vec![format!(
            "<message xmlns='jabber:client' a='{}'>{all}</message>",
            SPELLINGS[4].1(PASSWORD)
        )],
        ("message", "text") => {
            let mut texts: Vec<String> =
                SPELLINGS.iter().map(|(_, spelt)| spelt(PASSWORD)).collect();
            texts.push(spelt_in_lines());
            texts
        }
        ("message", "frames") => {
            let mut frames = Vec::new();
            for (_, spelt) in SPELLINGS {
                frames.push(Frame::new(opcode::BINARY, spelt(PASSWORD)));
                let spelt = spelt(PASSWORD);
                if spelt.len() <= 125 {
                    frames.push(Frame::new(opcode::PING, spelt));
                }
            }
            // No message continues.
            frames.push(Frame::new(opcode::CONTINUATION, spelt_in_lines()));
            return frames;
        }
        ("message", "error") => vec![format!(
            "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>{}</text>{all}</stream:error>",
            SPELLINGS[8].1(PASSWORD)
        )],
        ("iq", _) => {
            let asked = element.children().next();
            let payload = match asked
                .map(|asked| (asked.name.ns.as_str(), asked.name.local.as_str()))
            {
                Some((ns::BIND, _)) => format!(
                    "<bind xmlns='{}'><jid>1001@x.test/{}</jid></bind>",
                    ns::BIND,
                    SPELLINGS[3].1(PASSWORD)
                ),
                Some((ns::DISCO_ITEMS, _)) => format!(
                    "<query xmlns='{}'><item jid='pubsub.x.test'/><item jid='{}'/></query>",
                    ns::DISCO_ITEMS,
                    SPELLINGS[10].1(PASSWORD)
                ),
                Some((ns::DISCO_INFO, _)) => format!(
                    "<query xmlns='{}'><identity category='pubsub' type='service' name='{2}'/><identity category='server' type='im' name='{2}'/><feature var='{1}'/></query>",
                    ns::DISCO_INFO,
                    ns::PUBSUB,
                    SPELLINGS[3].1(PASSWORD)
                ),
                Some((ns::PUBSUB, _)) => format!(
                    "<pubsub xmlns='{}'><subscriptions><subscription node='/{2}' jid='1001@x.test/{1}' subscription='subscribed' subid='{2}'/></subscriptions></pubsub>",
                    ns::PUBSUB,
                    SPELLINGS[19].1(PASSWORD),
                    SPELLINGS[4].1(PASSWORD)
                ),
                _ => all,
            };
            vec![format!("<iq xmlns='jabber:client' type='result' id='{id}'>{payload}</iq>")]
        }
        ("close", _) => vec!["<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>".to_owned()],
        _ => Vec::new(),
    };
    texts.into_iter().map(|text| Frame::new(opcode::TEXT, text)).collect()
}
