//! Octets of a file as text, and JSON that ends in the middle.

/// The text of a file: UTF-8 or UTF-16, with or without byte order mark. Octets that are no text
/// become U+FFFD.
pub(super) fn decoded(octets: &[u8]) -> String {
    match octets {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // UTF-16 without a mark: JSON begins with a character of ASCII.
        [b'{', 0, ..] => utf16(octets, u16::from_le_bytes),
        [0, b'{', ..] => utf16(octets, u16::from_be_bytes),
        _ => String::from_utf8_lossy(octets).into_owned(),
    }
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

/// Whether a text is none that people or programs write: one character in ten or more is U+FFFD or
/// a control character. NUL does not count, which a crash leaves at the end of a log, nor colours
/// of a terminal.
pub(super) fn is_noise(text: &str) -> bool {
    let written = text.chars().filter(|c| *c != '\0');
    let (mut all, mut odd) = (0_usize, 0_usize);
    for c in written {
        all += 1;
        let is_odd = c == '\u{fffd}' || (c.is_control() && !"\t\r\n\u{1b}".contains(c));
        odd += usize::from(is_odd);
    }
    odd > 0 && odd * 10 >= all
}

/// JSON that was cut off, closed again behind its last whole value.
pub(super) fn closed(text: &str) -> String {
    let mut open: Vec<u8> = Vec::new();
    // The end of the last whole value, and the number of brackets that are open there.
    let (mut end, mut depth) = (0, 0);
    let mut state = State::Outside;
    // Whether the string being read is the name of a member.
    let mut is_name = false;
    for (at, octet) in text.bytes().enumerate() {
        match (state, octet) {
            (State::Escaped, _) => state = State::Inside,
            (State::Inside, b'\\') => state = State::Escaped,
            (State::Inside, b'"') => {
                state = State::Outside;
                if !is_name {
                    (end, depth) = (at + 1, open.len());
                }
            }
            (State::Inside, _) => {}
            (State::Outside, b'"') => state = State::Inside,
            (State::Outside, b'{') => {
                open.push(b'}');
                is_name = true;
                (end, depth) = (at + 1, open.len());
            }
            (State::Outside, b'[') => {
                open.push(b']');
                is_name = false;
                (end, depth) = (at + 1, open.len());
            }
            (State::Outside, b'}' | b']') => {
                open.pop();
                (end, depth) = (at + 1, open.len());
            }
            (State::Outside, b':') => is_name = false,
            (State::Outside, b',') => {
                is_name = open.last() == Some(&b'}');
                (end, depth) = (at, open.len());
            }
            (State::Outside, _) => {}
        }
    }
    open.truncate(depth);
    let mut whole = text.get(..end).unwrap_or_default().to_owned();
    whole.extend(open.iter().rev().map(|octet| char::from(*octet)));
    whole
}

/// JSON without escapes of half a character: a browser writes those of a text that was cut, and
/// JSON has no character for them (RFC 8259 §8.2). They become U+FFFD.
pub(super) fn without_halves(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                whole.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            // The escaped character may be a backslash.
            _ => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        whole.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    whole + rest
}

/// The code unit of an escape: `\ud83d`.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[derive(Clone, Copy)]
enum State {
    Outside,
    Inside,
    Escaped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_cut_off_is_json_again() {
        let whole =
            r#"{"log": {"a\"]": [1, {"b": "c\\", "d": null}, "e"], "n": -12.5, "t": true}}"#;
        for cut in 1..whole.len() {
            let closed = closed(&whole[..cut]);
            serde_json::from_str::<serde_json::Value>(&closed)
                .unwrap_or_else(|error| panic!("{cut} {closed}: {error}"));
        }
        assert_eq!(closed(whole), whole);
    }

    #[test]
    fn halves_of_characters_are_replaced_and_whole_ones_stay() {
        for (text, whole) in [
            (r#"["\ud83d\ude00","é"]"#, r#"["\ud83d\ude00","é"]"#),
            (r#"["a\uD83D","\ude00b"]"#, r#"["a\ufffd","\ufffdb"]"#),
            (r#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
            (r#"["\\ud83d","\n\"\u00e9"]"#, r#"["\\ud83d","\n\"\u00e9"]"#),
            (r#"["\ud8"#, r#"["\ud8"#),
            ("\\é\\", "\\é\\"),
        ] {
            assert_eq!(without_halves(text), whole);
        }
    }

    #[test]
    fn noise_is_one_odd_character_in_ten_however_short_the_text() {
        for (text, noise) in [
            ("", false),
            ("SENT\0\0\0", false),
            ("\u{1}23456789", true),
            ("\u{1}234567890", true),
            ("\u{fffd}ber das N", true),
            ("\u{fffd}ber das Ne", false),
            ("\u{1}2345678901234567890", false),
        ] {
            assert_eq!(is_noise(text), noise, "{text:?}");
        }
    }

    #[test]
    fn byte_order_marks_and_utf16_are_read() {
        assert_eq!(decoded(b"\xEF\xBB\xBF{}"), "{}");
        assert_eq!(decoded(b"\xFF\xFE{\0}\0"), "{}");
        assert_eq!(decoded(b"\xFE\xFF\0{\0}"), "{}");
        assert_eq!(decoded(b"{\0}\0"), "{}");
        assert_eq!(decoded(b"a\xFF"), "a\u{fffd}");
    }
}
