//! Patterns that select cases by id.

/// Whether `id` is selected by `pattern`: `*` and `**` stand for any run of characters, also across `/`; everything
/// else stands for itself, and the whole id must match.
pub fn matches_glob(pattern: &str, id: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| id.strip_prefix(head)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(found) = rest.find(part) else {
            return false;
        };
        rest = &rest[found + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
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
            assert!(matches_glob(pattern, id), "{pattern} {id}");
        }
        for (pattern, id) in [
            ("bind", "bind/twice"),
            ("bind/*", "sasl/bind/x"),
            ("*/client", "tls/client-x"),
            ("", "x"),
            ("a*a", "a"),
        ] {
            assert!(!matches_glob(pattern, id), "{pattern} {id}");
        }
    }
}
