//! No spelling of a password comes through the mask, and nothing else is lost.

#[allow(dead_code, reason = "other tests use other parts")]
mod oracle;
mod processor;

use std::time::Duration;

use mask::Secrets;
use oracle::{SPELLINGS, shows};
use processor::processor_time;
use proptest::prelude::*;

fn secrets(passwords: &[&str]) -> Secrets {
    let mut secrets = Secrets::default();
    for password in passwords {
        secrets.password(*password, *password);
    }
    secrets
}

#[test]
fn every_spelling_is_replaced_and_nothing_beside_it() {
    for password in ["it's-me 77/\"<&>", "Grün-5\u{1f600}€", "abcd", "cafe", "0x1f"] {
        let secrets = secrets(&[password]);
        for (name, spelt) in SPELLINGS {
            let text = format!("«before» {} «after»", spelt(password));
            assert!(shows(text.as_bytes(), password), "the oracle misses {name}: {text}");
            let scrubbed = secrets.scrub(&text);
            assert!(!shows(scrubbed.as_bytes(), password), "{name}: {text}\n{scrubbed}");
            assert!(scrubbed.starts_with("«before» "), "{name}: {scrubbed}");
            assert!(scrubbed.ends_with("«after»"), "{name}: {scrubbed}");
            assert!(scrubbed.contains("***"), "{name}: {scrubbed}");
            let octets = secrets.scrub_octets(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(&octets), scrubbed, "{name}");
        }
    }
}

#[test]
fn latin_letters_are_found_in_latin_1() {
    let secrets = secrets(&["Grün-5"]);
    assert_eq!(secrets.scrub("x=Gr%FCn-5&y"), "x=***&y");
    assert_eq!(secrets.scrub_octets(b"\xE9 gr\xFCn-5"), b"\xE9 ***");
    assert_eq!(secrets.scrub("x=GR%C3%9CN-5&y"), "x=***&y");
}

#[test]
fn letters_are_found_as_other_sets_and_forms_have_them() {
    // The letters of one password in other forms: composed or not, wide, in one letter.
    let same = [
        ("Grün-5ﬁt", "GRU\u{308}N-5FIT"),
        ("gru\u{308}n-5", "Grün-5"),
        ("\u{212b}ngstrom", "a\u{30a}ngstrom"),
        ("\u{ff23}isco", "cisco"),
        ("ca\u{327}\u{301}fe", "c\u{e1}\u{327}fe"),
    ];
    // UTF-8 taken for Latin-1 or windows-1252; characters that a set does not have.
    let astray = [
        ("Grün-5", "Gr\u{c3}\u{bc}n-5"),
        ("Grün€5", "GrÃ¼nâ‚¬5"),
        ("Grün-5", "Gr?n-5"),
        ("Grün-5", "gr??n-5"),
        ("Grün-5", "Gr\u{fffd}n-5"),
        ("Grün-5", "Gr\\195\\188n-5"),
    ];
    for (password, text) in same.into_iter().chain(astray) {
        let scrubbed = secrets(&[password]).scrub(&format!("«{text}»"));
        assert_eq!(scrubbed, "«***»", "{password} as {text}");
    }
    assert_eq!(secrets(&["Grün€5"]).scrub_octets(b"-gr\xFCn\x805"), b"-***");
}

#[test]
fn characters_without_width_hide_no_password() {
    let secrets = secrets(&["cisco-77", "Grün-5"]);
    for between in ["\u{200b}", "\u{ad}", "\u{2060}\u{200d}", "\u{feff}", "\u{202e}"] {
        for password in ["cisco-77", "Grün-5"] {
            let spread: String =
                password.chars().flat_map(|c| [c.to_string(), between.into()]).collect();
            let scrubbed = secrets.scrub(&format!("«{spread}»"));
            assert!(scrubbed.starts_with("«***") && scrubbed.ends_with('»'), "{scrubbed:?}");
            assert!(!scrubbed.contains(|c: char| c.is_ascii_alphanumeric()), "{scrubbed:?}");
        }
    }
    // Beside a password they stay.
    assert_eq!(secrets.scrub("a\u{200b}b cisco-77"), "a\u{200b}b ***");
}

#[test]
fn of_nested_passwords_no_tail_is_left_in_any_spelling() {
    let secrets = secrets(&["cisco", "cisco123", "123456"]);
    for (name, spelt) in SPELLINGS {
        for text in ["cisco123", "cisco123456", "ciscocisco", "123456cisco"] {
            let scrubbed = secrets.scrub(&format!("«{}»", spelt(text)));
            for tail in ["cisco", "123", "456"] {
                assert!(!shows(scrubbed.as_bytes(), tail), "{name} of {text}: {scrubbed}");
            }
        }
    }
}

#[test]
fn the_beginning_of_a_password_at_a_cut_is_replaced() {
    let secrets = secrets(&["it's-me-77"]);
    for (cut, left) in [
        ("said it's-me-7", "said ***"),
        ("said it&apos;s-me&#4", "said ***"),
        ("said it&ap", "said ***"),
        ("said it's-me-8", "said it's-me-8"),
    ] {
        assert_eq!(secrets.scrub_cut(cut), left, "{cut}");
    }
    assert_eq!(secrets.scrub("said it's-me-7"), "said it's-me-7");
}

#[test]
fn a_short_password_is_not_searched_for_and_refused_where_it_must_be_kept() {
    assert_eq!(secrets(&["abc"]).scrub("the abc"), "the abc");
    assert_eq!(secrets(&["äöüé"]).scrub("the ÄÖÜÉ"), "the ***");
    assert!(mask::long_enough("abcd").is_ok());
    let error = mask::long_enough("äöü").unwrap_err().to_string();
    assert!(error.starts_with("has 3 characters: fewer than 4"), "{error}");
}

#[test]
fn the_time_grows_with_the_text() {
    let secrets = secrets(&["aaaaaaaaaaaaaaaaaaaaaaab", "it's-me-77"]);
    for unit in [
        "a",
        "&#97;",
        "%61",
        "YWFh",
        "6161",
        "<![CDATA[",
        "&amp;",
        "&#0",
        "words of text ",
        "97, ",
        "\\141",
        "=61",
        "&uuml;",
        "&uuml",
        "\0a",
        "0x61,",
        "1",
    ] {
        let text = unit.repeat((128 << 10) / unit.len());
        let began = processor_time();
        assert_eq!(secrets.scrub(&text), text);
        // A fifth of a second here; if it grew with the square, it would be a minute.
        let took = processor_time() - began;
        assert!(took < Duration::from_secs(5), "{unit}: {took:?}");
    }
}

/// A character of a password in one of its spellings.
fn spelt(c: char, way: u8) -> String {
    let code = u32::from(c);
    let octets = |form: fn(u8) -> String| c.to_string().bytes().map(form).collect::<String>();
    match way % 9 {
        0 => c.to_string(),
        1 => c.to_ascii_uppercase().to_string(),
        2 => format!("&#{code:04};"),
        3 => format!("&#x{code:x};"),
        4 => octets(|octet| format!("%{octet:02X}")),
        5 if code < 0x1_0000 => format!("\\u{code:04X}"),
        6 => format!("\\u{{{code:x}}}"),
        7 if c.is_ascii_punctuation() => format!("\\{c}"),
        8 => octets(|octet| format!("%{octet:02x}")),
        _ => c.to_ascii_lowercase().to_string(),
    }
}

proptest! {
    #[test]
    fn no_mixture_comes_through(
        password in "[A-Za-z0-9'<>é€ -]{4,14}",
        ways in prop::collection::vec(any::<u8>(), 14),
        (before, after) in ("[^&%\\\\]{0,9}", ".{0,9}"),
        (inner, outer) in (0..SPELLINGS.len(), 0..SPELLINGS.len()),
    ) {
        let secrets = secrets(&[&password]);
        let mixed: String = password.chars().zip(&ways).map(|(c, way)| spelt(c, *way)).collect();
        let layered = SPELLINGS[outer].1(&SPELLINGS[inner].1(&password));
        for spelt in [mixed, layered] {
            let text = format!("{before}{spelt}{after}");
            let scrubbed = secrets.scrub(&text);
            prop_assert!(!shows(scrubbed.as_bytes(), &password), "{text}\n{scrubbed}");
            prop_assert_eq!(secrets.scrub(&scrubbed), scrubbed);
        }
    }

    #[test]
    fn what_holds_no_password_stays(text in "(.|[a-zA-Z0-9+/ ]{8}|&#[0-9]{2};|%[0-9a-f]{2}){0,30}") {
        let secrets = secrets(&["Zq7~Zq7~!"]);
        prop_assert_eq!(secrets.scrub_octets(text.as_bytes()), text.as_bytes());
        prop_assert_eq!(secrets.scrub(&text), text);
    }

    #[test]
    fn octets_that_are_no_text_come_through(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        let secrets = secrets(&["it's-me"]);
        prop_assert!(!shows(&secrets.scrub_octets(&octets), "it's-me"));
        let text = String::from_utf8_lossy(&octets);
        prop_assert!(!shows(secrets.scrub(&text).as_bytes(), "it's-me"));
    }
}
