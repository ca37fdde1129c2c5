//! The path of a request target as Jetty 9.4.18 sees it (`HttpURI`, `URIUtil`): without parameters,
//! decoded, and with its dots resolved.

use wire::RequestHead;

use super::refusal::Refusal;
use super::uri::Uri;

/// The path by which the context of a request is found (`Request.setMetaData`).
pub(super) fn path(request: &RequestHead) -> Result<String, Refusal> {
    let raw = raw_path(request);
    if raw == "*" {
        return Ok(raw.to_owned());
    }
    if !raw.starts_with('/') {
        let is_authority = request.method.eq_ignore_ascii_case("CONNECT");
        return if is_authority { Ok(raw.to_owned()) } else { Err(bad_target()) };
    }
    canonical(&decoded(raw).ok_or_else(Refusal::bad_request)?).ok_or_else(bad_target)
}

/// The parts of the target. The reader of heads lets no target pass that has none.
pub(super) fn uri(request: &RequestHead) -> Uri<'_> {
    Uri::of(&request.method, &request.target).unwrap_or_default()
}

/// The path as it is written, without query and fragment. Error pages show it.
pub(super) fn raw_path(request: &RequestHead) -> &str {
    let uri = uri(request);
    uri.path.unwrap_or(if uri.is_absolute { "/" } else { "" })
}

fn bad_target() -> Refusal {
    Refusal::new(400, "Bad URI")
}

/// Without `;parameters`, and with `%XX` decoded: UTF-8, or else Latin-1.
fn decoded(path: &str) -> Option<String> {
    let segments = path.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    let mut octets = Vec::new();
    for (index, segment) in segments.enumerate() {
        if index > 0 {
            octets.push(b'/');
        }
        let mut rest = segment;
        while let Some((plain, escape)) = rest.split_once('%') {
            octets.extend_from_slice(plain.as_bytes());
            // `%uXXXX` is a character (`URIUtil.decodePath`).
            if let Some(escape) = escape.strip_prefix('u') {
                let unit = hexadecimal(escape.get(..4)?)?;
                let mut character = [0; 4];
                let c = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                octets.extend_from_slice(c.encode_utf8(&mut character).as_bytes());
                rest = &escape[4..];
            } else {
                octets.push(u8::try_from(hexadecimal(escape.get(..2)?)?).ok()?);
                rest = &escape[2..];
            }
        }
        octets.extend_from_slice(rest.as_bytes());
    }
    Some(
        String::from_utf8(octets)
            .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect()),
    )
}

fn hexadecimal(digits: &str) -> Option<u32> {
    digits.chars().try_fold(0, |number, digit| Some(number * 16 + hex_digit(digit)?))
}

/// The value of a digit. Some other characters have one, too (`TypeUtil.convertHexDigit`).
fn hex_digit(digit: char) -> Option<u32> {
    let code = u32::from(digit);
    ((code & 0x1f) + (code >> 6) * 0x19).checked_sub(0x10).filter(|value| *value < 16)
}

/// With `.` and `..` resolved; nothing if it leads out of the root.
fn canonical(path: &str) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." => {}
            ".." => drop(kept.pop()?),
            _ => kept.push(segment),
        }
        if matches!(segment, "." | "..") && segments.peek().is_none() {
            kept.push("");
        }
    }
    Some(format!("/{}", kept.join("/")))
}

#[cfg(test)]
mod tests {
    use wire::Headers;

    use super::*;

    // Generated conversations of the area http.
    #[test]
    fn a_path_is_decoded_and_resolved() {
        let table = [
            ("/ws/", "/ws/"),
            ("/ws;x=1", "/ws"),
            ("/ws/;x=1", "/ws/"),
            ("/ws?a=b", "/ws"),
            ("/ws/#f", "/ws/"),
            ("/%77s/", "/ws/"),
            ("/./ws/", "/ws/"),
            ("//ws/", "//ws/"),
            ("/ws//", "/ws//"),
            ("/ws/..", "/"),
            ("/ws/%2e%2e/", "/"),
            ("/ws/../ws/", "/ws/"),
            ("/ws/%C3%A9", "/ws/é"),
            ("/%E9", "/é"),
            ("/%u0077s/%u00e9", "/ws/é"),
            ("http://other.example/ws/", "/ws/"),
            ("http://other.example", "/"),
            ("/ws/http://x/", "/ws/http://x/"),
            ("/%:@s/", "/\u{a9}s/"),
            ("*", "*"),
        ];
        for (target, wanted) in table {
            assert_eq!(path(&request(target)).as_deref(), Ok(wanted), "{target}");
        }
    }

    #[test]
    fn other_targets_are_refused() {
        for (target, reason) in [
            ("ws/", "Bad URI"),
            ("/..", "Bad URI"),
            ("/%zz/", "Bad Request"),
            ("/%u00/", "Bad Request"),
            ("/ws/%", "Bad Request"),
        ] {
            let refusal = path(&request(target)).expect_err("refused");
            assert_eq!(refusal.reason, reason, "{target}");
        }
    }

    fn request(target: &str) -> RequestHead {
        RequestHead {
            method: "GET".to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1".to_owned(),
            headers: Headers::default(),
        }
    }
}
