//! Ends the connections of a case as RFC 7395 §3.6 and RFC 6455 §7.1.1 want it, and judges how they ended.

use std::time::{Duration, Instant};

use stanza::{Element, ns};
use wire::{CloseFrame, Frame, Message, close, opcode};

use super::connection::State;
use super::log::Note;
use super::player::{EPILOGUE, Player, Wait};
use crate::speak::mask_key;
use crate::verdict::CloseAxis;

/// Ends every open connection: `<close/>` if the stream is open, then WebSocket close 1000. Each part has a deadline.
pub(super) async fn epilogue(player: &mut Player<'_>) -> CloseAxis {
    // The epilogue stands behind every step in the transcript.
    player.step = usize::MAX;
    let mut order: Vec<usize> = (0..player.connections.len()).collect();
    order.sort_by(|&a, &b| player.connections[a].name.cmp(&player.connections[b].name));
    let mut worst = CloseAxis::NotReached;
    for at in order {
        let ended_before = player.connections[at].state.clone();
        end(player, at).await;
        let axis = judge(&ended_before, &player.connections[at].state);
        worst = match (worst, axis) {
            (CloseAxis::NotReached, axis) | (axis, CloseAxis::NotReached) => axis,
            (a, b) => a.max(b),
        };
    }
    worst
}

async fn end(player: &mut Player<'_>, at: usize) {
    let deadline = EPILOGUE.mul_f64(player.scene.patience);
    let state = player.connections[at].state.clone();
    let over = |state: &State| state.ended || state.ended_by_us;
    if state.upgraded && !over(&state) && state.got_close.is_none() && !state.sent_close {
        if state.stream_opened && !state.sent_stream_close {
            let text = stanza::print(&Element::new(ns::FRAMING, "close"));
            say(player, at, Message::Text(text), deadline).await;
            player.connections[at].state.sent_stream_close = true;
        }
        if state.stream_opened {
            until(player, at, deadline, |state| {
                state.got_stream_close || state.got_close.is_some()
            })
            .await;
        }
        // A server that has said `<close/>` is about to close (RFC 7395 §3.6), and the echo answers it; one that says
        // nothing more is closed by us.
        let pause =
            if player.connections[at].state.got_stream_close { deadline } else { Duration::ZERO };
        until(player, at, pause, |state| state.got_close.is_some()).await;
        let state = &player.connections[at].state;
        if !over(state) && state.got_close.is_none() && !state.sent_close {
            let code = close::code::NORMAL;
            say(player, at, Message::Close(Some(CloseFrame::new(code, ""))), deadline).await;
            player.connections[at].state.sent_close = true;
            until(player, at, deadline, |state| state.got_close.is_some()).await;
        }
    }
    if state.upgraded {
        // RFC 6455 §7.1.1: the server closes TCP first.
        until(player, at, deadline, |_| false).await;
    }
    player.connections[at].end().await;
}

/// Waits until `done`, the end of TCP, or the deadline.
async fn until(
    player: &mut Player<'_>,
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
        if !matches!(player.wait(deadline, true).await, Ok(Wait::Arrived)) {
            return;
        }
    }
}

async fn say(player: &mut Player<'_>, at: usize, message: Message, deadline: Duration) {
    let (opcode, payload) = match &message {
        Message::Text(text) => (opcode::TEXT, text.clone().into_bytes()),
        Message::Close(Some(close)) => (opcode::CLOSE, close.payload()),
        _ => return,
    };
    let octets = Frame::new(opcode, payload).masked(mask_key(&player.bindings)).encode();
    let connection = &mut player.connections[at];
    if connection.write(&octets, deadline).await.is_ok() {
        let name = connection.name.clone();
        let note = Note { step: player.step, claimed: true, timer: false };
        player.log.message(&name, &message, octets.len(), note);
    }
}

/// How a connection ended: `before` is where it stood when the steps of the case were over.
fn judge(before: &State, after: &State) -> CloseAxis {
    if !after.upgraded || before.ended_by_us || before.end_claimed {
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
