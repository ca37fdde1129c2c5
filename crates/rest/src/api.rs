//! The way of a request: service, route, caller, handler.

use contact::{Flavour, SystemStatus, World};
use wire::RequestHead;

use crate::access::Locks;
use crate::answer::Answer;
use crate::broken::{self, Rule};
use crate::call::Call;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::messages::Messages;
use crate::problem::Problem;
use crate::routes::{self, Access, Lookup};
use crate::site::Site;
use crate::token;

/// The request headers that clients in browsers are known to send.
const CROSS_ORIGIN_HEADERS: &str =
    "authorization, content-type, requestid, range, access-control-allow-origin";

/// The API of one server: what it remembers beside the contact centre.
#[derive(Debug, Default)]
pub struct Api {
    locks: Locks,
    pub(crate) messages: Messages,
    /// How many sessions have been given out.
    sessions: u64,
}

impl Api {
    /// Answers a request. Changes that the request makes in the world are left there for the caller
    /// to publish.
    pub fn answer(
        &mut self,
        site: &Site<'_>,
        world: &mut World,
        head: &RequestHead,
        body: &[u8],
    ) -> Answer {
        if site.broken.is_empty() {
            return self.answered(site, world, head, body);
        }
        let (mut read, mut body) = (head.clone(), body.to_vec());
        let unread = broken::request(&site.broken, world, &mut read, &mut body);
        let answer = unread.unwrap_or_else(|| self.answered(site, world, &read, &body));
        broken::answer(&site.broken, head, answer)
    }

    fn answered(
        &mut self,
        site: &Site<'_>,
        world: &mut World,
        head: &RequestHead,
        body: &[u8],
    ) -> Answer {
        let call = Call::new(head, body);
        let (answer, is_authenticated) = self.handled(site, world, &call);
        let answer = answer.written(world.longest_list());
        self.dressed(site, &call, answer, is_authenticated)
    }

    /// Answers a request with a status that somebody else has chosen, and does not carry it out.
    pub fn refuse(&mut self, site: &Site<'_>, head: &RequestHead, status: u16) -> Answer {
        let call = Call::new(head, &[]);
        let answer = Answer::from(Problem::of(status)).written(None);
        self.dressed(site, &call, answer, false)
    }

    /// Adds the headers that do not depend on the handler.
    fn dressed(
        &mut self,
        site: &Site<'_>,
        call: &Call<'_>,
        mut answer: Answer,
        is_authenticated: bool,
    ) -> Answer {
        let headers = &call.head.headers;
        let is_known = headers.first("Cookie").is_some_and(|it| it.contains("JSESSIONID="));
        // Developer Guide 12.5, page 22: the id comes back with errors that are answered at once.
        if answer.status >= 400 && call.method != "GET" && !call.request.is_empty() {
            answer.headers.push(("requestId", call.request.to_owned()));
        }
        if is_authenticated && !is_known {
            self.sessions += 1;
            let cookie =
                format!("JSESSIONID={:032X}; Path=/finesse; Secure; HttpOnly", self.sessions);
            answer.headers.push(("Set-Cookie", cookie));
        }
        if site.allows_cross_origin
            && let Some(origin) = headers.first("Origin")
        {
            answer.headers.extend([
                ("Access-Control-Allow-Origin", origin.to_owned()),
                ("Access-Control-Allow-Credentials", "true".to_owned()),
                ("Access-Control-Expose-Headers", "requestId, location".to_owned()),
            ]);
        }
        answer
    }

    /// The answer, and whether somebody was authenticated.
    fn handled(&mut self, site: &Site<'_>, world: &mut World, call: &Call<'_>) -> (Answer, bool) {
        if call.is_for_token() {
            let answer = token::answer(&mut self.locks, site, world, call);
            return (answer.unwrap_or_else(Answer::from), false);
        }
        let route = match routes::find(call) {
            // A preflight has no credentials (Fetch standard, "CORS-preflight fetch").
            Lookup::Route(_) | Lookup::Methods(_) if call.method == "OPTIONS" => {
                return (options(site, call), false);
            }
            Lookup::Route(route) => route,
            Lookup::Methods(methods) => {
                let below = routes::below(call);
                let note = format!("this object takes {methods}, not {}{below}", call.method);
                let problem = Problem::bare(405).header("Allow", methods).note(note);
                return (problem.into(), false);
            }
            Lookup::Nothing(note) => {
                return (Problem::bare(404).note(note).into(), false);
            }
        };
        let is_open = route.access == Access::Open;
        let is_down = site.status == SystemStatus::OutOfService && !site.breaks(Rule::Service);
        if is_down && !is_open {
            return (Problem::out_of_service().into(), false);
        }
        let caller = match is_open {
            true => None,
            false => match self.locks.caller(site, world, call) {
                Ok(caller) if site.breaks(Rule::Owners) => Some(broken::owner(world, call, caller)),
                Ok(caller) => Some(caller),
                Err(problem) => return (problem.into(), false),
            },
        };
        if let Err(problem) = check_content_type(call) {
            return (problem.into(), caller.is_some());
        }
        let is_authenticated = caller.is_some();
        let mut desk = Desk { site, world, messages: &mut self.messages, caller };
        let answer = desk.admit(route.access, call).and_then(|()| (route.handler)(&mut desk, call));
        (answer.unwrap_or_else(Answer::from), is_authenticated)
    }
}

/// The answer to OPTIONS.
fn options(site: &Site<'_>, call: &Call<'_>) -> Answer {
    let answer = Answer::empty(200).header("Allow", routes::methods(call));
    if !site.allows_cross_origin {
        return answer;
    }
    answer
        .header("Access-Control-Allow-Methods", "GET, PUT, POST, DELETE, OPTIONS")
        .header("Access-Control-Allow-Headers", CROSS_ORIGIN_HEADERS)
        .header("Access-Control-Max-Age", "1800")
}

/// A body of another type is refused before it is read. Clients that name none are served.
fn check_content_type(call: &Call<'_>) -> Result<(), Problem> {
    let Some(header) = call.head.headers.first("Content-Type").filter(|_| !call.body.is_empty())
    else {
        return Ok(());
    };
    let media = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(media.as_str(), "application/xml" | "text/xml") || media.ends_with("+xml") {
        return Ok(());
    }
    let note = format!("the body is {media:?}: the API reads application/xml");
    Err(Problem::bare(415).note(note))
}

impl Desk<'_> {
    /// Refuses a caller whom the route does not serve.
    fn admit(&self, access: Access, call: &Call<'_>) -> Result<(), Problem> {
        match access {
            Access::Open | Access::Caller => Ok(()),
            Access::Reader => self.readable(call).map(drop),
            Access::Member => self.member_of(call),
            Access::Administrator => match self.caller()? {
                Caller::Administrator(_) => self.admit_to_node(call),
                Caller::Agent(own) => Err(Problem::no_administrator(&own.id)),
            },
        }
    }

    /// Refuses what only the primary server of a pair does (Developer Guide 12.5, page 205): CCX
    /// reads its configuration on both, CCE on the primary alone.
    fn admit_to_node(&self, call: &Call<'_>) -> Result<(), Problem> {
        let is_read = matches!(call.method, "GET" | "HEAD") && self.world.flavour() == Flavour::Ccx;
        match self.site.peer {
            Some(primary) if self.site.is_secondary && !is_read => {
                let note = format!("this is the secondary server: configure {primary}");
                Err(Problem::forbidden().note(note))
            }
            _ => Ok(()),
        }
    }

    /// The caller. Handlers of open routes do not need it.
    pub(crate) fn caller(&self) -> Result<&Caller, Problem> {
        self.caller
            .as_ref()
            .ok_or_else(|| Problem::unauthorized("", "no user is authenticated".to_owned()))
    }

    /// The administrator who asks; others may not read this.
    pub(crate) fn administrator(&self) -> Result<(), Problem> {
        match self.caller()? {
            Caller::Administrator(_) => Ok(()),
            Caller::Agent(_) => Err(Problem::not_permitted()),
        }
    }
}
