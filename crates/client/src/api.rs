//! The REST API of Finesse: requests with the user's credentials, and the errors in the answers
//! (Finesse Web Services Developer Guide 12.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::{Element, Rules};

use crate::address::Address;
use crate::http::{Request, Response, exchange};
use crate::{Config, Error};

/// The REST API, as one user uses it.
#[derive(Clone)]
pub struct Api {
    config: Config,
}

impl Api {
    /// The API of the server that the configuration names.
    pub fn new(config: &Config) -> Self {
        Self { config: config.clone() }
    }

    /// The state of the server, which it tells everybody.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or answers with no SystemInfo.
    pub async fn system_info(&self) -> Result<Element, Error> {
        let answer = self.exchange("GET", "/SystemInfo", Vec::new(), String::new()).await?;
        document(&answer)
    }

    /// An object.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or refuses.
    pub async fn get(&self, path: &str) -> Result<Element, Error> {
        let answer = self.exchange("GET", path, self.credentials()?, String::new()).await?;
        document(&answer)
    }

    /// Asks for a change. Its result comes as an event with the same id.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or refuses at once.
    pub async fn change(
        &self,
        method: &str,
        path: &str,
        body: &Element,
        id: &str,
    ) -> Result<(), Error> {
        let mut headers = self.credentials()?;
        headers.push(("requestId", id.to_owned()));
        self.exchange(method, path, headers, stanza::print(body)).await.map(drop)
    }

    /// RFC 7617 §2. They are readable to all who can read the connection.
    fn credentials(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let Config { user, password, allow_plain, .. } = &self.config;
        if !self.config.rest.starts_with("https://") && !allow_plain {
            return Err(Error::Readable);
        }
        let credentials = STANDARD.encode(format!("{user}:{password}"));
        Ok(vec![("Authorization", format!("Basic {credentials}"))])
    }

    async fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(&str, String)>,
        body: String,
    ) -> Result<Response, Error> {
        let address = Address::parse(&format!("{}{path}", self.config.rest))?;
        let request = Request { method, address: &address, headers, body };
        let answer = exchange(&request, &self.config).await?;
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(Error::Denied { status, kind: error_type(&answer.body) }),
        }
    }
}

/// The path of a user. A login name may hold what has a meaning in a path (RFC 3986 §3.3).
pub(crate) fn user_path(user: &str) -> String {
    let mut path = "/User/".to_owned();
    for octet in user.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                path.push(char::from(octet));
            }
            _ => path.push_str(&format!("%{octet:02X}")),
        }
    }
    path
}

/// The root element of a document; a declaration may stand before it.
fn document(answer: &Response) -> Result<Element, Error> {
    let rules = Rules { leading_space: true, declaration: true, ..Rules::STRICT };
    let parsed = stanza::parse_with(answer.body.trim_end(), &rules);
    parsed.map(|(root, _)| root).map_err(|error| Error::Message(error.to_string()))
}

/// The type of the first error in a body; empty if it has none. The order of the children varies.
fn error_type(body: &str) -> String {
    let answer = Response { status: 0, body: body.to_owned() };
    let kind = document(&answer).ok().and_then(|root| find(&root, "ErrorType").map(Element::text));
    kind.unwrap_or_default()
}

/// The first element of this name, at any depth. Samples and servers differ in its first letter.
pub(crate) fn find<'e>(element: &'e Element, name: &str) -> Option<&'e Element> {
    if element.name.local.eq_ignore_ascii_case(name) {
        return Some(element);
    }
    element.children().find_map(|child| find(child, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_is_one_part_of_a_path() {
        assert_eq!(user_path("1001"), "/User/1001");
        assert_eq!(user_path("a@b/ä"), "/User/a%40b%2F%C3%A4");
    }

    #[test]
    fn an_error_is_known_by_its_name() {
        let body = "<?xml version=\"1.0\"?>\n<ApiErrors><ApiError><ErrorData/><ErrorMessage>m</ErrorMessage><ErrorType>Invalid State</ErrorType></ApiError></ApiErrors>";
        assert_eq!(error_type(body), "Invalid State");
        assert_eq!(error_type("<html>"), "");
    }
}
