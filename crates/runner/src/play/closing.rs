//! Ends the connections of a case as RFC 7395 §3.6 and RFC 6455 §7.1.1 want it, and judges how they
//! ended.

use std::time::Duration;

use stanza::{Element, ns};
use tokio::time::Instant;
use transcript::{EPILOGUE, Side};
use wire::{CloseFrame, Message, close};

use super::connection::State;
use super::player::{Awaited, Player, Wait};
use super::server::ServerSide;
use super::side::UnderTest as _;
use crate::speak::mask_key;
use verdict::CloseAxis;

/// Ends every open connection: `<close/>` if the stream is open, then WebSocket close 1000. Each
/// part has a deadline.
pub(super) async fn epilogue(player: &mut Player<'_, ServerSide<'_>>) -> CloseAxis {
    // The epilogue stands behind every step in the transcript.
    player.step = EPILOGUE;
    let mut order: Vec<usize> = (0..player.connections.len()).collect();
    order.sort_by(|&a, &b| player.connections[a].name.cmp(&player.connections[b].name));
    let mut worst = CloseAxis::NotReached;
    for at in order {
        let ended_before = player.connections[at].state.clone();
        end(player, at).await;
        let axis = judge(&ended_before, &player.connections[at].state);
        // A message on this connection is too late. The others may hear of its end, and do so
        // before their own.
        player.connections[at].state.over = true;
        ServerSide::settle(player).await;
        worst = worse(worst, axis);
    }
    worst
}

/// The worse of two ends.
pub(super) fn worse(one: CloseAxis, other: CloseAxis) -> CloseAxis {
    match (one, other) {
        (CloseAxis::NotReached, axis) | (axis, CloseAxis::NotReached) => axis,
        (a, b) => a.max(b),
    }
}

async fn end(player: &mut Player<'_, ServerSide<'_>>, at: usize) {
    if player.connections[at].state.deaf {
        // Nothing that the peer still says can be heard, so there is no orderly end.
        player.connections[at].reset().await;
        return;
    }
    let deadline = player.deadline(None);
    // From here on the echo of a close is ours to say, so that it always has the same place in the
    // transcript.
    player.connections[at].state.manual = true;
    let is_open = |state: &State| {
        let tcp_is_open = !state.ended_by_us && (!state.ended || state.got_close.is_some());
        state.upgraded && !state.sent_close && tcp_is_open
    };
    if is_open(&player.connections[at].state) {
        let state = player.connections[at].state.clone();
        if state.stream_opened && !state.sent_stream_close && state.got_close.is_none() {
            say(
                player,
                at,
                Message::Text(stanza::print(&Element::new(ns::FRAMING, "close"))),
                deadline,
            )
            .await;
            player.connections[at].state.sent_stream_close = true;
        }
        if state.stream_opened {
            until(player, at, deadline, |state| {
                state.got_stream_close || state.got_close.is_some()
            })
            .await;
        }
        note_until_stream_close(player, at);
        // RFC 7395 §3.6: the closing party initiates the closing of the WebSocket; if the peer was
        // faster, this is the echo (RFC 6455 §5.5.1).
        if is_open(&player.connections[at].state) {
            say(
                player,
                at,
                Message::Close(Some(CloseFrame::new(close::code::NORMAL, ""))),
                deadline,
            )
            .await;
            until(player, at, deadline, |state| state.got_close.is_some()).await;
        }
    }
    let state = &player.connections[at].state;
    if state.upgraded || (state.refused && state.answers_once) {
        // RFC 6455 §7.1.1: the server closes TCP first. Its announcement is in the transcript,
        // whichever side was faster.
        until(player, at, deadline, |_| false).await;
    }
    player.connections[at].end().await;
}

/// Puts what came up to the stream's `<close/>` into the transcript, before our own close.
fn note_until_stream_close(player: &mut Player<'_, ServerSide<'_>>, at: usize) {
    let queue = &player.connections[at].queue;
    if let Some(last) = queue.iter().position(|received| received.incoming.is_stream_close()) {
        player.note_unclaimed(at, Side::Server, last + 1);
    }
}

/// Waits until `done`, the end of TCP, or the deadline.
async fn until(
    player: &mut Player<'_, ServerSide<'_>>,
    at: usize,
    how_long: Duration,
    done: impl Fn(&State) -> bool,
) {
    let deadline = Instant::now() + how_long;
    loop {
        let state = &player.connections[at].state;
        if done(state) || state.ended || state.ended_by_us {
            return;
        }
        if !matches!(
            ServerSide::wait(player, deadline, Awaited { end: true, talk: false }).await,
            Ok(Wait::Arrived)
        ) {
            return;
        }
    }
}

async fn say(
    player: &mut Player<'_, ServerSide<'_>>,
    at: usize,
    message: Message,
    deadline: Duration,
) {
    let mask = mask_key(&player.bindings);
    let connection = &mut player.connections[at];
    let said = connection.answer(message, mask, deadline).await;
    player.log.message(&connection.name, &said.message, said.octets, player.step);
}

/// How a connection ended: `before` is where it stood when the steps of the case were over.
pub(super) fn judge(before: &State, after: &State) -> CloseAxis {
    if after.is_session && !before.end_claimed {
        let is_closed = after.got_stream_close || after.sent_stream_close;
        return if is_closed { CloseAxis::Clean } else { CloseAxis::Unclean };
    }
    if !after.upgraded || before.deaf || before.ended_by_us || before.end_claimed {
        return CloseAxis::NotReached;
    }
    match after.got_close {
        None => CloseAxis::Unclean,
        Some(code) if code != close::code::NORMAL => CloseAxis::WrongCode,
        Some(_)
            if before.got_close.is_some() && !after.got_stream_close && before.stream_opened =>
        {
            CloseAxis::WrongSide
        }
        Some(_) if after.stream_opened && !after.got_stream_close => CloseAxis::Unclean,
        Some(_) if !after.ended || after.reset => CloseAxis::Unclean,
        Some(_) => CloseAxis::Clean,
    }
}
