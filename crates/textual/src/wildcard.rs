//! Patterns in which `*` stands for anything.
//!
//! Not the `globset` crate: its patterns are for paths, with a meaning for `?`, `[`, `{` and `\`,
//! all of which stand in values of XML, and it would bring an engine of regular expressions into
//! `finesse-fake`.

/// Whether a value fits `pattern`: each run of `*` stands for any characters, also none,
/// also `/` and line ends; everything else stands for itself, and the whole value must fit.
pub fn is_like(pattern: &str, value: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == value;
    };
    let Some(mut rest) = value.strip_prefix(head) else {
        return false;
    };
    let (middle, end) = tail.rsplit_once('*').unwrap_or(("", tail));
    for piece in middle.split('*') {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn stars_match_runs_and_everything_else_itself() {
        for (pattern, id) in [
            ("bind/*", "bind/twice"),
            ("*", "bind/twice"),
            ("**", "bind/twice"),
            ("bind/twice", "bind/twice"),
            ("*/client-*", "tls/client-wrong-host"),
            ("*twice", "bind/twice"),
            ("b*d/t*e", "bind/twice"),
        ] {
            assert!(is_like(pattern, id), "{pattern} {id}");
        }
        for (pattern, id) in [
            ("bind", "bind/twice"),
            ("bind/*", "sasl/bind/x"),
            ("*/client", "tls/client-x"),
            ("", "x"),
            ("a*a", "a"),
        ] {
            assert!(!is_like(pattern, id), "{pattern} {id}");
        }
    }
    proptest! {
        #[test]
        fn a_regular_expression_says_the_same(pattern in "[ab*/\n?\\[]{0,6}", value in "[ab/\n?\\[]{0,8}") {
            let pieces: Vec<String> = pattern.split('*').map(regex::escape).collect();
            let expression = Regex::new(&format!("(?s)^{}$", pieces.join(".*"))).unwrap();
            prop_assert_eq!(is_like(&pattern, &value), expression.is_match(&value));
        }
    }
}
