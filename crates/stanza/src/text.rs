//! Character data and attribute values: checked, unescaped and normalised.

use crate::error::{Error, ErrorKind};
use crate::reference::{is_char, resolve};
use crate::rules::Rules;

/// Refuses the first character in `raw` that XML does not allow; `offset` is where `raw` stands in
/// the input.
pub(crate) fn check_chars(raw: &str, offset: usize) -> Result<(), Error> {
    // Most text is printable ASCII, which takes no decoding.
    if raw.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return Ok(());
    }
    match raw.char_indices().find(|(_, c)| !is_char(*c)) {
        Some((at, c)) => Err(ErrorKind::InvalidChar(c).at(offset + at)),
        None => Ok(()),
    }
}

/// Adds text between two pieces of markup to `out`, line ends as LF (XML 1.0 §2.11).
pub(crate) fn push_text(out: &mut String, raw: &str, offset: usize) -> Result<(), Error> {
    if let Some(at) = raw.find("]]>") {
        return Err(ErrorKind::CdataEnd.at(offset + at));
    }
    push_cdata(out, raw, offset)
}

/// Adds the content of a CDATA section to `out`, line ends as LF (XML 1.0 §2.11).
pub(crate) fn push_cdata(out: &mut String, raw: &str, offset: usize) -> Result<(), Error> {
    check_chars(raw, offset)?;
    if !raw.contains('\r') {
        out.push_str(raw);
        return Ok(());
    }
    let mut lines = raw.split('\r');
    out.push_str(lines.next().unwrap_or_default());
    for line in lines {
        if !line.starts_with('\n') {
            out.push('\n');
        }
        out.push_str(line);
    }
    Ok(())
}

/// The normalised value of an attribute (XML 1.0 §3.3.3, type CDATA).
pub(crate) fn value(raw: &str, offset: usize, rules: &Rules) -> Result<String, Error> {
    check_chars(raw, offset)?;
    // Most values are as they stand.
    if !raw.bytes().any(|octet| matches!(octet, b'<' | b'&' | b'\r' | b'\n' | b'\t')) {
        return Ok(raw.to_owned());
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let at = offset + raw.len() - rest.len();
        let mut used = c.len_utf8();
        match c {
            '<' => return Err(ErrorKind::LessThanInValue.at(at)),
            '&' => {
                let Some(end) = rest.find(';') else { return Err(ErrorKind::BareAmpersand.at(at)) };
                out.push(resolve(&rest[1..end], rules).map_err(|kind| kind.at(at))?);
                used = end + 1;
            }
            '\r' if rest[1..].starts_with('\n') => {}
            '\t' | '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
        rest = &rest[used..];
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_one_character() {
        let mut out = String::new();
        push_text(&mut out, "a\r\nb\rc\n\r\nd", 0).unwrap();
        assert_eq!(out, "a\nb\nc\n\nd");
        assert_eq!(
            value("a\r\nb\rc\td\n&#10;&#13;&#9;", 0, &Rules::STRICT).unwrap(),
            "a b c d \n\r\t"
        );
    }

    #[test]
    fn errors_stand_where_the_fault_is() {
        assert_eq!(push_text(&mut String::new(), "é]]>", 10), Err(ErrorKind::CdataEnd.at(12)));
        assert_eq!(check_chars("é\u{1}", 10), Err(ErrorKind::InvalidChar('\u{1}').at(12)));
        assert_eq!(value("é<", 10, &Rules::STRICT), Err(ErrorKind::LessThanInValue.at(12)));
        assert_eq!(value("é&", 10, &Rules::STRICT), Err(ErrorKind::BareAmpersand.at(12)));
        assert_eq!(
            value("é&x;", 10, &Rules::STRICT),
            Err(ErrorKind::UndeclaredEntity("x".into()).at(12))
        );
    }
}
