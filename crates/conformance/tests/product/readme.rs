//! `readme`: passages of the documents that are made from something else.

use std::process::Command;

use crate::suite::{Suite, project};

#[test]
fn the_documents_of_the_project_are_what_is_made_of_them() {
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
    suite.write("examples/a.rs", "use b;\n\n#[test]\nfn goes() {\n    b();\n}\n\nfn other() {}\n");
    suite.write("docs/a.md", "<!-- made from test examples/a.rs goes -->\n<!-- end -->\n");
    suite.write("examples/README.md", "nothing is made here\n");
    let complaint = suite.run(&["readme", "--check"]);
    assert!(complaint.complains(1).contains("README.md is out of date; run `cargo xtask readme`"));
    assert_eq!(suite.read("README.md"), marks);

    assert_eq!(suite.run(&["readme"]).says(0), "wrote README.md\nwrote docs/a.md\n");
    let made = "# A\n<!-- made from file examples/a.mjs -->\n```js\ngo();\n```\n<!-- end -->\n";
    assert_eq!(suite.read("README.md"), made);
    assert!(suite.read("docs/a.md").contains("```rust\n#[test]\nfn goes() {\n    b();\n}\n```\n"));
    assert_eq!(suite.run(&["readme", "--check"]).says(0), "");
}

#[test]
fn the_map_of_the_crates_is_made_from_their_manifests() {
    let suite = Suite::with_a_fake();
    let manifest = |folder: &str, package: &str, rest: &str| {
        let text = format!("[package]\nname = \"{package}\"\ndescription = \"{folder}!\"\n{rest}");
        suite.write(&format!("crates/{folder}/Cargo.toml"), &text);
    };
    manifest("a", "a", "[target.'cfg(unix)'.dependencies]\nlong-b = {}\n");
    manifest("b", "long-b", "[dependencies]\nserde = \"1\"\n");
    suite.write("README.md", "<!-- made from rooms -->\n<!-- end -->\n");
    assert_eq!(suite.run(&["readme"]).says(0), "wrote README.md\n");
    assert!(suite.read("README.md").contains("| `b` | b! |  |\n| `a` | a! | `b` |\n"));

    manifest("b", "long-b", "[dependencies]\na = {}\n");
    assert!(suite.run(&["readme"]).complains(64).contains("in a circle"));
}

#[test]
fn what_cannot_be_made_is_said_with_its_line() {
    let suite = Suite::with_a_fake();
    suite.write("examples/a.rs", "fn goes() {\n}\n");
    for (what, why) in [
        (
            "test examples/a.rs comes",
            "README.md: line 1: `test examples/a.rs comes`: examples/a.rs: no test comes",
        ),
        (
            "file examples/none.mjs",
            "README.md: line 1: `file examples/none.mjs`: examples/none.mjs: ",
        ),
        (
            "clientele",
            "README.md: line 1: `clientele`: unknown kind of passage; wanted `clients`, `clients by case`, `events`, `faults`",
        ),
    ] {
        suite.write("README.md", &format!("<!-- made from {what} -->\n<!-- end -->\n"));
        let ran = suite.run(&["readme"]);
        assert!(ran.complains(64).contains(why), "{}", ran.stderr);
    }
}
