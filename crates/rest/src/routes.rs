//! The table of routes (Developer Guide 12.5, the request of each API).

use textual::nearest;

use wire::RequestHead;

use crate::answer::Answer;
use crate::call::{BASE, Call, plain_path};
use crate::desk::Desk;
use crate::problem::Problem;
use crate::{assignments, dialogs, objects, phone_books, reasons, system_info, teams, users};

/// The function that answers a request.
pub(crate) type Handler = fn(&mut Desk<'_>, &Call<'_>) -> Result<Answer, Problem>;

/// One method of one kind of object.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// Parts of the path below the base. `*` stands for any one part.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) handler: Handler,
}

/// The callers that a route serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody, in and out of service.
    Open,
    /// Everybody with the right password; the handler may demand more.
    Caller,
    /// The user that the path names, its supervisors, administrators.
    Reader,
    /// Members and supervisors of the team that the path names, administrators.
    Member,
    /// Administrators.
    Administrator,
}

/// The result of a search.
pub(crate) enum Lookup {
    Route(&'static Route),
    /// The object takes only these methods.
    Methods(String),
    /// There is no such object. The text says which are near.
    Nothing(String),
}

const fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    handler: Handler,
) -> Route {
    Route { method, path, access, handler }
}

use Access::{Administrator, Caller, Member, Open, Reader};

pub(crate) const ROUTES: &[Route] = &[
    route("GET", "SystemInfo", Open, system_info::get),
    route("GET", "User/*", Caller, users::get),
    route("PUT", "User/*", Caller, users::put),
    route("GET", "User/*/Dialogs", Caller, dialogs::list),
    route("POST", "User/*/Dialogs", Caller, dialogs::make),
    route("GET", "User/*/ReasonCodes", Reader, reasons::reasons),
    route("GET", "User/*/ReasonCode/*", Reader, reasons::reason),
    route("GET", "User/*/WrapUpReasons", Reader, reasons::wrap_up_reasons),
    route("GET", "User/*/WrapUpReason/*", Reader, reasons::wrap_up_reason),
    route("GET", "User/*/PhoneBooks", Reader, phone_books::with_contacts),
    route("GET", "User/*/Queues", Caller, users::queues),
    route("GET", "User/*/MediaPropertiesLayout", Reader, objects::default_layout),
    route("GET", "User/*/MediaPropertiesLayouts", Reader, objects::list),
    route("GET", "User/*/Workflows", Reader, objects::list),
    route("GET", "User/*/Dialogs/Media", Caller, users::media_dialogs),
    route("GET", "User/*/Media", Caller, users::media),
    route("GET", "User/*/Media/*", Caller, users::medium),
    route("PUT", "User/*/Media/*", Caller, users::medium),
    route("GET", "User/*/TeamMessages", Caller, teams::messages_for_user),
    route("POST", "User/*/ClientLog", Caller, users::client_log),
    route("GET", "Devices", Caller, users::devices),
    route("GET", "Users", Caller, users::all),
    route("PUT", "Dialog", Caller, dialogs::without_id),
    route("GET", "Dialog/*", Caller, dialogs::get),
    route("PUT", "Dialog/*", Caller, dialogs::act),
    route("GET", "Teams", Caller, teams::all),
    route("GET", "Team/*", Caller, teams::get),
    route("GET", "Team/*/TeamMessages", Caller, teams::messages),
    route("GET", "Team/*/ReasonCodes", Administrator, assignments::list),
    route("PUT", "Team/*/ReasonCodes", Administrator, assignments::change),
    route("GET", "Team/*/WrapUpReasons", Administrator, assignments::list),
    route("PUT", "Team/*/WrapUpReasons", Administrator, assignments::change),
    route("GET", "Team/*/PhoneBooks", Administrator, assignments::list),
    route("PUT", "Team/*/PhoneBooks", Administrator, assignments::change),
    route("GET", "Team/*/Workflows", Administrator, assignments::list),
    route("PUT", "Team/*/Workflows", Administrator, assignments::change),
    route("GET", "Team/*/LayoutConfig", Administrator, assignments::desktop),
    route("PUT", "Team/*/LayoutConfig", Administrator, assignments::change_desktop),
    route("POST", "TeamMessage", Caller, teams::send_message),
    route("POST", "TeamMessages", Caller, teams::send_message),
    route("DELETE", "TeamMessage/*", Caller, teams::delete_message),
    route("DELETE", "TeamMessages/*", Caller, teams::delete_message),
    route("GET", "TeamResource/*/ReasonCodes", Member, reasons::reasons),
    route("GET", "TeamResource/*/WrapUpReasons", Member, reasons::wrap_up_reasons),
    route("GET", "TeamResource/*/PhoneBooks", Member, phone_books::with_contacts),
    route("GET", "TeamResource/*/MediaPropertiesLayouts", Member, objects::list),
    route("GET", "TeamResource/*/Workflows", Member, objects::list),
    route("GET", "TeamResource/*/Layout", Member, assignments::desktop),
    route("GET", "Queue/*", Caller, users::queue),
    route("GET", "ReasonCodes", Administrator, reasons::reasons),
    route("POST", "ReasonCodes", Administrator, reasons::add_reason),
    route("GET", "ReasonCode/*", Administrator, reasons::reason),
    route("PUT", "ReasonCode/*", Administrator, reasons::change_reason),
    route("DELETE", "ReasonCode/*", Administrator, reasons::remove_reason),
    route("GET", "WrapUpReasons", Administrator, reasons::wrap_up_reasons),
    route("POST", "WrapUpReasons", Administrator, reasons::add_wrap_up_reason),
    route("GET", "WrapUpReason/*", Administrator, reasons::wrap_up_reason),
    route("PUT", "WrapUpReason/*", Administrator, reasons::change_wrap_up_reason),
    route("DELETE", "WrapUpReason/*", Administrator, reasons::remove_wrap_up_reason),
    route("GET", "PhoneBooks", Administrator, phone_books::all),
    route("POST", "PhoneBooks", Administrator, phone_books::add_book),
    route("GET", "PhoneBook/*", Administrator, phone_books::one),
    route("PUT", "PhoneBook/*", Administrator, phone_books::change),
    route("DELETE", "PhoneBook/*", Administrator, phone_books::remove_book),
    route("GET", "PhoneBook/*/Contacts", Administrator, phone_books::contacts),
    route("POST", "PhoneBook/*/Contacts", Administrator, phone_books::add_contact),
    // PB posts to the singular.
    route("POST", "PhoneBook/*/Contact", Administrator, phone_books::add_contact),
    route("GET", "PhoneBook/*/Contact/*", Administrator, phone_books::contact),
    route("PUT", "PhoneBook/*/Contact/*", Administrator, phone_books::change_contact),
    route("DELETE", "PhoneBook/*/Contact/*", Administrator, phone_books::remove_contact),
    route("GET", "MediaPropertiesLayouts", Administrator, objects::list),
    route("POST", "MediaPropertiesLayouts", Administrator, objects::add),
    route("GET", "MediaPropertiesLayout/*", Administrator, objects::one),
    route("PUT", "MediaPropertiesLayout/*", Administrator, objects::change),
    route("DELETE", "MediaPropertiesLayout/*", Administrator, objects::remove),
    route("GET", "Workflows", Administrator, objects::list),
    route("POST", "Workflows", Administrator, objects::add),
    route("GET", "Workflow/*", Administrator, objects::one),
    route("PUT", "Workflow/*", Administrator, objects::change),
    route("DELETE", "Workflow/*", Administrator, objects::remove),
    route("GET", "WorkflowActions", Administrator, objects::list),
    route("POST", "WorkflowActions", Administrator, objects::add),
    route("GET", "WorkflowAction/*", Administrator, objects::one),
    route("PUT", "WorkflowAction/*", Administrator, objects::change),
    route("DELETE", "WorkflowAction/*", Administrator, objects::remove),
    route("GET", "MediaDomain", Caller, objects::list),
    route("GET", "MediaDomains", Caller, objects::list),
    route("GET", "MediaDomain/*", Caller, objects::one),
    route("GET", "ChatConfig", Caller, objects::one),
    route("PUT", "ChatConfig", Administrator, objects::change),
    route("GET", "ECCVariableConfig", Caller, objects::one),
    route("PUT", "ECCVariableConfig", Administrator, objects::change),
    route("GET", "ConfigInfo", Administrator, system_info::numbers),
    route("GET", "SystemConfig", Administrator, objects::one),
    route("PUT", "SystemConfig", Administrator, objects::change),
    route("GET", "ClusterConfig", Administrator, system_info::cluster),
    route("PUT", "ClusterConfig", Administrator, objects::change),
    route("GET", "EnterpriseDatabaseConfig", Administrator, objects::one),
    route("PUT", "EnterpriseDatabaseConfig", Administrator, objects::change),
    route("GET", "LayoutConfig/default", Administrator, objects::one),
    route("PUT", "LayoutConfig/default", Administrator, objects::change),
];

/// The route of a request.
pub(crate) fn find(call: &Call<'_>) -> Lookup {
    // HEAD is answered as GET; the server leaves out the body.
    let method = if call.method == "HEAD" { "GET" } else { call.method };
    let mut of_path = ROUTES.iter().filter(|route| fits(route.path, &call.path)).peekable();
    if of_path.peek().is_none() {
        return Lookup::Nothing(near(&call.path));
    }
    match of_path.find(|route| route.method == method) {
        Some(route) => Lookup::Route(route),
        None => Lookup::Methods(methods(call)),
    }
}

/// The methods of a path, as the header `Allow` lists them.
pub(crate) fn methods(call: &Call<'_>) -> String {
    let own = ROUTES.iter().filter(|route| fits(route.path, &call.path));
    let mut methods: Vec<&str> = own.map(|route| route.method).collect();
    methods.push("OPTIONS");
    methods.join(", ")
}

/// The objects below that of the path which take its method: clients in the field post a call to
/// the user, and not to its dialogs. In words, or nothing.
pub(crate) fn below(call: &Call<'_>) -> String {
    let depth = call.path.len();
    let is_below = |route: &&Route| {
        let mut parts = route.path.split('/');
        let fits =
            call.path.iter().all(|own| parts.next().is_some_and(|it| it == "*" || it == own));
        fits && route.method == call.method && route.path.split('/').count() == depth + 1
    };
    let paths = ROUTES.iter().filter(is_below).map(|route| route.path.replace('*', "ID"));
    let paths: Vec<String> = paths.collect();
    match paths.as_slice() {
        [] => String::new(),
        paths => format!("; {} is for {}", call.method, paths.join(", ")),
    }
}

/// The path of the API that another path may have meant: the first of its parts that is the name of
/// an object, and all behind it.
pub fn meant(head: &RequestHead) -> Option<String> {
    let path = plain_path(head);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let kind = |part: &str| {
        let mut kinds = ROUTES.iter().filter_map(|route| route.path.split('/').next());
        kinds.find(|kind| kind.eq_ignore_ascii_case(part))
    };
    let (at, kind) = parts.iter().enumerate().find_map(|(at, part)| Some((at, kind(part)?)))?;
    let whole: Vec<&str> = [kind].into_iter().chain(parts[at + 1..].iter().copied()).collect();
    Some(format!("{BASE}/{}", whole.join("/")))
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
    let whole = with_parts_of(path);
    let hint = wrong
        .and_then(|part| nearest(part, kinds.iter().copied()))
        .or_else(|| nearest(&shown, whole.iter().map(String::as_str)));
    match hint {
        Some(hint) => format!("the API has no object {shown:?}: did you mean {hint}?"),
        None => format!("the API has no object {shown:?}"),
    }
}

/// The paths of the API that are as deep as this one, with its parts where any may stand.
fn with_parts_of(path: &[String]) -> Vec<String> {
    let as_deep = ROUTES.iter().filter(|route| route.path.split('/').count() == path.len());
    let filled = as_deep.map(|route| {
        let parts = route.path.split('/').zip(path);
        let parts = parts.map(|(part, own)| if part == "*" { own.as_str() } else { part });
        parts.collect::<Vec<_>>().join("/")
    });
    filled.collect()
}
