//! `lint`: all errors at once, each at its place; names of cases wherever they stand.

use crate::suite::{CONNECTS, Suite};

#[test]
fn a_clean_suite_is_counted() {
    let suite = Suite::new();
    assert_eq!(suite.run(&["lint"]).says(0), "1 case, 0 fragments: clean\n");
    assert_eq!(suite.run(&["lint", "upgrade/*"]).says(0), "1 case, 0 fragments: clean\n");
}

#[test]
fn all_errors_of_all_files_are_shown_at_once() {
    let suite = Suite::new();
    let one = CONNECTS.replace("level = \"must\"", "level = \"most\"");
    suite.write("cases/bind/one.case", &one.replace("agent == connect", "agent == conect"));
    suite.write(
        "cases/bind/two.case",
        &format!("{CONNECTS}\nagent -> <iq xmlns=\"jabber:client\">\n"),
    );
    let ran = suite.run(&["lint"]);
    insta::assert_snapshot!(ran.complains(65), @r#"
    error[head-value]: there is no level `most`
     --> cases/bind/one.case:4:9
      |
    4 | level = "most"
      |         ^^^^^^
      |
      = help: did you mean `must`?

    error[fact]: there is no fact `conect`
     --> cases/bind/one.case:7:10
      |
    7 | agent == conect
      |          ^^^^^^
      |
      = help: did you mean `connect`?

    error[xml]: not one well-formed element
     --> cases/bind/two.case:9:36
      |
    9 | agent -> <iq xmlns="jabber:client">
      |                                    ^ element `iq` is not closed
      |
      = help: indent all lines of a payload deeper than its arrow or label; an empty line ends it
    "#);
    assert_eq!(ran.stdout, "");
}

#[test]
fn findings_are_shown_where_they_are() {
    let suite = Suite::new();
    suite.write("cases/bind/same.case", CONNECTS);
    suite.write(
        "cases/sasl/other.case",
        &CONNECTS
            .replace("a connection", "another")
            .replace("agent ==", "agent <- [eof]\nagent =="),
    );
    let ran = suite.run(&["lint"]);
    insta::assert_snapshot!(ran.complains(1), @r#"
    error[not-connected]: `agent` is not connected yet
     --> cases/sasl/other.case:7:1
      |
    7 | agent <- [eof]
      | ^^^^^
      |
      = help: write `agent == connect` before this step, or use a fragment such as `use upgraded(agent)`

    error[duplicate-title]: another case has this title
     --> cases/upgrade/connects.case:2:9
      |
    2 | title = "the server takes a connection"
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `bind/same` has it too

    error: 3 cases, 0 fragments: 2 findings
    "#);
    assert_eq!(suite.run(&["lint", "bind"]).says(0), "1 case, 0 fragments: clean\n");
    assert!(suite.run(&["lint", "sasl"]).complains(1).contains("1 case, 0 fragments: 1 finding\n"));
}

#[test]
fn what_is_volatile_is_in_a_transcript() {
    let suite = Suite::new();
    let case =
        CONNECTS.replace("+++\nagent", "volatile = [\"agent == c\", \"the time\"]\n+++\nagent");
    suite.write("cases/upgrade/connects.case", &case);
    // Before anything is accepted, nothing can be said of it.
    assert_eq!(suite.run(&["lint"]).says(0), "1 case, 0 fragments: clean\n");
    suite.write_snapshot("upgrade/connects@lab.snap", "agent == connect");
    insta::assert_snapshot!(suite.run(&["lint"]).complains(1), @r#"
    error: cases/upgrade/connects.case:6:27: no line of an accepted transcript begins with `the time`; `volatile` says how lines begin, as in `volatile = ["agent reports notification"]`
    error: 1 case, 0 fragments: 1 finding
    "#);
}

#[test]
fn names_of_cases_outside_cases_must_be_names_of_cases() {
    let suite = Suite::new();
    let deviation = |case: &str| {
        format!(
            "\n[[deviation]]\ncase = \"{case}\"\nstep = \"x\"\noutcome = \"fail\"\nreason = \"r\"\nlink = \"l\"\n"
        )
    };
    let target = "profile = \"finesse\"\n";
    suite.write(
        "xtask/targets/mock.toml",
        &format!("{target}{}{}", deviation("upgrade/*"), deviation("upgrade/conects")),
    );
    suite.write("xtask/targets/lab.toml", "profil = \"finesse\"\n");
    suite.write(
        "cases/_sabotage.toml",
        "[[row]]\nswitch = \"s\"\nmust_fail = [\"upgrade/connects\", \"gone/one\"]\nalso = [{ case = \"gone/two\", reason = \"r\" }]\n\n[[row]]\nswitch = \"t\"\ncontrol = \"nothing\"\n",
    );
    let ran = suite.run(&["lint"]);
    insta::assert_snapshot!(ran.complains(1), @r"
    error: xtask/targets/lab.toml:1:1: unknown field `profil`, expected one of `profile`, `url`, `i_may_test`, `trust`, `domain`, `account`, `pace`, `login_failures`, `allow_desktop`, `vendor`, `patience`, `effects`, `provides`, `lacks`, `volatile`, `deviation`, `like`, `real`
    error: xtask/targets/mock.toml:11:8: nothing is called `upgrade/conects`; did you mean `upgrade/connects`?
    error: cases/_sabotage.toml:3:34: nothing is called `gone/one`; of areas there is upgrade
    error: cases/_sabotage.toml:4:18: nothing is called `gone/two`; of areas there is upgrade
    error: 1 case, 0 fragments: 4 findings
    ");
    // They belong to no case.
    assert_eq!(suite.run(&["lint", "upgrade"]).says(0), "1 case, 0 fragments: clean\n");
}

#[test]
fn links_into_the_repository_lead_somewhere() {
    let suite = Suite::new();
    let deviation = |link: &str| {
        format!(
            "\n[[deviation]]\ncase = \"upgrade/*\"\nstep = \"x\"\noutcome = \"fail\"\nreason = \"r\"\nlink = \"{link}\"\n"
        )
    };
    let links = [
        "https://example.com/recordings/1",
        "bug 7",
        "cases/upgrade/connects.case#L1",
        "cases/gone.txt",
    ];
    let deviations: String = links.iter().map(|link| deviation(link)).collect();
    suite.write("xtask/targets/mock.toml", &format!("profile = \"finesse\"\n{deviations}"));
    insta::assert_snapshot!(suite.run(&["lint"]).complains(1), @r#"
    error: xtask/targets/mock.toml:29:8: no file "cases/gone.txt" in the repository
    error: 1 case, 0 fragments: 1 finding
    "#);
}

#[test]
fn nothing_to_look_at_is_not_clean() {
    let suite = Suite::new();
    std::fs::remove_file(suite.path("cases/upgrade/connects.case")).unwrap();
    assert!(suite.run(&["lint"]).complains(4).contains("no case file under"));
    assert!(Suite::new().run(&["lint", "upgrad"]).complains(4).contains("did you mean `upgrade`"));
}
