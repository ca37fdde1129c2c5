//! The table of routes: method, path, handler.

use ::console::{Route, later, now};

use super::calls;
use super::conversation as talk;
use super::live;
use super::publications;
use super::world;
use crate::server::FakeFinesse;

/// Parts of the console that a replay has not: it has no contact centre, and no rules to break.
const NOT_OF_A_REPLAY: [&str; 8] =
    ["/publish", "/events", "/faults", "/world", "/agents", "/calls", "/queues", "/systeminfo"];

/// The routes of a fake.
pub(super) fn of(fake: &FakeFinesse) -> impl Iterator<Item = &'static Route<FakeFinesse>> {
    let is_replay = fake.is_replay();
    ROUTES.iter().filter(move |route| !is_replay || is_of_replay(route.path))
}

/// Whether a fake that replays a recording has this route.
fn is_of_replay(path: &str) -> bool {
    let is_below = |part: &str| {
        path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !NOT_OF_A_REPLAY.iter().any(|part| is_below(part))
}

pub(super) const ROUTES: &[Route<FakeFinesse>] = &[
    now("GET", "/", talk::about),
    now("GET", "/openapi.json", talk::openapi),
    now("GET", "/console", ::console::page),
    now("GET", "/sessions", talk::sessions),
    now("POST", "/inject", talk::inject),
    now("POST", "/kick", talk::kick),
    now("POST", "/publish", talk::publish),
    now("GET", "/transcript", talk::transcript).with_query(&["connection", "after", "format"]),
    now("DELETE", "/transcript", talk::forget_transcript),
    now("GET", "/transcript/live", live::transcript).with_query(&["connection", "after"]),
    later("POST", "/explain", ::console::explain).with_query(&["name"]),
    now("GET", "/events", publications::events).with_query(&["user", "after"]),
    now("GET", "/faults", talk::faults),
    now("POST", "/faults", talk::add_fault),
    now("DELETE", "/faults", talk::remove_faults),
    now("DELETE", "/faults/{id}", talk::remove_fault),
    now("GET", "/faults/table", talk::fault_table),
    now("GET", "/expectations", talk::expectations),
    now("POST", "/expectations", talk::expect),
    now("POST", "/verify", talk::verify),
    later("POST", "/wait", talk::wait),
    now("GET", "/world", world::all),
    now("GET", "/agents", world::agents),
    now("GET", "/agents/{id}", world::agent),
    now("POST", "/agents/{id}/state", world::change_state),
    now("POST", "/agents/{id}/ring", calls::ring),
    now("POST", "/agents/{id}/call", calls::make),
    now("POST", "/agents/{id}/consult", calls::consult),
    now("POST", "/agents/{id}/transfer-to", calls::transfer_to),
    now("POST", "/agents/{id}/drop-participant", calls::drop_participant),
    now("POST", "/agents/{id}/send-dtmf", calls::send_dtmf),
    now("POST", "/agents/{id}/listen-to", calls::listen_to),
    now("POST", "/agents/{id}/barge-in", calls::barge_in),
    now("POST", "/agents/{id}/preview", calls::preview),
    now("POST", "/agents/{id}/reclassify", calls::reclassify),
    now("POST", "/agents/{id}/schedule-callback", calls::schedule_callback),
    now("POST", "/agents/{id}/{action}", calls::act_of_agent),
    now("GET", "/calls", calls::all),
    now("GET", "/calls/{id}", calls::one),
    now("POST", "/calls/{id}/set-variable", calls::set_variable),
    now("POST", "/calls/{id}/set-wrap-up-reason", calls::set_wrap_up_reason),
    now("POST", "/calls/{id}/fails", calls::fails),
    now("POST", "/calls/{id}/{action}", calls::act_on_call),
    now("GET", "/queues", world::queues),
    now("POST", "/queues/{id}/call", world::call_queue),
    now("GET", "/systeminfo", world::system),
    now("PUT", "/systeminfo", world::set_system),
    now("POST", "/reset", talk::reset),
];
