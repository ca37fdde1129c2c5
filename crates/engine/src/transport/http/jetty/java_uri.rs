//! The complaints of Java about an address (`java.net.URI`).

/// The mistake in an address and its place, in words of Java.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) what: &'static str,
    /// In units of UTF-16, from the beginning of the address.
    pub(super) index: usize,
}

/// Visible characters of ASCII that no authority has.
const NO_AUTHORITY: [char; 10] = [' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'];

/// Those that no path has.
const NO_PATH: [char; 12] = [' ', '"', '<', '>', '[', '\\', ']', '^', '`', '{', '|', '}'];

/// The first complaint about an address of these parts.
pub(super) fn complaint(
    scheme: &str,
    authority: &str,
    path: &str,
    query: Option<&str>,
) -> Option<Complaint> {
    let begin = length(scheme) + length("://");
    if authority.contains(NO_AUTHORITY) {
        return Some(Complaint { what: "Illegal character in authority", index: begin });
    }
    let begin = begin + length(authority);
    component(path, begin, &NO_PATH, "Illegal character in path").or_else(|| {
        let begin = begin + length(path) + length("?");
        let bad: Vec<char> = NO_PATH.into_iter().filter(|c| !matches!(c, '[' | ']')).collect();
        component(query?, begin, &bad, "Illegal character in query")
    })
}

fn component(text: &str, begin: usize, bad: &[char], what: &'static str) -> Option<Complaint> {
    text.char_indices().find_map(|(place, c)| {
        let what = match c {
            '%' if !is_escape(&text[place + 1..]) => "Malformed escape pair",
            '%' => return None,
            _ if bad.contains(&c) || c.is_control() || c.is_whitespace() => what,
            _ => return None,
        };
        Some(Complaint { what, index: begin + length(&text[..place]) })
    })
}

fn is_escape(rest: &str) -> bool {
    rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_is_named() {
        let table = [
            ("x", "/ws/", None, None),
            ("x:80", "/ws/;a=b%20", Some("a=[1]?é"), None),
            ("a b", "/<", None, Some(("Illegal character in authority", 5))),
            ("x", "/ws/<", Some("%"), Some(("Illegal character in path", 10))),
            ("x", "/\u{1f600}|", None, Some(("Illegal character in path", 9))),
            ("x", "/%zz", None, Some(("Malformed escape pair", 7))),
            ("x", "/", Some("a=%4"), Some(("Malformed escape pair", 10))),
            ("x", "/", Some("a={}"), Some(("Illegal character in query", 10))),
        ];
        for (authority, path, query, wanted) in table {
            let found = complaint("ws", authority, path, query);
            let wanted = wanted.map(|(what, index)| Complaint { what, index });
            assert_eq!(found, wanted, "{authority}{path}");
        }
    }
}
