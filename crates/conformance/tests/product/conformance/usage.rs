//! Errors of the command line, of files and of the network.

use super::SWITCHED;
use crate::suite::Suite;

#[test]
fn all_mistakes_of_a_case_are_shown_at_once_with_their_places() {
    let suite = Suite::with_a_fake();
    let broken = SWITCHED
        .replace("level = \"must\"", "level = \"most\"")
        .replace("agent == connect", "agent == conect")
        .replace("{key=base64(16)}", "{key=base64(16}");
    suite.write("cases/bind/broken.case", &broken);
    let ran = suite.run(&["conformance", "upgrade"]);
    insta::assert_snapshot!(ran.complains(65), @r#"
    error[head-value]: there is no level `most`
     --> cases/bind/broken.case:4:9
      |
    4 | level = "most"
      |         ^^^^^^
      |
      = help: did you mean `must`?

    error[fact]: there is no fact `conect`
     --> cases/bind/broken.case:9:10
      |
    9 | agent == conect
      |          ^^^^^^
      |
      = help: did you mean `connect`?

    error[call]: wanted `,` or `)`, found `}`
      --> cases/bind/broken.case:15:43
       |
    15 |          Sec-WebSocket-Key: {key=base64(16}
       |                                           ^
    "#);
    assert_eq!(ran.stdout, "", "nothing is played");
}

#[test]
fn a_case_that_uses_a_connection_which_no_step_opens_is_not_played() {
    let suite = Suite::with_a_fake();
    suite.write("cases/bind/typo.case", &SWITCHED.replace("agent <-", "agnt <-"));
    let ran = suite.run(&["conformance", "bind/typo"]);
    assert!(ran.complains(65).contains("`agnt` is not connected yet"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "", "nothing is played");
    let ran = suite.run(&["conformance", "upgrade"]);
    assert!(!ran.stderr.contains("agnt"), "it is not selected: {}", ran.stderr);
}

#[test]
fn words_that_are_not_known_are_guessed() {
    let suite = Suite::with_a_fake();
    for (args, guess) in [
        (&["confromance"][..], "conformance"),
        (&["conformance", "--lst"], "--list"),
        (&["conformance", "--sabotage", "accept-of-by-one"], "accept-off-by-one"),
        (&["conformance", "--report", "xml"], "text, json, junit"),
        (&["conformance", "--target", "mok"], "there is mock"),
        (&["conformance", "--shard", "4/3"], "e.g. 2/3"),
        (&["conformance", "--jobs", "many"], "--jobs <N>"),
    ] {
        let ran = suite.run(args);
        assert!(ran.complains(64).contains(guess), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn invisible_characters_in_arguments_are_written_out() {
    let suite = Suite::with_a_fake();
    for (args, shown) in [
        (&["mock", "--fault", "drop\u{202e}tcp"][..], "invalid value 'drop/u{202e}tcp'"),
        (&["mock", "--fault", "\u{1b}[31mx"], "invalid value '/u{1b}[31mx'"),
        (&["conformance", "--li\u{200b}st"], "unexpected argument '--li/u{200b}st'"),
        (&["mo\u{ad}ck"], "unrecognized subcommand 'mo/u{ad}ck'"),
    ] {
        let ran = suite.run(args);
        let said = ran.complains(64);
        assert!(said.contains(shown), "{args:?}: {said}");
        let is_hidden = |c| matches!(c, '\u{202e}' | '\u{1b}' | '\u{200b}' | '\u{ad}');
        assert!(!said.contains(is_hidden), "{args:?}: {said:?}");
    }
}

#[test]
fn a_file_in_another_encoding_is_named_with_it() {
    let suite = Suite::with_a_fake();
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    std::fs::create_dir_all(suite.path("cases/bind")).unwrap();
    for (file, text, args) in [
        ("cases/bind/odd.case", SWITCHED, &["conformance", "bind/odd"][..]),
        ("xtask/targets/odd.toml", "profile = \"finesse\"\n", &["conformance", "--target", "odd"]),
        ("world.toml", "[[agent]]\nid = \"1001\"\n", &["mock", "--world", "../world.toml"]),
        ("odd.jsonl", "{\"format\":1}\n", &["show", "../odd.jsonl"]),
        ("odd.jsonl", "{\"format\":1}\n", &["compare", "../odd.jsonl", "../odd.jsonl"]),
    ] {
        std::fs::write(suite.path(file), utf16(text)).unwrap();
        let ran = suite.run(args);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_ne!(ran.code, Some(0), "{args:?}");
        let wanted = "it is UTF-16 (little-endian), not UTF-8: save it as UTF-8";
        assert!(said.contains(file) && said.contains(wanted), "{args:?}: {said}");
        std::fs::remove_file(suite.path(file)).unwrap();
    }
}

#[test]
fn options_of_a_server_must_fit_together() {
    let suite = Suite::with_a_fake();
    suite.write("xtask/targets/lab.toml", "url = \"wss://lab.example.com:8445/ws/\"\n");
    let (url, ws) = ("wss://127.0.0.1:1/ws/", "ws://127.0.0.1:1/ws/");
    for (args, said) in [
        (&["--ca", "ca.pem"][..], "--url <wss://HOST:PORT/ws/>"),
        (&["--url", url], "a wss URL needs --ca FILE, --pin sha256/…, or --insecure"),
        (&["--url", url, "--ca", "ca.pem", "--insecure"], "cannot be used with"),
        (&["--url", url, "--ca", "none.pem"], "error: --ca none.pem: "),
        (&["--url", url, "--pin", "sha256/AAAA"], "error: --pin: "),
        (&["--url", ws, "--user", "1001"], "CONFORMANCE_PASSWORD"),
        (&["--url", "https://127.0.0.1/", "--insecure"], "neither ws nor wss"),
        (&["--url", ws, "--sabotage", "extra-element"], "cannot be used with"),
        (&["--url", ws, "--target", "mock"], "target mock is a fake;"),
        (
            &["--target", "lab"],
            "target lab is a server: say so with --url wss://lab.example.com:8445/ws/",
        ),
    ] {
        let ran = suite.run(&[&["conformance"], args].concat());
        assert!(ran.complains(64).contains(said), "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
}

#[test]
fn a_password_that_cannot_be_kept_secret_is_refused() {
    let suite = Suite::with_a_fake();
    let target = "url = \"ws://127.0.0.1:1/ws/\"\ni_may_test = \"{env:LAB_I_MAY_TEST}\"\n[account.agent]\nuser = \"1001\"\npassword = \"{env:LAB_PASSWORD}\"\n";
    suite.write("xtask/targets/lab.toml", target);
    let url = ["--url", "ws://127.0.0.1:1/ws/"];
    for (args, named) in [
        (
            &["conformance", "--target", "lab"][..],
            "{env:LAB_PASSWORD}, the password of [account.agent], has 3",
        ),
        (&["probe", "lab"], "target lab: {env:LAB_PASSWORD}"),
        (&["sweep", "lab"], "target lab: {env:LAB_PASSWORD}"),
        (
            &[&["conformance"], &url[..], &["--user", "1001"]].concat(),
            "CONFORMANCE_PASSWORD, the password of --user 1001, has 3 characters",
        ),
        (
            &[&["bench"], &url[..], &["--user", "1001"]].concat(),
            "a password of --user or --users has 3",
        ),
    ] {
        let mut command = suite.command(args);
        command.env("CONFORMANCE_PASSWORD", "äöü").env("LAB_PASSWORD", "x y");
        command.env("LAB_I_MAY_TEST", "127.0.0.1");
        let ran = crate::suite::Ran::of(command.output().unwrap());
        let said = ran.complains(64);
        assert!(
            said.contains(named) && said.contains("give the account a longer password"),
            "{said}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_no_fault_of_the_case() {
    let suite = Suite::with_a_fake();
    let mut command =
        suite.command(&["conformance", "--url", "ws://127.0.0.1:1/ws/", "--user", "x"]);
    command.env("CONFORMANCE_PASSWORD", "yyyy");
    let ran = crate::suite::Ran::of(command.output().unwrap());
    let said = ran.complains(3);
    assert_eq!(said.matches("check the port, and whether the server runs").count(), 1, "{said}");
    assert_eq!(ran.stdout, "", "no case is blamed");
    assert!(!suite.has("snapshots/upgrade/connects@url.snap.new"), "nobody said anything");
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let suite = Suite::with_a_fake();
    let url = "ws://1001:it-is-me@127.0.0.1:1/ws/";
    for command in ["listen", "probe", "conformance", "bench"] {
        let mut command = suite.command(&[command, "--url", url, "--user", "1001"]);
        let ran =
            crate::suite::Ran::of(command.env("CONFORMANCE_PASSWORD", "longer").output().unwrap());
        let said = ran.complains(64);
        assert!(said.contains("ws://1001:***@127.0.0.1:1/ws/"), "{said}");
        assert!(!said.contains("it-is-me") && ran.stdout.is_empty(), "{said}");
    }
}
