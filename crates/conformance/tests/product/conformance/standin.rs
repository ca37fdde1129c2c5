//! Everything that can go wrong with a server, played by stand-ins: each ends in time, says what to
//! look at, and blames no case.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use remote::AccountLock;
use wire::net::{Authority, Listener, Validity};

use super::read;
use crate::fake::Fake;
use crate::suite::{Ran, Suite};

/// Longer than anything here may take, by far shorter than all cases together would.
const IN_TIME: Duration = Duration::from_secs(60);

/// A target file for `url`, with deadlines of a fifth.
fn file(url: &str, more: &str) -> String {
    format!(
        "url = \"{url}\"\ni_may_test = \"{{env:LAB_I_MAY_TEST}}\"\ntrust = \"{{env:LAB_TRUST}}\"\npace = \"50ms\"\npatience = 0.2\n{more}\n\
         [account.agent]\nuser = \"1001\"\npassword = \"{{env:LAB_PASSWORD}}\"\n"
    )
}

/// A suite with the cases of the project and a target `lab` of that URL.
fn suite(url: &str, more: &str) -> Suite {
    let suite = Suite::of_the_project();
    suite.write("xtask/targets/lab.toml", &file(url, more));
    suite
}

fn command(suite: &Suite, args: &[&str], trust: &str) -> std::process::Command {
    let mut command = suite.command(args);
    command
        .env("LAB_I_MAY_TEST", "localhost")
        .env("LAB_TRUST", trust)
        .env("LAB_PASSWORD", "secret");
    command
}

/// Runs the suite and the probe against a server that is no good: both must end with 3 and say the
/// same.
#[track_caller]
fn both(suite: &Suite, trust: &str, said: &[&str]) {
    let began = Instant::now();
    let played = Ran::of(
        command(suite, &["conformance", "--target", "lab", "bind", "upgrade"], trust)
            .output()
            .unwrap(),
    );
    for text in said {
        let count = played.complains(3).matches(text).count();
        assert_eq!(count, 1, "{text:?} once: {}", played.stderr);
    }
    assert_eq!(played.stdout, "", "no case is blamed");
    let probed = Ran::of(command(suite, &["probe", "lab"], trust).output().unwrap());
    let shown: String = probed.says(3).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("BROKE"), "{shown}");
    for text in said.iter().filter(|text| !text.contains("finesse-conformance")) {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(text.trim_start_matches("upgrade: ")), "{text:?}: {shown}");
    }
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
}

/// A server of TLS and nothing more, with a certificate for these names and dates; the path of its
/// authority.
fn tls_server(suite: &Suite, names: &'static [&'static str], validity: Validity) -> (u16, String) {
    let authority = Authority::new().unwrap();
    suite.write("ca.pem", &authority.ca_pem());
    let (told, port) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let tls = authority.server_config_dated(names, validity).unwrap();
            let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Some(tls)).await.unwrap();
            told.send(listener.local_addr().unwrap().port()).unwrap();
            loop {
                let incoming = listener.accept().await.unwrap();
                let _ = incoming.handshake(Duration::from_secs(5)).await;
            }
        });
    });
    (port.recv().unwrap(), suite.path("ca.pem").display().to_string())
}

fn at(port: u16) -> String {
    format!("wss://localhost:{port}/ws/")
}

#[test]
fn a_certificate_that_has_expired() {
    let suite = Suite::of_the_project();
    let (port, ca) = tls_server(&suite, &["localhost"], Validity::Expired);
    suite.write("xtask/targets/lab.toml", &file(&at(port), ""));
    both(&suite, &ca, &["certificate has expired", "look at  check the clocks, or renew"]);
    let probed = Ran::of(command(&suite, &["probe", "lab"], &ca).output().unwrap());
    assert!(probed.says(3).contains("expired 1 days ago"), "{}", probed.stdout);
    assert!(probed.stdout.contains("pin      sha256/"), "{}", probed.stdout);
}

#[test]
fn a_certificate_for_another_name_or_of_another_authority() {
    let suite = Suite::of_the_project();
    let (port, ca) = tls_server(&suite, &["uccx.example.com"], Validity::Current);
    suite.write("xtask/targets/lab.toml", &file(&at(port), ""));
    both(
        &suite,
        &ca,
        &["certificate is for uccx.example.com, not for localhost", "dial one of these names"],
    );
    suite.write("other.pem", &Authority::new().unwrap().ca_pem());
    let other = suite.path("other.pem").display().to_string();
    both(
        &suite,
        &other,
        &[
            "certificate from an unknown issuer",
            "look at  give the certificate of the server's authority",
        ],
    );
}

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let suite = suite(&at(port), "");
    both(
        &suite,
        "insecure",
        &[
            "whether the server runs",
            "12.0 and 12.5 answer WebSockets on 7443",
            "finesse-conformance probe lab",
        ],
    );
}

#[test]
fn a_server_that_takes_connections_and_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            held.push(stream);
        }
    });
    both(&suite(&at(port), ""), "insecure", &["no answer within 2s", "is this a port for TLS?"]);
    let url = format!("ws://localhost:{port}/ws/");
    both(
        &suite(&url, ""),
        "insecure",
        &["upgrade: no answer within 1s", "the server behind a proxy hangs"],
    );
}

#[test]
fn the_url_is_one_with_tls_and_the_port_is_not_or_the_other_way_round() {
    let home = Suite::new();
    let (with, without) = (Fake::start(&home, &[]), Fake::start(&home, &["--plain"]));
    let url = format!("ws://localhost:{}/ws/", with.port());
    let said = [
        "the server speaks TLS on this port, and the URL begins with ws://",
        "look at  write wss:// in place of ws://, and say whom to trust",
    ];
    both(&suite(&url, ""), "insecure", &said);
    let said = ["does not speak TLS", "the URL of a port without TLS begins with ws://"];
    both(&suite(&at(without.port()), ""), "insecure", &said);
}

#[test]
fn an_answer_that_nobody_can_read_is_not_the_fault_of_the_file() {
    let home = Suite::new();
    for what in ["open", "features"] {
        let fault = format!("malform what={what}");
        let fake = Fake::start(&home, &["--plain", "--fault", &fault]);
        let suite = suite(&format!("ws://localhost:{}/ws/", fake.port()), "");
        let wanted = ["a message of the server does not parse", "no setting here mends that"];
        both(&suite, "insecure", &wanted);
    }
}

#[test]
fn a_wrong_password_is_tried_once() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &[]);
    suite.write("xtask/targets/lab.toml", &file(&at(fake.port()), ""));
    let mut wrong = command(&suite, &["conformance", "--target", "lab"], fake.says("ca"));
    let ran = Ran::of(wrong.env("LAB_PASSWORD", "hunter2").output().unwrap());
    let said = ran.complains(3);
    assert!(said.contains("login refused with not-authorized"), "{said}");
    assert!(said.contains("look at  whether the account is locked"), "{said}");
    assert!(!said.contains("hunter2") && !said.contains("finesse-conformance probe"), "{said}");
    assert_eq!(ran.stdout, "", "no case is blamed");
    // Cases that log nobody in need no password that is right.
    let mut wrong =
        command(&suite, &["conformance", "--target", "lab", "upgrade/minimal"], fake.says("ca"));
    let ran = Ran::of(wrong.env("LAB_PASSWORD", "hunter2").output().unwrap());
    assert!(ran.says(2).contains("1 drift"), "{}", ran.stdout);
}

#[test]
fn a_proxy_that_strips_the_upgrade() {
    let home = Suite::new();
    let fake = Fake::start(&home, &["--plain", "--profile", "openfire-4.4"]);
    let behind = fake.port();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            strip(client, behind);
        }
    });
    let url = format!("ws://localhost:{port}/ws/");
    both(
        &suite(&url, ""),
        "insecure",
        &[
            "upgrade: status 405 instead of 101",
            "a proxy between here and the server took out Upgrade and Connection",
        ],
    );
}

/// Hands a request on without the headers that are for one hop (RFC 9110 §7.6.1), and the answer
/// back.
fn strip(mut client: TcpStream, behind: u16) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match client.read(&mut chunk) {
            Ok(len @ 1..) => request.extend_from_slice(&chunk[..len]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let kept: Vec<&str> = request
        .split("\r\n")
        .filter(|line| !line.starts_with("Upgrade:") && !line.starts_with("Connection:"))
        .collect();
    let mut server = TcpStream::connect(("127.0.0.1", behind)).unwrap();
    server.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    server.write_all(kept.join("\r\n").as_bytes()).unwrap();
    while let Ok(len @ 1..) = server.read(&mut chunk) {
        let _ = client.write_all(&chunk[..len]);
    }
}

#[test]
fn a_server_that_is_killed_half_way_is_given_up() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &[]);
    suite.write("xtask/targets/lab.toml", &file(&at(fake.port()), ""));
    let report = format!("json={}", suite.path("run.json").display());
    let mut command = command(
        &suite,
        &["conformance", "--target", "lab", "bind", "stream", "--report", &report],
        fake.says("ca"),
    );
    let began = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !suite.has("run.json") || !suite.read("run.json").contains("\"event\":\"case\"") {
        assert!(began.elapsed() < IN_TIME, "no case ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(fake);
    let ran = Ran::of(child.wait_with_output().unwrap());
    let said = ran.says(3);
    assert!(
        said.contains("gave-up  nothing was heard from the server in 2 cases in a row"),
        "{said}"
    );
    assert!(said.contains("whether the server runs"), "{said}");
    assert!(said.matches("\nERROR  ").count() <= 3, "not every case says so: {said}");
    let events = read(&suite.read("run.json"));
    let summary = events.last().unwrap();
    assert!(summary["gave_up"].is_string() && summary["exit"] == 3, "{summary}");
    assert!(summary["cases"].as_u64() < events[0]["selected"].as_u64(), "{summary}");
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
}

#[test]
fn an_account_is_used_by_one_run_at_a_time() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &[]);
    suite.write("xtask/targets/lab.toml", &file(&at(fake.port()), ""));
    let peer: SocketAddr = ([127, 0, 0, 1], fake.port()).into();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lock = runtime.block_on(AccountLock::take(peer, "1001")).unwrap();
    let began = Instant::now();
    let run = |args: &[&str]| Ran::of(command(&suite, args, fake.says("ca")).output().unwrap());
    let held = run(&["conformance", "--target", "lab", "bind/client-resource"]);
    let me = format!("account 1001 is in use by process {}, ", std::process::id());
    assert!(held.complains(3).contains(&me), "{}", held.stderr);
    assert!(held.stderr.contains("wait for it to end, or stop it (waited 10s)"), "{}", held.stderr);
    assert!(began.elapsed() < IN_TIME, "{:?}", began.elapsed());
    // A client that does not log in need not wait.
    run(&["conformance", "--target", "lab", "upgrade/minimal"]).says(2);
    drop(lock);
    run(&["conformance", "--target", "lab", "bind/client-resource"]).says(2);
}

#[test]
fn cases_at_once_do_not_share_an_account() {
    let suite = Suite::of_the_project();
    suite.accept(&["bind/client-resource", "sasl/plain-ok", "session"]);
    let fake = Fake::start(&suite, &[]);
    suite.write(
        "xtask/targets/lab.toml",
        &file(&at(fake.port()), "vendor = true").replace("0.2", "1.0"),
    );
    let args = [
        "conformance",
        "--target",
        "lab",
        "--jobs",
        "8",
        "bind/client-resource",
        "sasl/plain-ok",
        "session",
    ];
    let ran = Ran::of(command(&suite, &args, fake.says("ca")).output().unwrap());
    // All of them bind the same resource: at once, each would throw the others off.
    ran.says(0);
}

#[test]
fn what_a_file_provides_is_looked_for() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &["--node", "/lab/open"]);
    let provides = "effects = [\"none\", \"session\", \"state\"]";
    let nodes = "[provides]\n\"node.open\" = \"/lab/open\"\n\"node.whitelist\" = \"/lab/gone\"\n\"node.absent\" = \"/lab/open\"\n";
    let lab = |more: &str| {
        let text = format!("{}{nodes}{more}", file(&at(fake.port()), provides));
        suite.write("xtask/targets/lab.toml", &text);
    };
    let args = [
        "conformance",
        "--target",
        "lab",
        "pubsub/subscribe-ok-full-jid",
        "pubsub/*whitelist*",
        "pubsub/subscribe-node-missing",
    ];
    let play = |more: &[&str]| {
        Ran::of(command(&suite, &[&args[..], more].concat(), fake.says("ca")).output().unwrap())
    };
    lab("");
    let said = play(&[]);
    let said = said.says(2);
    assert!(
        said.contains(
            "the target does not provide node.whitelist: the server has no node /lab/gone"
        ),
        "{said}"
    );
    assert!(said.contains("node.absent: /lab/open should be absent, and is there"), "{said}");
    assert!(said.contains(", 1 drift"), "the one node that is as it should be is used: {said}");
    suite.run(&["review", "--accept"]).says(0);
    play(&["--require-all"]).says(1);
    lab(
        "[lacks]\n\"pubsub/*whitelist*\" = \"no such nodes here\"\n\"pubsub/subscribe-node-missing\" = \"nothing is absent\"\n",
    );
    assert!(play(&["--require-all"]).says(0).contains("no such nodes here"), "a reason is enough");
}

#[test]
fn a_server_that_refuses_the_host_of_its_url_is_asked_by_the_domain_that_it_tells() {
    let suite = Suite::of_the_project();
    suite.accept(&["bind/client-resource"]);
    let fake = Fake::start(&suite, &["--profile", "strict"]);
    let lab = |more: &str| suite.write("xtask/targets/lab.toml", &file(&at(fake.port()), more));
    let run = |args: &[&str]| Ran::of(command(&suite, args, fake.says("ca")).output().unwrap());
    lab("");
    let ran = run(&["conformance", "--target", "lab", "bind/client-resource"]);
    assert!(ran.says(2).contains("1 drift") && !ran.stdout.contains("warning"), "{}", ran.stdout);
    assert!(run(&["probe", "lab"]).says(0).contains("XMPP domain finesse.example.com"));
    // A file that has the wrong one is believed, and told.
    lab("domain = \"wrong.test\"");
    let ran = run(&["probe", "lab"]);
    assert!(
        ran.says(3).contains("BROKE  features") && ran.stdout.contains("host-unknown"),
        "{}",
        ran.stdout
    );
}
