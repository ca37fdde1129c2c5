//! `like`: what a target takes over from another, and what its own file says instead.

use runner::{Folder, Layers, Target, TargetError};
use tempfile::TempDir;

const SERVER: &str = "url = \"ws://h.test/ws/\"\n";

/// A deviation of `case`.
fn deviation(table: &str, case: &str, more: &str) -> String {
    format!(
        "[[{table}]]\ncase = \"{case}\"\nstep = \"agent <- <iq\"\noutcome = \"fail\"\n\
         reason = \"differs\"\nlink = \"l\"\n{more}\n"
    )
}

/// Target files, by name.
fn layers(files: &[(&str, String)]) -> (TempDir, Layers) {
    let root = tempfile::tempdir().expect("a folder");
    let targets = root.path().join("xtask/targets");
    std::fs::create_dir_all(&targets).expect("a folder");
    for (name, text) in files {
        std::fs::write(targets.join(format!("{name}.toml")), text).expect("a file");
    }
    let layers = Layers::checkout(Folder::new(root.path(), ""));
    (root, layers)
}

fn fake() -> String {
    format!(
        "profile = \"strict\"\n[lacks]\n\"time\" = \"t\"\n\"a/*\" = \"t\"\n[volatile]\n\"b/c\" = \"its\"\n\
         [real.volatile]\n\"epilogue\" = \"a race\"\n{}{}",
        deviation("deviation", "bind/twice", ""),
        deviation("real.deviation", "notify/*", "sometimes = true"),
    )
}

#[test]
fn a_server_takes_over_what_its_fake_does_and_what_a_real_one_does_now_and_then() {
    let own = format!(
        "like = \"fake\"\n{SERVER}[volatile]\n\"b/c\" = \"own\"\n{}",
        deviation("deviation", "sasl/abort", ""),
    );
    let (_root, layers) = layers(&[("fake", fake()), ("lab", own)]);
    let lab = Target::load(&layers, "lab").unwrap();
    assert_eq!(lab.like, ["fake"]);
    let listed: Vec<_> = lab
        .deviations
        .iter()
        .map(|one| (one.case.as_str(), one.about.like.as_deref(), one.about.sometimes))
        .collect();
    let wanted = [
        ("sasl/abort", None, false),
        ("bind/twice", Some("fake"), false),
        ("notify/*", Some("fake"), true),
    ];
    assert_eq!(listed, wanted);
    assert_eq!(lab.volatile["epilogue"], "a race");
    assert_eq!(lab.volatile["b/c"], "own", "its own file counts first");
    assert!(lab.rules_out.contains_key("a/*") && !lab.rules_out.contains_key("time"));
    // The fake itself does none of what a real one does now and then.
    let fake = Target::load(&layers, "fake").unwrap();
    assert_eq!((fake.deviations.len(), fake.volatile.len()), (1, 1));
}

#[test]
fn what_its_own_file_lists_for_a_case_replaces_what_it_would_take_over() {
    let own = format!("like = \"fake\"\n{SERVER}{}", deviation("deviation", "bind/*", ""));
    let (_root, layers) = layers(&[("fake", fake()), ("lab", own)]);
    let lab = Target::load(&layers, "lab").unwrap();
    let of = |id| lab.deviations_of(id).map(|one| one.about.like.clone()).collect::<Vec<_>>();
    assert_eq!(of("bind/twice"), [None]);
    assert_eq!(of("notify/burst"), [Some("fake".to_owned())]);
}

#[test]
fn a_fake_like_another_does_all_of_it_each_time() {
    let other = "profile = \"finesse\"\nlike = \"fake\"\n".to_owned();
    let lab = format!("like = \"other\"\n{SERVER}");
    let (_root, layers) = layers(&[("fake", fake()), ("other", other), ("lab", lab)]);
    let other = Target::load(&layers, "other").unwrap();
    assert_eq!(other.deviations.len(), 1);
    assert_eq!(other.deviations[0].about.like, None);
    assert!(!other.volatile.contains_key("epilogue"));
    let lab = Target::load(&layers, "lab").unwrap();
    assert_eq!(lab.like, ["other", "fake"]);
    assert_eq!(lab.deviations.len(), 2);
    assert!(lab.volatile.contains_key("epilogue"));
}

#[test]
fn every_mistake_names_the_file() {
    let like = |name: &str| format!("{SERVER}like = \"{name}\"\n");
    let (_root, layers) = layers(&[
        ("gone", like("nobody")),
        ("self", like("self")),
        ("a", like("b")),
        ("b", like("a")),
        ("bad", like("worse")),
        ("worse", "colour = 1".to_owned()),
        ("fake", "profile = \"strict\"\nlike = \"a\"".to_owned()),
        ("c", SERVER.to_owned()),
        ("pretence", "profile = \"strict\"\nlike = \"c\"".to_owned()),
        ("path", like("../c.toml")),
        ("real", format!("{SERVER}[real.volatile]\n\"a/b\" = \"why\"\n")),
    ]);
    let said = |name: &str| Target::load(&layers, name).unwrap_err().to_string().replace('\\', "/");
    let begins = [
        (
            "gone",
            "xtask/targets/gone.toml: like = \"nobody\": no target `nobody`: there are a, b, ",
        ),
        ("self", "xtask/targets/self.toml: like = \"self\": a target cannot be like itself"),
        ("a", "xtask/targets/a.toml: like = \"b\": xtask/targets/b.toml: like = \"a\": a target c"),
        ("bad", "xtask/targets/bad.toml: like = \"worse\": xtask/targets/worse.toml:1:1: unknown"),
        ("pretence", "xtask/targets/pretence.toml: like = \"c\": a fake is like another fake"),
        (
            "path",
            "xtask/targets/path.toml:2:8: wanted the name of a target, e.g. \"mock-openfire\"",
        ),
        ("real", "xtask/targets/real.toml:2:2: [real] belongs in the file of a fake"),
    ];
    for (name, begin) in begins {
        assert!(said(name).starts_with(begin), "{name}: {}", said(name));
    }
    assert!(matches!(Target::load(&layers, "gone"), Err(TargetError::Like { .. })));
}
