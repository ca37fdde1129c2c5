//! The header Sec-WebSocket-Extensions (RFC 6455 §9.1).

use std::fmt;

use crate::http::Headers;

/// The name of the header.
pub const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// An extension and its parameters, in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its name, e.g. `permessage-deflate`.
    pub name: String,
    /// Parameters and their values without quotation marks.
    pub parameters: Vec<(String, Option<String>)>,
}

impl Extension {
    /// All extensions of a head, preferred ones first. Nothing is refused: the values of parameters
    /// are up to the extension.
    #[must_use]
    pub fn list(headers: &Headers) -> Vec<Self> {
        // RFC 6455 §9.1: a quoted value is a token inside, so no separator can hide in it.
        headers.tokens(EXTENSIONS).map(Self::read).collect()
    }

    /// Whether it has this parameter, with any value.
    #[must_use]
    pub fn has(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|(name, _)| name == parameter)
    }

    fn read(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_owned();
        let parameters = parts
            .filter(|part| !part.is_empty())
            .map(|part| match part.split_once('=') {
                Some((name, value)) => {
                    let value = value.trim().trim_matches('"').to_owned();
                    (name.trim_end().to_owned(), Some(value))
                }
                None => (part.to_owned(), None),
            })
            .collect();
        Self { name, parameters }
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in &self.parameters {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(lines: &[&str]) -> Vec<String> {
        let lines = lines.iter().map(|line| (EXTENSIONS.to_lowercase(), (*line).to_owned()));
        Extension::list(&Headers(lines.collect())).iter().map(Extension::to_string).collect()
    }

    // RFC 7692 §5.2, §7.1.3.
    #[test]
    fn examples_of_the_rfc() {
        assert_eq!(list(&["permessage-foo"]), ["permessage-foo"]);
        assert_eq!(list(&["permessage-foo; x=10"]), ["permessage-foo;x=10"]);
        assert_eq!(list(&["permessage-foo; x=\"10\""]), ["permessage-foo;x=10"]);
        assert_eq!(
            list(&["permessage-foo; use_y, permessage-foo"]),
            ["permessage-foo;use_y", "permessage-foo"]
        );
        assert_eq!(
            list(&[
                "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
                "permessage-deflate;client_max_window_bits"
            ]),
            [
                "permessage-deflate;client_max_window_bits;server_max_window_bits=10",
                "permessage-deflate;client_max_window_bits"
            ]
        );
    }

    #[test]
    fn parameters_are_found_whatever_their_value() {
        let headers = Headers(vec![(EXTENSIONS.to_owned(), "x ; a ; b = \"1\"".to_owned())]);
        let [extension] = &Extension::list(&headers)[..] else { panic!("one extension") };
        assert!(extension.has("a") && extension.has("b") && !extension.has("A"));
        assert_eq!(extension.parameters[1], ("b".to_owned(), Some("1".to_owned())));
    }

    #[test]
    fn what_is_no_list_is_no_trouble() {
        assert_eq!(list(&["", " , ;", "a;;=;=\"", "\u{e9}"]), ["", "a;=;=", "\u{e9}"]);
    }
}
