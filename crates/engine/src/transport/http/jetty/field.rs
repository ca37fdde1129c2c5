//! Values of header fields as Jetty 9.4.18 reads them (`HttpField`, `QuotedCSV`, `HostPort`).

use wire::{Headers, RequestHead};

/// The members of a list, with quotes taken off.
pub(super) fn list(value: &str) -> Vec<String> {
    let members = split(value, ',').into_iter().map(|member| unquoted(member.trim()));
    members.filter(|member| !member.is_empty()).collect()
}

/// Whether a list has this member, whatever its parameters; but one of quality 0 does not count.
pub(super) fn contains(value: &str, wanted: &str) -> bool {
    split(value, ',').into_iter().any(|member| {
        let parts = split(member, ';');
        let name = unquoted(parts[0].trim());
        let parameters: String =
            parts[1..].concat().chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
        let rest = parameters.to_ascii_lowercase();
        let is_refused = rest
            .strip_prefix("q=0")
            .is_some_and(|digits| digits.chars().all(|digit| matches!(digit, '0' | '.')));
        name.eq_ignore_ascii_case(wanted) && !is_refused
    })
}

/// Host and port of a `Host` field: nothing where they cannot be told apart. An absent port is 0,
/// and none is below that.
pub(super) fn authority(value: &str) -> Option<(&str, i32)> {
    let (host, digits) = if value.starts_with('[') {
        let (host, rest) = value.split_at(value.rfind(']')? + 1);
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else {
        value.rsplit_once(':').map_or((value, None), |(host, digits)| (host, Some(digits)))
    };
    let port = digits.map_or(Some(0), port)?;
    (port >= 0).then_some((host, port))
}

/// The number at the beginning of a text, in 32 bits that overflow (`StringUtil.toInt`). The rest
/// of the text does not matter.
fn port(text: &str) -> Option<i32> {
    let signed = text.trim_start_matches(|c| c <= ' ' || c == '-');
    let has_minus = text[..text.len() - signed.len()].contains('-');
    let digits = signed.chars().map_while(|c| c.to_digit(10));
    let number = |so_far: Option<i32>, digit: u32| {
        let so_far = so_far.unwrap_or_default().wrapping_mul(10);
        Some(so_far.wrapping_add_unsigned(digit))
    };
    let number = digits.fold(None, number)?;
    Some(if has_minus { number.wrapping_neg() } else { number })
}

/// Whether another request may follow (`HttpChannelOverHttp.headerComplete`).
pub(super) fn is_persistent(request: &RequestHead) -> bool {
    let has = |token: &str| {
        let mut lines = request.headers.all("Connection");
        lines.any(|value| contains(value, token))
    };
    let stays = match request.version.as_str() {
        "HTTP/1.0" => has("keep-alive"),
        _ => !has("close"),
    };
    stays || request.method.eq_ignore_ascii_case("CONNECT")
}

/// The answer that a request expects before its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    Nothing,
    Continue,
    /// Something that the server does not know.
    Unknown,
}

/// The expectation of a request of HTTP/1.1.
pub(super) fn expectation(headers: &Headers) -> Expectation {
    let wanted: Vec<String> = headers.all("Expect").flat_map(list).collect();
    let is = |value: &String, other: &str| value.eq_ignore_ascii_case(other);
    if wanted.iter().any(|value| !is(value, "100-continue") && !is(value, "102-processing")) {
        Expectation::Unknown
    } else if wanted.iter().any(|value| is(value, "100-continue")) {
        Expectation::Continue
    } else {
        Expectation::Nothing
    }
}

/// Splits a text at a separator that is not in quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (index, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if character == separator && !is_quoted => {
                parts.push(&text[start..index]);
                start = index + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unquoted(text: &str) -> String {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => inside.replace('\\', ""),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_counts_with_parameters_but_without_quality() {
        for value in
            ["upgrade", "keep-alive,  Upgrade ", "Upgrade;q=1", "\"upgrade\"", "TE, UPGRADE"]
        {
            assert!(contains(value, "upgrade"), "{value}");
        }
        for value in ["", "up grade", "upgrades", "Upgrade;q=0", "upgrade; q=0.0", "\"a,upgrade\""]
        {
            assert!(!contains(value, "upgrade"), "{value}");
        }
    }

    // Generated conversations of the area http.
    #[test]
    fn a_port_is_a_number() {
        let table = [
            ("127.0.0.1:7070", Some(("127.0.0.1", 7070))),
            ("[::1]:7070", Some(("[::1]", 7070))),
            ("[::1]", Some(("[::1]", 0))),
            ("", Some(("", 0))),
            ("a b", Some(("a b", 0))),
            ("127.0.0.1:99999", Some(("127.0.0.1", 99999))),
            ("127.0.0.1:4294967376", Some(("127.0.0.1", 80))),
            ("127.0.0.1: 80x", Some(("127.0.0.1", 80))),
            ("127.0.0.1:-80", None),
            ("127.0.0.1:-", None),
            ("127.0.0.1:abc", None),
            ("127.0.0.1:", None),
            ("[::1", None),
            ("[::1]x", None),
        ];
        for (value, wanted) in table {
            assert_eq!(authority(value), wanted, "{value}");
        }
    }
}
