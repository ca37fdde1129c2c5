//! `new`: its cases are clean and play.

use crate::suite::Suite;

#[test]
fn a_new_case_is_formatted_has_no_findings_and_plays() {
    let suite = Suite::of_the_project();
    let ran = suite.run(&["new", "bind/just-written"]);
    assert!(
        ran.says(0).starts_with("wrote cases/bind/just-written.case\n\nnext:\n"),
        "{}",
        ran.stdout
    );
    insta::assert_snapshot!(suite.read("cases/bind/just-written.case"), @r#"
    +++
    title = "bind: just written"
    spec  = ["XEP-0199 §4.2"]
    level = "must"
    roles = ["server"]
    effects = "session"
    +++
    # A stanza of the client, and what the server must answer.
    use online(agent, agent, probe)

    agent -> <iq xmlns="jabber:client" type="get" to="{domain}" id="{ping=random(8)}">
               <ping xmlns="urn:xmpp:ping"/>
             </iq>

    agent <- <iq xmlns="jabber:client" type="result" from="{domain}" id="{ping}"/>
    "#);
    assert_eq!(suite.run(&["fmt", "--check", "bind/just-written"]).says(0), "1 file: formatted\n");
    assert_eq!(suite.run(&["lint", "bind/just-written"]).says(0), "1 case, 0 fragments: clean\n");

    // New is drift, until somebody accepts it.
    suite.run(&["conformance", "bind/just-written"]).says(2);
    assert!(suite.run(&["show", "bind/just-written"]).says(0).contains("xmpp:ping"));
    suite.run(&["review", "--accept"]).says(0);
    suite.run(&["conformance", "bind/just-written"]).says(0);
}

#[test]
fn title_and_clauses_are_taken() {
    let suite = Suite::of_the_project();
    let title = r#"a "quoted" claim {with} \ all"#;
    suite
        .run(&[
            "new",
            "sasl/just-written",
            "--title",
            title,
            "--spec",
            "RFC 6120 §6.3.6",
            "--spec",
            "robustness",
        ])
        .says(0);
    let text = suite.read("cases/sasl/just-written.case");
    assert!(text.contains(r#"title = "a \"quoted\" claim {with} \\ all""#), "{text}");
    assert!(text.contains(r#"spec  = ["RFC 6120 §6.3.6", "robustness"]"#), "{text}");
}

#[test]
fn nothing_is_overwritten_and_nothing_wrong_is_written() {
    let suite = Suite::of_the_project();
    let before = suite.read("cases/bind/twice.case");
    assert_eq!(
        suite.run(&["new", "bind/twice"]).complains(64),
        "error: cases/bind/twice.case exists already; nothing was written\n"
    );
    assert_eq!(suite.read("cases/bind/twice.case"), before);
    for id in ["twice", "Bind/x", "../bind/x", "_fragments/x", "bind/a/b"] {
        assert!(suite.run(&["new", id]).complains(64).contains("wanted AREA/SLUG"), "{id}");
    }
    let ran = suite.run(&["new", "bind/just-written", "--spec", "RFC 6120 §99"]);
    assert!(ran.complains(64).contains("there is no RFC 6120 §99"), "{}", ran.stderr);
    assert!(
        suite
            .run(&["new", "bind/just-written", "--spec", "rfc6120"])
            .complains(64)
            .contains("not a clause")
    );
    assert!(!suite.has("cases/bind/just-written.case"));
}
