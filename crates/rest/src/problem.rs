//! Errors that are answered at once: `<ApiErrors>` (Developer Guide 12.5, "Cisco Finesse API
//! Errors").

use contact::Tree;
use textual::{Position, nearest};

use crate::answer::{Answer, phrase};

/// An error of a request.
#[derive(Debug)]
pub(crate) struct Problem {
    status: u16,
    headers: Vec<(&'static str, String)>,
    /// The children of `<ApiError>`, in their order; none for an error without a document.
    fields: Vec<(&'static str, String)>,
    note: Option<String>,
}

impl Problem {
    fn new(status: u16, kind: &str, fields: &[(&'static str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, text)| (*name, (*text).to_owned()));
        let fields = [("ErrorType", kind.to_owned())].into_iter().chain(fields).collect();
        Self { status, headers: Vec::new(), fields, note: None }
    }

    fn typed(status: u16, kind: &str, data: &str, message: &str) -> Self {
        Self::new(status, kind, &[("ErrorData", data), ("ErrorMessage", message)])
    }

    /// Without a document, as a servlet container answers.
    pub(crate) fn bare(status: u16) -> Self {
        Self { status, headers: Vec::new(), fields: Vec::new(), note: None }
    }

    /// An element or query parameter that is needed (Developer Guide 12.5, page 51).
    pub(crate) fn missing(name: &str) -> Self {
        let mut title = name.to_owned();
        title[..1].make_ascii_uppercase();
        Self::typed(400, "Parameter Missing", name, &format!("{title} Parameter missing"))
            .note(format!("`{name}` is missing"))
    }

    /// A value that cannot be. The message is chosen here.
    pub(crate) fn invalid(name: &str, value: &str) -> Self {
        Self::typed(400, "Invalid Input", name, &format!("Invalid {name} specified"))
            .note(format!("`{name}` cannot be {value:?}"))
    }

    /// A value that is none of those that there are. The record names the nearest of them.
    pub(crate) fn unknown<'k>(
        name: &str,
        value: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let way_out = match alike(value, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there is {}", known.join(", ")),
        };
        Self::invalid(name, value).note(format!("`{name}` cannot be {value:?}: {way_out}"))
    }

    /// A body that cannot be read, with the place (line and column).
    pub(crate) fn unreadable(text: &str, offset: usize, reason: &str) -> Self {
        let Position { line, column } = Position::of(text, offset);
        let message = format!("line {line}, column {column}: {reason}");
        Self::typed(400, "Bad Request", "", &message)
            .note(format!("the body is no request: {message}"))
    }

    /// A state that the user cannot ask for.
    pub(crate) fn invalid_state(state: &str) -> Self {
        Self::typed(400, "Invalid State", state, "Invalid State specified for user")
    }

    /// Wrong credentials, or none (Developer Guide 12.5, page 54).
    pub(crate) fn unauthorized(user: &str, why: String) -> Self {
        let fields = [("ErrorMessage", "UNAUTHORIZED"), ("ErrorData", user)];
        Self::new(401, "Authorization Failure", &fields)
            .header("WWW-Authenticate", "Basic realm=\"Cisco Finesse\"")
            .note(why)
    }

    /// Wrong credentials, or none, of an agent that has tokens. The header is that of RFC 6750 §3;
    /// Cisco documents none.
    pub(crate) fn needs_token(user: &str, why: String) -> Self {
        let mut problem = Self::unauthorized(user, why);
        problem.headers = vec![("WWW-Authenticate", "Bearer realm=\"Cisco Finesse\"".to_owned())];
        problem
    }

    /// The object of somebody else (Developer Guide 12.5, page 32).
    pub(crate) fn foreign(user: &str) -> Self {
        let message =
            "The user specified in the authentication credentials and the uri don't match";
        Self::typed(401, "Invalid Authorization User Specified", user, message)
            .note(format!("{user} belongs to another account"))
    }

    /// A supervisor of another team.
    pub(crate) fn no_supervisor(user: &str) -> Self {
        Self::typed(401, "Invalid Supervisor", user, "The user is not the supervisor of this team")
    }

    /// An object that only other roles may read (Cisco DevNet, "Users").
    pub(crate) fn not_permitted() -> Self {
        let message = "The user is not authorized to perform this operation";
        Self::new(401, "Unauthorized", &[("ErrorMessage", message)])
            .note("the account does not have the role that this needs".to_owned())
    }

    /// An object that is for administrators alone (Cisco DevNet, "ReasonCode API Errors" and those
    /// of the other objects of configuration).
    pub(crate) fn no_administrator(user: &str) -> Self {
        let fields = [("ErrorMessage", "UNAUTHORIZED"), ("ErrorData", user)];
        Self::new(401, "Authorization Failure", &fields)
            .note(format!("only administrators may ask for this, and {user} is none"))
    }

    /// A change that this server does not make, whoever asks.
    pub(crate) fn forbidden() -> Self {
        let message = "The user is not authorized to perform this operation";
        Self::new(403, "Forbidden", &[("ErrorMessage", message)])
    }

    /// Developer Guide 12.5, page 80.
    pub(crate) fn not_found(parameter: &str, object: &str) -> Self {
        let message = format!("Invalid {parameter} specified for {object}");
        Self::new(404, "Not Found", &[("ErrorMessage", &message)])
            .note(format!("there is no {object} of this id"))
    }

    /// An object or action that this deployment does not have.
    pub(crate) fn not_implemented(message: &str) -> Self {
        Self::new(501, "Not Implemented", &[("ErrorMessage", message)])
    }

    /// Developer Guide 12.5, page 7.
    pub(crate) fn out_of_service() -> Self {
        Self::typed(503, "Service Unavailable", "", "SERVER_OUT_OF_SERVICE")
    }

    /// An error of this status, with no more in its document than that. A status below 400 has no
    /// document.
    pub(crate) fn of(status: u16) -> Self {
        match status {
            503 => Self::out_of_service(),
            400.. => Self::typed(status, phrase(status), "", phrase(status)),
            _ => Self::bare(status),
        }
    }

    /// Too many objects of a kind; the page of each kind has its own type and message.
    pub(crate) fn limit(data: &str, message: &str) -> Self {
        Self::typed(400, "System Resource Limit Exceeded", data, message)
    }

    /// Developer Guide 12.5, page 296.
    pub(crate) fn duplicate(object: &str) -> Self {
        let lower = object.to_lowercase();
        let message = format!("A {lower} with the same name already exists");
        Self::typed(
            400,
            "Database constraint violation",
            &format!("Duplicate {object} name."),
            &message,
        )
    }

    /// An object of configuration that cannot be assigned (Cisco DevNet, "ReasonCode API Errors").
    /// The message is chosen here.
    pub(crate) fn api(object: &str, what: &str) -> Self {
        Self::typed(400, "Finesse API Error", object, &format!("The object {what}"))
    }

    /// A team to which nothing can be assigned (Developer Guide 12.5, page 327).
    pub(crate) fn no_team(id: &str) -> Self {
        let kind = "finesse.api.team.team_assignment_invalid_team";
        let message = format!(
            "HTTP Status code: 404 (Not Found)\nApi Error Type: {kind}\nError Message: This is \
             not a valid team"
        );
        Self::new(404, kind, &[("ErrorData", id), ("ErrorMessage", &message)])
    }

    /// An object that others need. The message is chosen here.
    pub(crate) fn in_use(object: &str) -> Self {
        Self::typed(400, "In Use", object, &format!("The {object} is in use"))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says in the server's record what was wrong.
    pub(crate) fn note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    /// Adds to what the record says.
    pub(crate) fn and(mut self, more: Option<String>) -> Self {
        self.note = match (self.note, more) {
            (Some(note), Some(more)) => Some(format!("{note}; {more}")),
            (note, more) => note.or(more),
        };
        self
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let Problem { status, headers, fields, note } = problem;
        let mut answer = if fields.is_empty() {
            Self::empty(status)
        } else {
            let fields = fields.into_iter().map(|(name, text)| Tree::leaf(name, text));
            let error = Tree::branch("ApiError", fields);
            Self::with_document(status, Tree::branch("ApiErrors", [error]))
        };
        answer.headers.extend(headers);
        answer.note = note;
        answer
    }
}

/// The known name that a word stands for: the nearest, or one that contains it, or one that begins
/// alike. Guides on the web have `mediaAddress`, `BARGE_IN` and `dtmfDigits`.
pub(crate) fn alike<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known: Vec<&str> = known.into_iter().collect();
    let lower = word.to_lowercase();
    let shared = |name: &str| {
        let pairs = name.to_lowercase().chars().zip(lower.chars()).collect::<Vec<_>>();
        pairs.iter().take_while(|(a, b)| a == b).count()
    };
    nearest(word, known.iter().copied())
        .or_else(|| known.iter().find(|name| name.to_lowercase().contains(&lower)).copied())
        .or_else(|| {
            known.iter().copied().filter(|name| shared(name) >= 4).max_by_key(|n| shared(n))
        })
}
