//! Tokens on lines that the other side speaks.

use super::{bindings, template};
use crate::template::fits;

fn fit(inside: &str, value: impl AsRef<[u8]>) -> bool {
    fits(&template(inside), value.as_ref(), &mut bindings())
}

/// The captures of `inside` from `value` under `names`.
fn captured<'a>(
    inside: &str,
    value: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut bindings = bindings();
    assert!(fits(&template(inside), value.as_bytes(), &mut bindings), "{inside} {value}");
    names.into_iter().map(|name| bindings.value(name).unwrap_or("–").to_owned()).collect()
}

#[test]
fn each_token_takes_what_it_should_and_nothing_else() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("", &[""], &["a"]),
        ("a{{b}}.", &["a{b}."], &["a{b}x", "A{b}."]),
        ("{domain}", &["x.test"], &["xxtest", "x.test ", ""]),
        ("{odd}", &["a.b{c}"], &["axb{c}"]),
        ("{nobody}", &[], &["", "nobody"]),
        ("{*}", &["a", "a\nb", "é", " "], &[""]),
        ("{x=*}", &["a"], &[""]),
        ("{*}@{domain}", &["a@x.test", "a@b@x.test"], &["@x.test", "a@y.test"]),
        ("{id#1}", &["a"], &[""]),
        ("{base64(3)}", &["AAAA"], &["AAA", "AAAAAAAA", "AA==", "AA-A"]),
        ("{random(4)}", &["ab27", "what the other side made up"], &[""]),
        ("{jid(agent)}", &["1001@x.test"], &["1002@x.test"]),
        ("{jid(agent)}/{*}", &["1001@x.test/r"], &["1001@x.test/", "1001@xxtest/r"]),
        (r#"{accept("dGhlIHNhbXBsZSBub25jZQ==")}"#, &["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], &["x"]),
        ("{plain(agent.user, agent.password)}", &["ADEwMDEAZ2VoZWlt"], &["ADEwMDEAZ2VoZWl0"]),
        // With the account's own JID as authorization identity, and with another's.
        (
            "{plain(agent.user, agent.password)}",
            &["MTAwMUB4LnRlc3QAMTAwMQBnZWhlaW0="],
            &["MTAwMkB4LnRlc3QAMTAwMQBnZWhlaW0="],
        ),
    ];
    for (inside, good, bad) in table {
        for value in *good {
            assert!(fit(inside, value), "{inside} should take {value:?}");
        }
        for value in *bad {
            assert!(!fit(inside, value), "{inside} should not take {value:?}");
        }
    }
}

#[test]
fn a_regex_that_is_the_whole_value_searches() {
    assert!(fit(r"{/o./}", "Sword of"));
    assert!(fit(r"{/^[45]\d\d$/}", "426"));
    assert!(!fit(r"{/^[45]\d\d$/}", "4261"));
}

#[test]
fn a_regex_that_is_a_part_matches_its_part_whole() {
    assert!(fit(r"a{/b|cd/}e", "acde"));
    assert!(!fit(r"a{/b|cd/}e", "axcde"));
    assert!(!fit(r"a{/b/}", "abb"));
}

#[test]
fn groups_in_a_regex_do_not_disturb_captures() {
    assert_eq!(captured(r"{/(a)(b)/}-{x=*}", "ab-c", ["x"]), ["c"]);
    assert_eq!(captured(r"{/(?<n>a)/}-{x=*}", "a-c", ["x"]), ["c"]);
    assert_eq!(captured(r"{/[(]/}-{x=*}", "(-c", ["x"]), ["c"]);
}

#[test]
fn captures_are_as_short_as_can_be() {
    assert_eq!(captured("{a=*}-{b=*}", "1-2-3", ["a", "b"]), ["1", "2-3"]);
    assert_eq!(captured("{u=*}@{d=*}/{r=*}", "a@b/c/d", ["u", "d", "r"]), ["a", "b", "c/d"]);
    assert_eq!(captured("{k=base64(3)}.", "AAAA.", ["k"]), ["AAAA"]);
    assert_eq!(captured("{r=random(2)}-{x=*}", "abc-d", ["r", "x"]), ["abc", "d"]);
}

#[test]
fn nothing_is_captured_unless_all_fits() {
    let mut bindings = bindings();
    assert!(!fits(&template("{a=*}@{domain}"), b"1@y.test", &mut bindings));
    assert!(!fits(&template("{a=base64(3)}"), b"AA==", &mut bindings));
    assert_eq!(bindings.value("a"), None);
}

#[test]
fn what_was_captured_is_demanded_after_and_the_last_capture_counts() {
    let mut bindings = bindings();
    assert!(fits(&template("{a=*}"), b"one", &mut bindings));
    assert!(fits(&template("{a}"), b"one", &mut bindings));
    assert!(!fits(&template("{a}"), b"two", &mut bindings));
    assert!(fits(&template("{a=*}"), b"two", &mut bindings));
    assert!(fits(&template("{a}"), b"two", &mut bindings));
}

#[test]
fn equal_placeholders_mean_equal_values() {
    let mut bindings = bindings();
    assert!(fits(&template("{id#1}/{id#2}"), b"a/b", &mut bindings));
    assert!(fits(&template("{id#2}"), b"b", &mut bindings));
    assert!(!fits(&template("{id#1}"), b"b", &mut bindings));
    assert!(fits(&template("{x#1}"), b"b", &mut bindings));
    assert!(fit("{x#1}-{x#1}", "a-a"));
    assert!(!fit("{x#1}-{x#1}", "a-b"));
}

#[test]
fn octets_that_are_no_text_are_taken_too() {
    assert!(fit(r"\xffa", b"\xffa"));
    assert!(!fit(r"\xffa", b"\xfea"));
    assert!(fit("{*}", b"\xff\xfe"));
    assert!(fit(r"\xff{*}b", b"\xff\x00\x80b"));
    assert!(!fit("{*}", b""));
}
