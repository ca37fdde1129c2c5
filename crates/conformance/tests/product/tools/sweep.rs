//! `sweep` and `expect`: what is left behind on a server, and what is put up with from it.

use std::process::Command;

use crate::fake::Fake;
use crate::suite::{Ran, Suite, upgrade_case};

/// Subscribes, and forgets to undo it.
fn forgets(title: &str, resource: &str, jid: &str, node: &str) -> String {
    format!(
        r#"+++
title = "{title}"
spec  = ["XEP-0060 §6.1"]
level = "must"
roles = ["server"]
needs = ["node.open"]
effects = "state"
+++
use bound(agent, agent, {resource})

agent -> <iq xmlns="jabber:client" type="set" id="sub-1" to="{{pubsub}}">
           <pubsub xmlns="http://jabber.org/protocol/pubsub">
             <subscribe node="{node}" jid="{jid}"/>
           </pubsub>
         </iq>

agent <- <iq xmlns="jabber:client" type="result" id="sub-1"/>
"#
    )
}

fn lab(suite: &Suite, fake: &Fake) {
    let text = format!(
        "# Of the lab.\nurl = \"ws://127.0.0.1:{}/ws/\"\ni_may_test = \"{{env:LAB_I_MAY_TEST}}\"\npace = \"0s\"\n\
         effects = [\"none\", \"session\", \"state\"]\n\n[account.agent]\nuser = \"1001\" # the tester\n\
         password = \"{{env:LAB_PASSWORD}}\"\n\n[provides]\n\"node.open\" = \"/lab/open\"\n\n# KnownValue differences.\n",
        fake.port()
    );
    suite.write("xtask/targets/lab.toml", &text);
}

fn run(suite: &Suite, args: &[&str]) -> Ran {
    let mut command: Command = suite.command(args);
    command.env("LAB_I_MAY_TEST", "127.0.0.1").env("LAB_PASSWORD", "secret");
    Ran::of(command.output().unwrap())
}

#[test]
fn what_runs_left_behind_goes_and_what_others_have_stays() {
    let home = Suite::of_the_project();
    let fake = Fake::start(&home, &["--plain", "--node", "/lab/open"]);
    // Somebody else's client, with a suite of its own that knows another resource.
    let other = Suite::of_the_project();
    lab(&other, &fake);
    let (full, bare) = ("{conn.agent.jid}", "{agent.user}@{domain}");
    other.write("cases/zz/crm.case", &forgets("a", "crm", full, "/lab/open"));
    other.write("cases/zz/own.case", &forgets("b", "crm", full, "/finesse/api/User/1001"));
    other.write("cases/zz/probe.case", &forgets("c", "probe", full, "/finesse/api/User/1001"));
    other.write("cases/zz/bare.case", &forgets("d", "probe", bare, "/lab/open"));
    run(&other, &["conformance", "--target", "lab", "zz"]).says(2);

    lab(&home, &fake);
    let listed = run(&home, &["sweep", "lab", "--dry-run"]);
    insta::assert_snapshot!(listed.says(0), @r"
    warning: there is no TLS: others on the way can read the passwords
    account agent, 1001, at pubsub.finesse.example.com: 7 subscriptions
      stays     /finesse/api/SystemInfo         1001@finesse.example.com        may be a default subscription of the agent
      stays     /finesse/api/User/1001          1001@finesse.example.com        may be a default subscription of the agent
      stays     /finesse/api/User/1001          1001@finesse.example.com/crm    a resource that none of our cases binds
      stays     /finesse/api/User/1001/Dialogs  1001@finesse.example.com        may be a default subscription of the agent
      would go  /finesse/api/User/1001          1001@finesse.example.com/probe  the resource probe is one that our cases bind
      would go  /lab/open                       1001@finesse.example.com        the node is there for our cases ([provides])
      would go  /lab/open                       1001@finesse.example.com/crm    the node is there for our cases ([provides])
    ");
    assert_eq!(
        run(&home, &["sweep", "lab", "--dry-run"]).says(0),
        listed.stdout,
        "nothing was done"
    );
    let swept = run(&home, &["sweep", "lab"]);
    let said = swept.says(0);
    assert_eq!(
        (said.matches("  removed ").count(), said.matches("  stays ").count()),
        (3, 4),
        "{said}"
    );
    let after = run(&home, &["sweep", "lab"]);
    assert_eq!(
        (after.says(0).matches("removed").count(), after.stdout.matches("stays").count()),
        (0, 4)
    );
}

#[test]
fn nothing_is_swept_on_a_fake_or_without_leave() {
    let suite = Suite::of_the_project();
    assert!(
        suite.run(&["sweep", "mock"]).complains(64).contains("no subscriptions are left behind")
    );
    let fake = Fake::start(&suite, &["--plain"]);
    lab(&suite, &fake);
    let mut command = suite.command(&["sweep", "lab"]);
    command.env("LAB_I_MAY_TEST", "elsewhere").env("LAB_PASSWORD", "secret");
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.complains(64).contains("is not named twice"), "{}", ran.stderr);
    drop(fake);
    let gone = run(&suite, &["sweep", "lab"]);
    assert!(gone.complains(3).contains("account agent: TCP: "), "{}", gone.stderr);
}

/// A claim that no server meets.
const REFUSED: &str = upgrade_case!(
    r#"title = "a request to switch is not granted"
spec  = ["robustness"]
level = "must"
roles = ["server"]
"#,
    r#"
agent <- HTTP/1.1 426
"#
);

#[test]
fn what_a_case_came_to_is_listed_and_expected_from_then_on() {
    let suite = Suite::of_the_project();
    suite.write("cases/zz/refused.case", REFUSED);
    let fake = Fake::start(&suite, &["--plain"]);
    lab(&suite, &fake);
    let expect = |args: &[&str]| run(&suite, &[&["expect", "lab"], args].concat());
    let reason = ["--reason", "switches \"whoever\" asks"];
    let unplayed = expect(&[&["zz/refused"], &reason[..]].concat());
    assert!(
        unplayed.complains(64).contains("zz/refused has no result for lab"),
        "{}",
        unplayed.stderr
    );
    run(&suite, &["conformance", "--target", "lab", "zz", "upgrade/minimal"]).says(1);

    let before = suite.read("xtask/targets/lab.toml");
    let wrong = expect(&["zz/refused", "--reason", "r", "--until", "tomorrow"]);
    assert!(wrong.complains(64).contains("wanted a date as YYYY-MM-DD"), "{}", wrong.stderr);
    assert_eq!(
        suite.read("xtask/targets/lab.toml"),
        before,
        "nothing is written that would not be read"
    );

    let listed = expect(
        &[&["cases/zz/refused.case"], &reason[..], &["--link", "https://t.example.com/1"]].concat(),
    );
    assert!(listed.says(0).starts_with("listed in xtask/targets/lab.toml:"), "{}", listed.stdout);
    let after = suite.read("xtask/targets/lab.toml");
    let entry = after.strip_prefix(before.trim_end()).expect("all else stays as it was");
    let entry: Vec<&str> = entry.trim().lines().filter(|line| !line.starts_with("since")).collect();
    insta::assert_snapshot!(entry.join("\n"), @r#"
    [[deviation]]
    case    = "zz/refused"
    step    = "agent <- HTTP/1.1 426"
    outcome = "fail"
    reason  = 'switches "whoever" asks'
    link    = "https://t.example.com/1"
    "#);

    let again = expect(&[&["zz/refused"], &reason[..]].concat());
    assert!(again.complains(1).contains("is listed already"), "{}", again.stderr);
    let played = run(&suite, &["conformance", "--target", "lab", "zz/refused", "-v"]);
    assert!(
        played.stdout.contains("drift            zz/refused"),
        "its transcript is new: {}",
        played.stdout
    );
    suite.run(&["review", "--accept", "zz/refused"]).says(0);
    let played = run(&suite, &["conformance", "--target", "lab", "zz/refused", "-v"]);
    let said = played.says(0);
    assert!(said.contains("1 expected") && said.contains("asks (since 20"), "{said}");

    let holds = expect(&["upgrade/minimal", "--reason", "r"]);
    assert!(
        holds.complains(1).contains("finesse-conformance review upgrade/minimal"),
        "{}",
        holds.stderr
    );
    let unknown = expect(&["upgrade/minmal", "--reason", "r"]);
    assert!(unknown.complains(64).contains("did you mean `upgrade/minimal`"), "{}", unknown.stderr);
}

#[test]
fn retries_are_for_servers() {
    let suite = Suite::with_a_fake();
    let ran = suite.run(&["conformance", "--retries", "2"]);
    assert!(ran.complains(64).contains("--retries is for servers"), "{}", ran.stderr);
}
