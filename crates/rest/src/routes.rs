//! The table of routes (Developer Guide 12.5, the request of each API).

use textual::nearest;

use crate::answer::Answer;
use crate::api::Desk;
use crate::call::Call;
use crate::problem::Problem;
use crate::{dialogs, office, system_info, teams, users};

/// The function that answers a request.
pub(crate) type Handler = fn(&mut Desk<'_>, &Call<'_>) -> Result<Answer, Problem>;

/// One method of one kind of object.
pub(crate) struct Route {
    method: &'static str,
    /// Parts of the path below the base. `*` stands for any one part.
    path: &'static str,
    pub(crate) handler: Handler,
    /// Whether it is for everybody, in and out of service.
    pub(crate) is_open: bool,
}

/// The result of a search.
pub(crate) enum Found {
    Route(&'static Route),
    /// The object takes only these methods.
    Methods(String),
    /// There is no such object. The text says which are near.
    Nothing(String),
}

const fn route(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route { method, path, handler, is_open: false }
}

const ROUTES: &[Route] = &[
    Route { method: "GET", path: "SystemInfo", handler: system_info::get, is_open: true },
    route("GET", "User/*", users::get),
    route("PUT", "User/*", users::put),
    route("GET", "User/*/Dialogs", dialogs::list),
    route("POST", "User/*/Dialogs", dialogs::make),
    route("GET", "User/*/ReasonCodes", office::reasons_of_user),
    route("GET", "User/*/ReasonCode/*", office::reason_of_user),
    route("GET", "User/*/WrapUpReasons", office::wrap_up_reasons),
    route("GET", "User/*/WrapUpReason/*", office::wrap_up_reason),
    route("GET", "User/*/PhoneBooks", office::phone_books),
    route("GET", "User/*/Queues", users::queues),
    route("GET", "User/*/MediaPropertiesLayout", office::layout),
    route("GET", "User/*/MediaPropertiesLayouts", office::layouts),
    route("GET", "User/*/Workflows", office::workflows),
    route("GET", "User/*/Media", users::media),
    route("GET", "User/*/TeamMessages", teams::messages_for_user),
    route("POST", "User/*/ClientLog", users::client_log),
    route("GET", "Users", users::all),
    route("PUT", "Dialog", dialogs::without_id),
    route("GET", "Dialog/*", dialogs::get),
    route("PUT", "Dialog/*", dialogs::act),
    route("GET", "Teams", teams::all),
    route("GET", "Team/*", teams::get),
    route("GET", "Team/*/TeamMessages", teams::messages),
    route("POST", "TeamMessage", teams::send_message),
    route("POST", "TeamMessages", teams::send_message),
    route("DELETE", "TeamMessage/*", teams::delete_message),
    route("DELETE", "TeamMessages/*", teams::delete_message),
    route("GET", "TeamResource/*/ReasonCodes", office::reasons_of_team),
    route("GET", "TeamResource/*/WrapUpReasons", office::wrap_up_reasons_of_team),
    route("GET", "TeamResource/*/PhoneBooks", office::phone_books_of_team),
    route("GET", "TeamResource/*/MediaPropertiesLayouts", office::layouts_of_team),
    route("GET", "TeamResource/*/Workflows", office::workflows_of_team),
    route("GET", "Queue/*", users::queue),
    route("GET", "ReasonCodes", office::reasons),
    route("POST", "ReasonCodes", office::add_reason),
    route("GET", "ReasonCode/*", office::reason),
    route("PUT", "ReasonCode/*", office::change_reason),
    route("DELETE", "ReasonCode/*", office::remove_reason),
    route("GET", "WrapUpReasons", office::all_wrap_up_reasons),
    route("POST", "WrapUpReasons", office::add_wrap_up_reason),
    route("GET", "WrapUpReason/*", office::one_wrap_up_reason),
    route("PUT", "WrapUpReason/*", office::change_wrap_up_reason),
    route("DELETE", "WrapUpReason/*", office::remove_wrap_up_reason),
    route("GET", "PhoneBooks", office::all_phone_books),
    route("POST", "PhoneBooks", office::add_phone_book),
    route("GET", "PhoneBook/*", office::phone_book),
    route("PUT", "PhoneBook/*", office::change_phone_book),
    route("DELETE", "PhoneBook/*", office::remove_phone_book),
    route("GET", "PhoneBook/*/Contacts", office::contacts),
    route("POST", "PhoneBook/*/Contacts", office::add_contact),
    // PB posts to the singular.
    route("POST", "PhoneBook/*/Contact", office::add_contact),
    route("GET", "PhoneBook/*/Contact/*", office::contact),
    route("PUT", "PhoneBook/*/Contact/*", office::change_contact),
    route("DELETE", "PhoneBook/*/Contact/*", office::remove_contact),
];

/// The route of a request.
pub(crate) fn find(call: &Call<'_>) -> Found {
    // HEAD is answered as GET; the server leaves out the body.
    let method = if call.method == "HEAD" { "GET" } else { call.method };
    let mut of_path = ROUTES.iter().filter(|route| fits(route.path, &call.path)).peekable();
    if of_path.peek().is_none() {
        return Found::Nothing(near(&call.path));
    }
    match of_path.find(|route| route.method == method) {
        Some(route) => Found::Route(route),
        None => Found::Methods(methods(call)),
    }
}

/// The methods of a path, as the header `Allow` lists them.
pub(crate) fn methods(call: &Call<'_>) -> String {
    let own = ROUTES.iter().filter(|route| fits(route.path, &call.path));
    let mut methods: Vec<&str> = own.map(|route| route.method).collect();
    methods.push("OPTIONS");
    methods.join(", ")
}

fn fits(pattern: &str, path: &[String]) -> bool {
    let mut parts = pattern.split('/');
    let all = path.iter().all(|part| parts.next().is_some_and(|own| own == "*" || own == part));
    all && parts.next().is_none()
}

/// The kind of object that a path may have meant.
fn near(path: &[String]) -> String {
    let shown = path.join("/");
    let kinds = ROUTES.iter().flat_map(|route| route.path.split('/')).filter(|part| *part != "*");
    let kinds: Vec<&str> = kinds.collect();
    let wrong = path.iter().find(|part| !kinds.contains(&part.as_str()));
    let hint = wrong.and_then(|part| nearest(part, kinds.iter().copied()));
    match hint {
        Some(hint) => format!("the API has no object {shown:?}: did you mean {hint}?"),
        None => format!("the API has no object {shown:?}"),
    }
}
