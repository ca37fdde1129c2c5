//! The target of a request as Jetty 9.4.18 takes it apart (`HttpURI.parseRequestTarget`).

/// The parts of a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Uri<'t> {
    /// The path as it is written, with its parameters.
    pub(super) path: Option<&'t str>,
    pub(super) query: Option<&'t str>,
    /// The host, of a target that names one.
    pub(super) host: Option<&'t str>,
    /// The port; 0 if none is given.
    pub(super) port: i32,
    /// It begins with a scheme.
    pub(super) is_absolute: bool,
}

impl<'t> Uri<'t> {
    /// The parts of the target of a request with this method; none of a target that cannot be taken
    /// apart.
    pub(super) fn of(method: &str, target: &'t str) -> Option<Self> {
        if method.eq_ignore_ascii_case("CONNECT") {
            return Some(Self { path: Some(target), ..Self::default() });
        }
        if target.starts_with('/') {
            return Some(Self::default().with_path(target));
        }
        let (uri, rest) = match scheme_end(target) {
            Some(end) => (Self { is_absolute: true, ..Self::default() }, &target[end + 1..]),
            None => (Self::default(), target),
        };
        match rest.chars().next() {
            None | Some('#') => Some(uri),
            Some('*') => (rest == "*").then_some(Self { path: Some(rest), ..uri }),
            Some('/') if uri.is_absolute => match rest.strip_prefix("//") {
                Some(rest) => uri.with_authority(rest),
                None => Some(uri.with_path(rest)),
            },
            _ => Some(uri.with_path(target)),
        }
    }

    /// With a path and what follows it.
    fn with_path(self, text: &'t str) -> Self {
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        Self { path: Some(path), query, ..self }
    }

    /// With a host and what follows it. Nothing but a slash ends it.
    fn with_authority(self, text: &'t str) -> Option<Self> {
        let (authority, path) = match text.find('/') {
            Some(slash) => (&text[..slash], Some(&text[slash..])),
            None => (text, None),
        };
        let host_and_port = match authority.split_once('@') {
            Some((_, rest)) if rest.contains('@') => return None,
            Some((_, rest)) => rest,
            None => authority,
        };
        let (host, port) = match (host_and_port.find('['), host_and_port.find(']')) {
            (Some(_), Some(end)) => {
                let (host, rest) = host_and_port.split_at(end + 1);
                // A path that does not begin with a slash is no use.
                (host, if rest.is_empty() { "" } else { rest.strip_prefix(':')? })
            }
            (Some(_), None) => return None,
            (None, _) => host_and_port.split_once(':').unwrap_or((host_and_port, "")),
        };
        let port = port.chars().try_fold(0_i32, |port, digit| {
            Some(port.wrapping_mul(10).wrapping_add_unsigned(digit.to_digit(10)?))
        })?;
        let host = Some(host).filter(|host| !host.is_empty());
        let uri = Self { host, port, ..self };
        Some(path.map_or(uri, |path| uri.with_path(path)))
    }
}

/// Where the scheme of a target ends, if it has one.
fn scheme_end(target: &str) -> Option<usize> {
    let first = target.chars().next().filter(|first| !"/;?#*".contains(*first))?;
    let rest = first.len_utf8();
    let end = rest + target[rest..].find([':', '/', ';', '?', '%', '#'])?;
    target[end..].starts_with(':').then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_parts() {
        let table = [
            ("/ws/?a=b?c#d", Some("/ws/"), Some("a=b?c")),
            ("/ws/#f?a", Some("/ws/"), None),
            ("/http://x/y", Some("/http://x/y"), None),
            ("http:/ws/", Some("/ws/"), None),
            ("http:///ws/?a", Some("/ws/"), Some("a")),
            ("http://x", None, None),
            ("http://x?a", None, None),
            ("http:", None, None),
            ("http:*", Some("*"), None),
            ("*", Some("*"), None),
            ("ws/", Some("ws/"), None),
            ("?a", Some(""), Some("a")),
            ("#f", None, None),
            (";a/b", Some(";a/b"), None),
        ];
        for (target, path, query) in table {
            let uri = Uri::of("GET", target).expect("parts");
            assert_eq!((uri.path, uri.query), (path, query), "{target}");
        }
        let uri = Uri::of("CONNECT", "x:80").expect("parts");
        assert_eq!((uri.path, uri.is_absolute), (Some("x:80"), false));
    }

    #[test]
    fn a_target_may_name_a_host() {
        let table = [
            ("http://x/", Some("x"), 0),
            ("ws://x:70/", Some("x"), 70),
            ("http://x:/", Some("x"), 0),
            ("http://u@x:70", Some("x"), 70),
            ("http://u:p@x/", Some("x"), 0),
            ("http://[::1]:70/", Some("[::1]"), 70),
            ("http://x]/", Some("x]"), 0),
            ("http:///", None, 0),
            ("/x", None, 0),
        ];
        for (target, host, port) in table {
            let uri = Uri::of("GET", target).expect("parts");
            assert_eq!((uri.host, uri.port), (host, port), "{target}");
        }
    }

    #[test]
    fn a_target_may_have_no_parts() {
        for target in ["*x", "http://x:y/", "http://[::1/", "http://a@b@c/", "http:*x"] {
            assert_eq!(Uri::of("GET", target), None, "{target}");
        }
    }
}
