//! The classes of octets that Jetty 9.4.18 tells apart in a head (`HttpTokens`).

use super::refusal::Refusal;

/// A class of octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Control,
    Tab,
    LineFeed,
    CarriageReturn,
    Space,
    Colon,
    Digit,
    Alpha,
    /// Other octets of a token (RFC 9110 §5.6.2).
    Token,
    /// Other visible octets of ASCII.
    Visible,
    /// Octets beyond ASCII.
    Beyond,
}

impl Class {
    pub(super) fn of(octet: u8) -> Self {
        match octet {
            b'\n' => Self::LineFeed,
            b'\r' => Self::CarriageReturn,
            b'\t' => Self::Tab,
            b' ' => Self::Space,
            b':' => Self::Colon,
            b'0'..=b'9' => Self::Digit,
            b'A'..=b'Z' | b'a'..=b'z' => Self::Alpha,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~' => {
                Self::Token
            }
            b'"'..=b'}' => Self::Visible,
            0x80..=0xff => Self::Beyond,
            _ => Self::Control,
        }
    }

    /// Whether it is visible ASCII other than the colon.
    pub(super) fn is_word(self) -> bool {
        matches!(self, Self::Digit | Self::Alpha | Self::Token | Self::Visible)
    }

    /// Whether it may stand in a header's name.
    pub(super) fn is_name(self) -> bool {
        matches!(self, Self::Digit | Self::Alpha | Self::Token)
    }
}

/// The refusal of an octet where it may not stand (recorded: http_bad_header).
pub(super) fn illegal(octet: u8) -> Refusal {
    let class = Class::of(octet);
    let name = match class {
        Class::Control => "CNTL",
        Class::Tab => "HTAB",
        Class::LineFeed => "LF",
        Class::CarriageReturn => "CR",
        Class::Space => "SPACE",
        Class::Colon => "COLON",
        Class::Digit => "DIGIT",
        Class::Alpha => "ALPHA",
        Class::Token => "TCHAR",
        Class::Visible => "VCHAR",
        Class::Beyond => "OTEXT",
    };
    let shown = match class {
        Class::LineFeed => "\\n".to_owned(),
        Class::CarriageReturn => "\\r".to_owned(),
        Class::Control | Class::Tab | Class::Beyond => format!("0x{octet:x}"),
        _ => format!("'{}'", char::from(octet)),
    };
    Refusal::new(400, format!("Illegal character {name}={shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_reader() {
        let token = b"!#$%&'*+-.^_`|~";
        for octet in 0..=u8::MAX {
            let class = Class::of(octet);
            assert_eq!(class == Class::Token, token.contains(&octet), "{octet:#x}");
            assert_eq!(class == Class::Beyond, !octet.is_ascii(), "{octet:#x}");
            assert_eq!(
                class == Class::Visible,
                octet.is_ascii_punctuation() && octet != b':' && !token.contains(&octet),
                "{octet:#x}"
            );
        }
        assert_eq!(Class::of(0x7f), Class::Control);
    }

    // Recorded: http_184, http_329, http_42 of the generated conversations.
    #[test]
    fn an_octet_is_shown_by_its_class() {
        let table = [
            (b' ', "Illegal character SPACE=' '"),
            (b'(', "Illegal character VCHAR='('"),
            (b'\n', "Illegal character LF=\\n"),
            (0x7f, "Illegal character CNTL=0x7f"),
            (0x01, "Illegal character CNTL=0x1"),
            (0xdc, "Illegal character OTEXT=0xdc"),
        ];
        for (octet, reason) in table {
            assert_eq!(illegal(octet).reason, reason);
        }
    }
}
