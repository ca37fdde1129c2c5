//! `readme`: passages of the readmes that are made from something else.

use std::process::Command;

use crate::suite::{Suite, project};

#[test]
fn the_readmes_of_the_project_are_what_is_made_of_them() {
    let output = Command::new(env!("CARGO_BIN_EXE_finesse-conformance"))
        .args(["readme", "--check"])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_listing_that_is_out_of_date_is_found_and_made_anew() {
    let suite = Suite::with_a_fake();
    suite.write("examples/a.mjs", "go();\n");
    let marks = "# A\n<!-- made from file examples/a.mjs -->\nold\n<!-- end -->\n";
    suite.write("README.md", marks);
    suite.write("examples/README.md", "nothing is made here\n");
    let complaint = suite.run(&["readme", "--check"]);
    assert!(
        complaint.complains(1).contains("README.md is not what `cargo xtask readme` makes of it")
    );
    assert_eq!(suite.read("README.md"), marks);

    assert_eq!(suite.run(&["readme"]).says(0), "wrote README.md\n");
    let made = "# A\n<!-- made from file examples/a.mjs -->\n```js\ngo();\n```\n<!-- end -->\n";
    assert_eq!(suite.read("README.md"), made);
    assert_eq!(suite.run(&["readme", "--check"]).says(0), "");
}

#[test]
fn what_cannot_be_made_is_said_with_its_line() {
    let suite = Suite::with_a_fake();
    for (what, why) in [
        (
            "file examples/none.mjs",
            "README.md: line 1: `file examples/none.mjs`: examples/none.mjs: ",
        ),
        (
            "clientele",
            "README.md: line 1: `clientele`: nothing is made from that; wanted `clients`",
        ),
    ] {
        suite.write("README.md", &format!("<!-- made from {what} -->\n<!-- end -->\n"));
        let ran = suite.run(&["readme"]);
        assert!(ran.complains(64).contains(why), "{}", ran.stderr);
    }
}
