//! Patterns for requests of the REST API: `METHOD PATH [BODY] [-> STATUS [BODY]]`.

use engine::Exchange;
use stanza::{Element, Rules};
use textual::is_like;

use super::{Difference, compare, read, shown};

/// How a pattern for requests is written.
const FORM: &str = "METHOD PATH, then perhaps the body as an XML element, then perhaps `-> STATUS` \
                    and the body of the answer, e.g. PUT /finesse/api/User/* -> 202";

/// A pattern for a request, or for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestPattern {
    method: String,
    /// Compared with path and query if it has a query itself, else with the path.
    path: String,
    body: Option<Element>,
    /// With it, the answer is waited for.
    answer: Option<AnswerPattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AnswerPattern {
    status: String,
    body: Option<Element>,
}

impl RequestPattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (method, rest) = word(text);
        let (path, rest) = word(rest);
        let is_method = |c: char| c.is_ascii_uppercase() || c == '*';
        if method.is_empty() || !method.chars().all(is_method) {
            return Err(format!("wanted an XML element, or {FORM}; got {:?}", shown(text)));
        }
        if !path.starts_with(['/', '*']) {
            return Err(format!("wanted a path behind {method}, such as /finesse/api/User/*"));
        }
        let (body, rest) = body(rest)?;
        let answer = match rest.strip_prefix("->") {
            None if rest.is_empty() => None,
            None => return Err(format!("wanted {FORM}; got {:?} behind the path", shown(rest))),
            Some(rest) => Some(AnswerPattern::parse(rest)?),
        };
        Ok(Self { method: method.to_owned(), path: path.to_owned(), body, answer })
    }

    /// Whether the pattern is for answers.
    pub(super) fn is_for_answers(&self) -> bool {
        self.answer.is_some()
    }

    /// The differences between an exchange and the pattern.
    pub(super) fn differences(&self, exchange: &Exchange) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut look = |place: &str, wanted: &str, got: &str| {
            if !is_like(wanted, got) {
                let (wanted, got) = (shown(wanted), shown(got));
                differences.push(Difference { place: place.to_owned(), wanted, got });
            }
        };
        look("method", &self.method, &exchange.method);
        let has_query = self.path.contains('?');
        look("path", &self.path, if has_query { &exchange.target } else { exchange.path() });
        let answer = self.answer.as_ref().zip(exchange.answer.as_ref());
        if let Some((wanted, got)) = answer {
            look("status", &wanted.status, &got.status.to_string());
        }
        compare_bodies(self.body.as_ref(), &exchange.body, "body", &mut differences);
        if let Some((wanted, got)) = answer {
            compare_bodies(wanted.body.as_ref(), &got.body, "answer", &mut differences);
        }
        differences
    }
}

impl AnswerPattern {
    fn parse(text: &str) -> Result<Self, String> {
        let (status, rest) = word(text);
        let is_status = |text: &str| {
            (1..=3).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit() || c == '*')
        };
        if !is_status(status) {
            return Err(format!("wanted a status behind `->`, such as 202 or 4*; got {status:?}"));
        }
        match body(rest)? {
            (body, "") => Ok(Self { status: status.to_owned(), body }),
            (_, rest) => Err(format!("wanted nothing behind the answer; got {:?}", shown(rest))),
        }
    }
}

/// The first word of a text, and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

/// The element that a text begins with, if any, and the rest.
fn body(text: &str) -> Result<(Option<Element>, &str), String> {
    if !text.starts_with('<') {
        return Ok((None, text));
    }
    let (element, end) = stanza::parse_prefix(text, &Rules::STRICT)
        .map_err(|error| format!("the body is no XML element: {error}"))?;
    Ok((Some(element), text[end..].trim()))
}

fn compare_bodies(
    wanted: Option<&Element>,
    got: &str,
    place: &str,
    differences: &mut Vec<Difference>,
) {
    let Some(wanted) = wanted else { return };
    match read(got) {
        Some(got) if got.name == wanted.name => {
            compare(wanted, &got, &format!("{place} {}", got.name.local), differences);
        }
        _ => differences.push(Difference {
            place: place.to_owned(),
            wanted: format!("<{}>", wanted.name.local),
            got: if got.trim().is_empty() { "(absent)".to_owned() } else { shown(got.trim()) },
        }),
    }
}

#[cfg(test)]
mod tests {
    use engine::{Answered, Exchange};

    use super::*;

    fn exchange() -> Exchange {
        let body = "<?xml version='1.0'?>\n<ApiErrors>\n<ApiError><ErrorType>Not Found</ErrorType></ApiError></ApiErrors>";
        Exchange {
            method: "PUT".to_owned(),
            target: "/finesse/api/User/1001?nocache=1".to_owned(),
            body: "<User>\n <state>READY</state>\n <reasonCodeId>4</reasonCodeId></User>"
                .to_owned(),
            answer: Some(Answered { status: 404, body: body.to_owned() }),
        }
    }

    fn places(pattern: &str) -> Vec<String> {
        let pattern = RequestPattern::parse(pattern).expect("the test's pattern");
        let differences = pattern.differences(&exchange());
        let line = |it: Difference| format!("{}: {} != {}", it.place, it.wanted, it.got);
        differences.into_iter().map(line).collect()
    }

    #[test]
    fn what_is_not_written_is_not_looked_at() {
        for pattern in [
            "PUT /finesse/api/User/1001",
            "* *",
            "P* */User/*",
            "PUT /finesse/api/User/1001?nocache=*",
            "PUT /finesse/api/User/1001   <User><state> READY </state></User>",
            "PUT /finesse/api/User/1001 -> 404",
            "PUT /finesse/api/User/1001 <User/> -> 4* <ApiErrors><ApiError><ErrorType>Not*</ErrorType></ApiError></ApiErrors>",
        ] {
            assert_eq!(places(pattern), [""; 0], "{pattern}");
        }
    }

    #[test]
    fn each_difference_has_its_place() {
        assert_eq!(
            places(
                "GET /finesse/api/User/1002 <User><state>LOGIN</state><x/></User> -> 202 <Users/>"
            ),
            [
                "method: GET != PUT",
                "path: /finesse/api/User/1002 != /finesse/api/User/1001",
                "status: 202 != 404",
                "body User/state: LOGIN != READY",
                "body User/x: <x> != (absent)",
                "answer: <Users> != \"<?xml version='1.0'?>\\n<ApiErrors>\\n<ApiError><ErrorType>Not F\"…",
            ]
        );
    }

    #[test]
    fn a_wrong_pattern_is_told_what_is_right() {
        for (pattern, wanted) in [
            ("put /x", "wanted an XML element, or METHOD PATH"),
            ("", "wanted an XML element, or METHOD PATH"),
            ("PUT", "wanted a path behind PUT, such as /finesse/api/User/*"),
            ("PUT finesse/api", "wanted a path behind PUT"),
            ("PUT /x READY", "wanted METHOD PATH"),
            ("PUT /x <User>", "the body is no XML element"),
            ("PUT /x -> soon", "wanted a status behind `->`, such as 202 or 4*; got \"soon\""),
            ("PUT /x -> 202 now", "wanted nothing behind the answer; got \"now\""),
        ] {
            let why = RequestPattern::parse(pattern).expect_err(pattern);
            assert!(why.starts_with(wanted), "{pattern}: {why}");
        }
    }
}
