//! `fmt`: one form, whatever it is asked about, and nothing written that was not meant.

use crate::suite::{CONNECTS, Suite};

/// The same case in another layout.
const UNTIDY: &str = r#"+++
level = "must"
roles = ["server"]
title = "the server takes another connection"
spec = ["robustness"]
+++


# Kept.
agent ==   connect


agent -> <iq   id='1' type="get" xmlns="jabber:client"><ping xmlns="urn:xmpp:ping"></ping></iq>
"#;

const TIDY: &str = r#"+++
title = "the server takes another connection"
spec  = ["robustness"]
level = "must"
roles = ["server"]
+++
# Kept.
agent == connect

agent -> <iq xmlns="jabber:client" id="1" type="get">
           <ping xmlns="urn:xmpp:ping"/>
         </iq>
"#;

fn untidy() -> Suite {
    let suite = Suite::new();
    suite.write("cases/upgrade/untidy.case", UNTIDY);
    suite
}

#[test]
fn check_shows_the_difference_and_changes_nothing() {
    let suite = untidy();
    let ran = suite.run(&["fmt", "--check"]);
    insta::assert_snapshot!(ran.says(1), @r#"
    cases/upgrade/untidy.case
      @@ -1,13 +1,12 @@
       +++
      +title = "the server takes another connection"
      +spec  = ["robustness"]
       level = "must"
       roles = ["server"]
      -title = "the server takes another connection"
      -spec = ["robustness"]
       +++
      -
      -
       # Kept.
      … and 8 lines more

    1 of 2 files not formatted; run `finesse-conformance fmt`
    "#);
    assert_eq!(suite.read("cases/upgrade/untidy.case"), UNTIDY);
}

#[test]
fn files_are_formatted_once() {
    let suite = untidy();
    assert_eq!(suite.run(&["fmt"]).says(0), "formatted cases/upgrade/untidy.case\n");
    assert_eq!(suite.read("cases/upgrade/untidy.case"), TIDY);
    assert_eq!(suite.read("cases/upgrade/connects.case"), CONNECTS);
    assert_eq!(suite.run(&["fmt", "--check"]).says(0), "2 files: formatted\n");
}

#[test]
fn only_what_is_meant_is_formatted() {
    for word in [
        "upgrade/untidy",
        "*/untidy",
        "upgrade/untidy.case",
        "../cases/upgrade/untidy.case",
        "upgrade",
    ] {
        let suite = untidy();
        suite.write("cases/bind/untidy-too.case", UNTIDY);
        assert_eq!(
            suite.run(&["fmt", word]).says(0),
            "formatted cases/upgrade/untidy.case\n",
            "{word}"
        );
        assert_eq!(suite.read("cases/bind/untidy-too.case"), UNTIDY);
    }
}

#[test]
fn a_word_that_means_nothing_is_said() {
    let suite = untidy();
    assert_eq!(
        suite.run(&["fmt", "upgrade/untdiy"]).complains(4),
        "error: nothing is called `upgrade/untdiy`; did you mean `upgrade/untidy`?\n"
    );
    assert!(suite.run(&["fmt", "none.case"]).complains(64).starts_with("error: none.case: "));
}

#[test]
fn a_file_that_does_not_parse_is_left_alone_and_hinders_no_other() {
    let suite = untidy();
    let broken = CONNECTS.replace("agent == connect", "agent == conect");
    suite.write("cases/upgrade/broken.case", &broken);
    let ran = suite.run(&["fmt"]);
    assert!(ran.complains(65).contains("cases/upgrade/broken.case:7:10"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "formatted cases/upgrade/untidy.case\n");
    assert_eq!(suite.read("cases/upgrade/broken.case"), broken);
}

#[test]
fn fragments_are_formatted_too() {
    let suite = Suite::new();
    let tidy = "+++\ntitle  = \"there is a connection\"\nparams = [\"conn\"]\nowner  = \"upgrade/connects\"\n+++\nconn == connect\n";
    suite.write("cases/_fragments/connected.case", &tidy.replace("  =", "="));
    assert_eq!(
        suite.run(&["fmt", "_fragments/*"]).says(0),
        "formatted cases/_fragments/connected.case\n"
    );
    assert_eq!(suite.read("cases/_fragments/connected.case"), tidy);
}
