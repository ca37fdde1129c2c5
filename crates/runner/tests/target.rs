//! Target files: what they say, and every mistake in one with its line and column.

use case::{Effects, Source};
use runner::{Deviation, Endpoint, Folder, Kind, Layers, Target};
use verdict::{Failure, ListedDeviation, Verdict};

fn parse(text: &str) -> Target {
    Target::parse("t", "t.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_small_file_has_the_usual_values() {
    let target = parse("profile = \"strict\"");
    assert_eq!(target.name, "t");
    assert_eq!(target.endpoint, Endpoint::Fake { profile: "strict".to_owned() });
    assert!(!target.vendor);
    assert!((target.patience - 1.0).abs() < f64::EPSILON);
    let all =
        [Effects::None, Effects::Session, Effects::State, Effects::Calls, Effects::LocksAccount];
    assert_eq!(target.effects, all);
    assert!(target.provides.is_empty() && target.deviations.is_empty());
}

#[test]
fn a_full_file_says_everything() {
    let target = parse(
        "url = \"wss://h.test/ws/\"\nvendor = true\npatience = 2\neffects = [\"none\", \"locks-account\"]\n\
         [provides]\n\"account other\" = \"\"\n\"node.open\" = \"/lab/open\"\n\
         [[deviation]]\ncase = \"bind/*\"\nstep = \"agent <- <iq\"\noutcome = \"non-strict\"\n\
         reason = \"r\"\nlink = \"l\"\nuntil = \"2027-02-28\"\nsometimes = true\n",
    );
    let Endpoint::Server(server) = &target.endpoint else { panic!("{:?}", target.endpoint) };
    assert_eq!(server.url.to_string(), "wss://h.test/ws/");
    assert!(target.vendor);
    assert!((target.patience - 2.0).abs() < f64::EPSILON);
    assert_eq!(target.effects, [Effects::None, Effects::LocksAccount]);
    let deviation = Deviation {
        case: "bind/*".to_owned(),
        step: "agent <- <iq".to_owned(),
        outcome: Verdict::NonStrict,
        about: ListedDeviation {
            reason: "r".to_owned(),
            link: Some("l".to_owned()),
            since: None,
            until: Some("2027-02-28".to_owned()),
            sometimes: true,
            like: None,
        },
    };
    assert_eq!(target.deviations, [deviation]);
    assert_eq!(target.deviations_of("bind/twice").count(), 1);
    assert_eq!(target.deviations_of("sasl/plain").count(), 0);
    let needs = ["account agent", "account other", "node.open", "node.absent", "stimulus"];
    assert_eq!(target.lacks(needs), ["node.absent", "stimulus"]);
}

/// A deviation in which `key` has another value.
fn with(key: &str, value: &str) -> String {
    let lines = [
        ("case", "\"a/b\""),
        ("step", "\"s\""),
        ("outcome", "\"fail\""),
        ("reason", "\"r\""),
        ("link", "\"l\""),
        ("until", "\"2027-01-01\""),
        ("sometimes", "false"),
    ];
    let mut text = "profile = \"strict\"\n[[deviation]]\n".to_owned();
    for (name, usual) in lines {
        text.push_str(&format!("{name} = {}\n", if name == key { value } else { usual }));
    }
    text
}

#[test]
fn every_mistake_has_its_place() {
    let date = "wanted a date as YYYY-MM-DD";
    let table = [
        (String::new(), "t.toml:1:1: wanted either `profile`, for a fake, or `url`"),
        (
            "profile = \"a\"\nurl = \"b\"".to_owned(),
            "t.toml:1:1: wanted either `profile`, for a fake, or `url`",
        ),
        (
            "profile = \"a\"\n\npatience = 0.0".to_owned(),
            "t.toml:3:12: patience is a factor above 0, and 100 at most",
        ),
        (
            "profile = \"a\"\npatience = -1".to_owned(),
            "t.toml:2:12: patience is a factor above 0, and 100 at most",
        ),
        (
            "profile = \"a\"\npatience = 1e300".to_owned(),
            "t.toml:2:12: patience is a factor above 0, and 100 at most",
        ),
        (
            "profile = \"a\"\npatience = inf".to_owned(),
            "t.toml:2:12: patience is a factor above 0, and 100 at most",
        ),
        (
            "profile = \"a\"\npatience = nan".to_owned(),
            "t.toml:2:12: patience is a factor above 0, and 100 at most",
        ),
        (
            "profile = \"é\"; effects = []".to_owned(),
            "t.toml:1:14: unexpected key or value, expected newline, `#`",
        ),
        (
            "profile = \"a\"\neffects = [\"none\", \"some\"]".to_owned(),
            "t.toml:2:11: no effect `some`: there is none, session, state, calls, locks-account",
        ),
        (
            "profile = \"a\"\ncolour = 1".to_owned(),
            "t.toml:2:1: unknown field `colour`, expected one of `profile`, `url`, `i_may_test`, `trust`, `domain`, `account`, `pace`, `login_failures`, `allow_desktop`, `vendor`, `patience`, `effects`, `provides`, `lacks`, `volatile`, `deviation`, `like`, `real`",
        ),
        (
            "profile = \"a\"\nvendor = \"yes\"".to_owned(),
            "t.toml:2:10: invalid type: string \"yes\", expected a boolean",
        ),
        (with("outcome", "\"error\""), "t.toml:5:11: no outcome `error`: fail, non-strict or info"),
        (with("step", "\" \""), "t.toml:4:8: an empty step would cover every step"),
        (with("reason", "\"\""), "t.toml:6:10: the reason is empty: give one"),
        (with("link", "\" \""), "t.toml:7:8: the link is empty: give one"),
        (with("until", "\"tomorrow\""), &format!("t.toml:8:9: {date}")),
        (with("until", "\"2027-1-1\""), &format!("t.toml:8:9: {date}")),
        (with("until", "\"2027-02-30\""), &format!("t.toml:8:9: {date}")),
        (
            "profile = \"a\"\n[[deviation]]\ncase = \"a\"\n".to_owned(),
            "t.toml:2:1: missing field `step`",
        ),
    ];
    for (text, wanted) in table {
        let error = Target::parse("t", "t.toml", &text).expect_err(wanted);
        assert_eq!(error.to_string(), wanted, "{text}");
    }
}

#[test]
fn a_name_that_no_case_can_need_is_answered_with_the_nearest() {
    let text = "profile = \"a\"\n[provides]\n\"team.id\" = \"1\"\n\"node.opne\" = \"/a\"";
    let error = Target::parse("t", "t.toml", text).unwrap_err().to_string();
    assert!(error.starts_with("t.toml:4:15: no case needs `node.opne`: there are "), "{error}");
    assert!(error.ends_with("; did you mean `node.open`?"), "{error}");
    let text = "profile = \"a\"\n[lacks]\n\"wrld\" = \"r\"";
    let error = Target::parse("t", "t.toml", text).unwrap_err().to_string();
    assert!(error.starts_with("t.toml:3:10: no case needs `wrld`: there are "), "{error}");
    let glob = "profile = \"a\"\n[lacks]\n\"wrld/*\" = \"r\"";
    assert!(Target::parse("t", "t.toml", glob).is_ok(), "a glob over cases");
}

#[test]
fn a_client_is_found_by_name_or_by_path_and_is_like_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let clients = folder.path().join("clients");
    std::fs::create_dir(&clients).unwrap();
    let layers = Layers::home(Folder::new(folder.path(), "home"), None);
    let write = |name: &str, text: &str| std::fs::write(clients.join(name), text).unwrap();
    write("mine.toml", "");
    write("other.toml", "like = \"mine\"");
    write("typo.toml", "like = \"mien\"");
    let base = Target::parse("mock", "mock.toml", "profile = \"finesse\"").unwrap();
    let client = |name: &str| base.clone().client(&layers, name, "program");
    assert_eq!(client("other").unwrap().like, ["mine"]);
    let path = clients.join("mine.toml").display().to_string();
    assert_eq!(client(&path).unwrap().name, "mine");
    let error = client("typo").unwrap_err().to_string();
    assert!(error.contains("like = \"mien\": no such client: there are mine, "), "{error}");
    for word in ["", "clients/mine"] {
        let error = client(word).unwrap_err().to_string();
        assert!(error.ends_with("without `.toml`, or a path with it"), "{error}");
    }
}

#[test]
fn files_are_found_by_name_or_by_path() {
    let folder = tempfile::tempdir().unwrap();
    let targets = folder.path().join("targets");
    std::fs::create_dir(&targets).unwrap();
    let layers = Layers::home(Folder::new(folder.path(), "home"), None);
    let write = |name: &str, text: &str| std::fs::write(targets.join(name), text).unwrap();
    write("mock.toml", "profile = \"finesse\"");
    write("lab.toml", "url = \"wss://h/\"");
    write("notes.txt", "");
    assert_eq!(layers.names(Kind::Targets), ["lab", "mock"]);
    assert_eq!(Target::load(&layers, "lab").unwrap().name, "lab");
    let path = targets.join("mock.toml").display().to_string();
    assert_eq!(Target::load(&layers, &path).unwrap().name, "mock");
    let unknown = Target::load(&layers, "mokc").unwrap_err();
    assert_eq!(unknown.to_string(), "no target `mokc`: there are lab, mock; did you mean `mock`?");
    let missing = Target::load(&layers, "/none/x.toml").unwrap_err();
    assert!(missing.to_string().starts_with("/none/x.toml: "), "{missing}");
}

fn failure(step: &str) -> Failure {
    let source = Source { path: "a".into(), text: String::new() };
    Failure::at(&source, &(0..0), String::new(), step.to_owned())
}

#[test]
fn a_deviation_covers_its_outcome_at_its_step_or_branch() {
    let text = with("step", "\"agent <- <iq\"");
    let deviation = &parse(&text).deviations[0];
    let at = |step| failure(step);
    assert!(deviation.covers(Verdict::Fail, Some(&at("agent <- <iq type='x'>")), None));
    assert!(!deviation.covers(Verdict::Fail, Some(&at("agent <- <i")), None));
    assert!(!deviation.covers(Verdict::Fail, Some(&at("other <- <iq/>")), None));
    assert!(!deviation.covers(Verdict::Info, Some(&at("agent <- <iq/>")), None));
    assert!(!deviation.covers(Verdict::Fail, None, None));
    assert!(deviation.covers(Verdict::Fail, None, Some("agent <- <iq")), "the text of a branch");
    assert!(!deviation.covers(Verdict::Fail, None, Some("agent <- <iq/>")), "as a whole");
}

#[test]
fn a_deviation_expires_after_its_last_day() {
    let deviation = &parse(&with("until", "\"2027-01-01\"")).deviations[0];
    assert!(!deviation.about.has_expired("2026-12-31"));
    assert!(!deviation.about.has_expired("2027-01-01"));
    assert!(deviation.about.has_expired("2027-01-02"));
    let endless = &parse("profile = \"a\"\n[[deviation]]\ncase = \"a\"\nstep = \"s\"\noutcome = \"info\"\nreason = \"r\"\nlink = \"l\"\n").deviations[0];
    assert!(!endless.about.has_expired("9999-12-31"));
}

#[test]
fn what_is_volatile_has_a_reason_and_is_cases_or_the_epilogue() {
    let text = "url = \"ws://h/\"\n[volatile]\nepilogue = \"a race\"\n\"bind/*\" = \"another\"\n";
    let target = Target::parse("t", "t.toml", text).unwrap();
    assert_eq!(target.volatile.values().collect::<Vec<_>>(), ["another", "a race"]);
    for (entry, said) in [
        ("epilogue = \"\"", "t.toml:3:12: the reason is empty: say why"),
        (
            "prologue = \"r\"",
            "t.toml:3:12: `prologue` is neither `epilogue` nor a case or a glob over cases",
        ),
    ] {
        let text = format!("url = \"ws://h/\"\n[volatile]\n{entry}\n");
        let error = Target::parse("t", "t.toml", &text).unwrap_err().to_string();
        assert_eq!(error, said);
    }
}

#[test]
fn what_a_target_cannot_be_is_ruled_out_with_a_reason() {
    let text = "url = \"ws://h/\"\n[lacks]\n\"node.whitelist\" = \"no such nodes\"\n\"bind/*\" = \"binds late\"\n";
    let target = Target::parse("t", "t.toml", text).unwrap();
    assert_eq!(target.rules_out("a/b", ["node.open", "node.whitelist"]), Some("no such nodes"));
    assert_eq!(target.rules_out("bind/twice", []), Some("binds late"));
    assert_eq!(target.rules_out("a/b", ["node.open"]), None);
    for (text, said) in [
        ("profile = \"a\"\n[lacks]\n\"node.open\" = \" \"\n", "t.toml:3:15: the reason is empty"),
        (
            "profile = \"a\"\n[provides]\nrest = \"\"\n[lacks]\nrest = \"r\"\n",
            "t.toml:5:8: `rest` is in [provides] as well",
        ),
    ] {
        let error = Target::parse("t", "t.toml", text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn a_deviation_of_a_server_needs_no_link_and_that_of_a_fake_does() {
    let deviation = "[[deviation]]\ncase = \"a/b\"\nstep = \"s\"\noutcome = \"fail\"\nreason = \"r\"\nsince = \"2026-11-25\"\n";
    let target = Target::parse("t", "t.toml", &format!("url = \"ws://h/\"\n{deviation}")).unwrap();
    assert_eq!(target.deviations[0].about.note(), "r (since 2026-11-25)");
    let error = Target::parse("t", "t.toml", &format!("profile = \"a\"\n{deviation}")).unwrap_err();
    assert!(error.to_string().starts_with("t.toml:6:10: a fake's deviation"), "{error}");
}
