//! Carries out the steps of a case, one kind after the other.

use std::sync::Arc;
use std::time::Instant;

use case::{Arg, Arrow, Branch, Call, Fact, Item, Label, Payload, Step, StepKind, Template};
use stanza::ns;
use wire::net;
use wire::{Message, opcode};

use super::connection::Connection;
use super::incoming::{Incoming, Received};
use super::log::Note;
use super::player::{Awaited, CONNECT, Player, Stop, Wait, first_line, text};
use crate::matching::{self, Mismatch};
use crate::outcome::{Closest, Failure};
use crate::scene::{Action, Promise};
use crate::speak::{self, Utterance};
use crate::template;

/// Something that is waited for.
#[derive(Clone, Copy)]
struct Want<'i> {
    conn: &'i str,
    what: What<'i>,
    step: &'i Step,
    within: Option<std::time::Duration>,
}

#[derive(Clone, Copy)]
enum What<'i> {
    Payload(&'i Payload),
    Fact(&'i Fact),
}

impl<'a> Player<'a> {
    /// Carries out steps in their order.
    pub(super) fn steps<'s, 'i: 's>(
        &'s mut self,
        items: Vec<&'i Item>,
    ) -> Promise<'s, Result<(), Stop>>
    where
        'a: 's,
    {
        Box::pin(async move {
            for item in items {
                if let Item::Step(step) = item {
                    self.one(step).await?;
                }
            }
            Ok(())
        })
    }

    async fn one(&mut self, step: &Step) -> Result<(), Stop> {
        match &step.kind {
            StepKind::Say { conn, arrow: Arrow::ToServer, within, payload } => {
                self.step += 1;
                self.say(step, &conn.value, payload, *within).await
            }
            StepKind::Say { conn, arrow: Arrow::ToClient, within, payload } => {
                let want =
                    Want { conn: &conn.value, what: What::Payload(payload), step, within: *within };
                self.take(want).await
            }
            StepKind::Fact { conn, within, fact } => match fact {
                Fact::Connect { .. } => self.connect(&conn.value).await,
                Fact::Silent(how_long) => self.silent(step, &conn.value, *how_long).await,
                Fact::Manual => {
                    if let Some(connection) = self.connection(&conn.value) {
                        connection.state.manual = true;
                    }
                    Ok(())
                }
                fact => {
                    self.take(Want {
                        conn: &conn.value,
                        what: What::Fact(fact),
                        step,
                        within: *within,
                    })
                    .await
                }
            },
            StepKind::Do(call) => self.act(call).await,
            StepKind::Used { owner, body, .. } => {
                // A case that answers for a fragment is not blocked by it.
                self.owner = (*owner != self.case.id).then(|| owner.clone());
                self.steps(body.iter().collect()).await?;
                self.owner = None;
                Ok(())
            }
            StepKind::AnyOrder(items) => self.any_order(items).await,
            StepKind::OneOf { branches, .. } => self.one_of(step, branches).await,
            StepKind::Finally(_) => Ok(()),
            StepKind::Use(call) => {
                Err(Stop::Error(format!("fragment `{}` was not expanded", call.name.value)))
            }
        }
    }

    async fn connect(&mut self, name: &str) -> Result<(), Stop> {
        self.step += 1;
        let scene = self.scene;
        let tls = scene.tls.as_ref().map(|tls| (&tls.trust, tls.name.as_str()));
        let deadline = CONNECT.mul_f64(scene.patience);
        let stream = net::dial(&scene.host, scene.port, tls, deadline).await.map_err(|error| {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            Stop::Error(format!("{error}{hint}"))
        })?;
        self.log.connected(name, scene.tls.is_some(), self.step);
        let (outbox, ledger) = (self.outbox.clone(), Arc::clone(&self.ledger));
        // A name that is connected again stands for the new connection; the old one is kept for the epilogue.
        if let Some(old) = self.connection(name) {
            old.name.push('\'');
        }
        self.connections.push(Connection::new(
            name,
            self.connections.len(),
            stream,
            outbox,
            ledger,
        ));
        Ok(())
    }

    async fn say(
        &mut self,
        step: &Step,
        conn: &str,
        payload: &Payload,
        within: Option<std::time::Duration>,
    ) -> Result<(), Stop> {
        let number = self.step;
        let deadline = self.deadline(within);
        let utterance = speak::utter(payload, &mut self.bindings)
            .map_err(|error| Stop::Error(format!("{}: {}", first_line(step), error.message)))?;
        let Some(at) = self.connections.iter().position(|connection| connection.name == conn)
        else {
            return Err(Stop::Error(format!("{conn} speaks before `{conn} == connect`")));
        };
        let connection = &mut self.connections[at];
        let octets = match &utterance {
            Utterance::Request { head, body } => [head.to_bytes(), body.clone()].concat(),
            Utterance::Message(frame) | Utterance::Frame(frame) => frame.encode(),
            Utterance::Bytes(octets) => octets.clone(),
            Utterance::Eof => {
                connection.end().await;
                self.log.other(conn, &[], |_| transcript::Said::Eof, number);
                return Ok(());
            }
            Utterance::Reset => {
                connection.reset().await;
                self.log.other(conn, &[], |_| transcript::Said::Reset, number);
                return Ok(());
            }
        };
        let state = &mut connection.state;
        match &utterance {
            Utterance::Request { head, .. } => connection.note_request(&head.method),
            Utterance::Message(frame) | Utterance::Frame(frame)
                if frame.opcode == opcode::CLOSE =>
            {
                state.sent_close = true;
            }
            _ => {}
        }
        if let Payload::Xml { root, .. } = payload {
            connection.state.stream_opened |=
                root.name.ns == ns::FRAMING && root.name.local == "open";
            connection.state.sent_stream_close |=
                root.name.ns == ns::FRAMING && root.name.local == "close";
        }
        let written = connection.write(&octets, deadline).await;
        match &utterance {
            Utterance::Request { head, body } => {
                self.log.request(conn, head, body, octets.len(), number)
            }
            Utterance::Message(frame) => match message(frame) {
                Some(message) => self.log.message(conn, &message, octets.len(), number),
                None => self.log.frame(conn, frame, octets.len(), number),
            },
            Utterance::Frame(frame) => self.log.frame(conn, frame, octets.len(), number),
            Utterance::Bytes(octets) => {
                self.log.other(conn, octets, |payload| transcript::Said::Bytes { payload }, number);
            }
            Utterance::Eof | Utterance::Reset => {}
        }
        written.map_err(|message| Stop::Failed(Box::new(failure(step, message))))
    }

    /// Waits for one thing and claims it.
    async fn take(&mut self, want: Want<'_>) -> Result<(), Stop> {
        self.step += 1;
        if self.already(&want) {
            return Ok(());
        }
        let (_, at) = self.receive(&[want], want.step).await?;
        if let Some(received) = self.claim(want.conn, at) {
            let note = Note { step: self.step, claimed: true };
            self.log.received(want.conn, &received, note);
        }
        Ok(())
    }

    /// Whether a fact holds because of something that was claimed before.
    fn already(&self, want: &Want<'_>) -> bool {
        let What::Fact(fact) = want.what else { return false };
        let connection = self.connections.iter().find(|connection| connection.name == want.conn);
        let Some(connection) = connection else { return false };
        let state = &connection.state;
        match fact {
            Fact::Closed => state.end_claimed,
            Fact::Upgraded => state.upgraded && !connection.queue.iter().any(is_response),
            Fact::NeverUpgraded => {
                (state.refused || state.end_claimed)
                    && !state.upgraded
                    && !connection.queue.iter().any(is_response)
            }
            _ => false,
        }
    }

    /// Waits until something fits one of `wants`; gives its number there, and its place in the queue. `step` is blamed
    /// when nothing does.
    async fn receive(&mut self, wants: &[Want<'_>], step: &Step) -> Result<(usize, usize), Stop> {
        let Some(first) = wants.first() else {
            return Err(Stop::Error("nothing to wait for".to_owned()));
        };
        let within = self.deadline(wants.iter().filter_map(|want| want.within).max());
        let deadline = Instant::now() + within;
        let awaited =
            Awaited { end: wants.iter().any(Want::is_end), talk: wants.iter().any(Want::is_talk) };
        let one_conn = wants.iter().all(|want| want.conn == first.conn);
        let mut nearest: Option<(usize, Mismatch, String, String)> = None;
        let mut scanned: Vec<usize> = vec![0; self.connections.len()];
        loop {
            let mut fitting = None;
            'scan: for (index, connection) in self.connections.iter().enumerate() {
                for (at, received) in connection.queue.iter().enumerate().skip(scanned[index]) {
                    for (number, want) in
                        wants.iter().enumerate().filter(|(_, want)| want.conn == connection.name)
                    {
                        match want.fits(received, &mut self.bindings) {
                            Ok(()) => {
                                fitting = Some((number, at));
                                break 'scan;
                            }
                            Err(mismatch) => {
                                if nearest
                                    .as_ref()
                                    .is_none_or(|(_, best, ..)| nearer(&mismatch, best))
                                {
                                    let kind = received.incoming.kind().to_owned();
                                    nearest =
                                        Some((number, mismatch, kind, text(&received.incoming)));
                                }
                            }
                        }
                    }
                    if one_conn
                        && connection.name == first.conn
                        && wants.iter().all(|want| want.is_decided_by(received, &mut self.bindings))
                    {
                        let (number, mismatch) = decided(wants, received, &mut self.bindings);
                        let (kind, text) =
                            (received.incoming.kind().to_owned(), text(&received.incoming));
                        return Err(blame(wants, step, Some((number, mismatch, kind, text)), None));
                    }
                    scanned[index] = at + 1;
                }
            }
            if let Some(found) = fitting {
                return Ok(found);
            }
            let why = match self.wait(deadline, awaited).await? {
                Wait::Arrived => continue,
                Wait::TimedOut => format!("within {}", case::duration::print(within)),
                Wait::AtRest => "and nothing is on its way: the target is at rest".to_owned(),
            };
            return Err(blame(wants, step, nearest, Some(why)));
        }
    }

    /// Nothing may come for a while, but for timer talk.
    async fn silent(
        &mut self,
        step: &Step,
        conn: &str,
        how_long: std::time::Duration,
    ) -> Result<(), Stop> {
        self.step += 1;
        let deadline = Instant::now() + how_long.div_f64(self.scene.clock);
        loop {
            let broken = self.connection(conn).and_then(|connection| {
                connection.queue.iter().find(|received| !received.incoming.is_timer_talk()).map(
                    |received| {
                        let text = text(&received.incoming);
                        (received.incoming.kind().to_owned(), text)
                    },
                )
            });
            if let Some((kind, text)) = broken {
                let mut failure = failure(step, format!("not silent: {text}"));
                failure.closest = Some(Closest { line: None, kind, rows: Vec::new(), text });
                return Err(Stop::Failed(Box::new(failure)));
            }
            match self.wait(deadline, Awaited::default()).await? {
                Wait::Arrived => {}
                Wait::TimedOut | Wait::AtRest => return Ok(()),
            }
        }
    }

    async fn act(&mut self, call: &Call) -> Result<(), Stop> {
        self.step += 1;
        let error = |message: String| Stop::Error(format!("do {}: {message}", call.name.value));
        let mut args = Vec::new();
        let mut payload = None;
        for arg in &call.args {
            match &arg.value {
                Arg::Xml(pattern) => {
                    let element = speak::element(pattern, &mut self.bindings)
                        .map_err(|problem| error(problem.message))?;
                    payload = Some(stanza::print(&element));
                }
                // A bare path or word that names no variable is its own text.
                Arg::Word(word) if self.bindings.value(word).is_none() => args.push(word.clone()),
                other => {
                    let octets = template::make_arg(other, &mut self.bindings).map_err(error)?;
                    args.push(String::from_utf8_lossy(&octets).into_owned());
                }
            }
        }
        let action = match (call.name.value.as_str(), payload, args.as_slice()) {
            ("publish", Some(payload), [node]) => Action::Publish { node: node.clone(), payload },
            (name, _, _) => Action::Other { name: name.to_owned(), args },
        };
        let deadline = self.deadline(None);
        let stage = Arc::clone(&self.scene.stage);
        match tokio::time::timeout(deadline, stage.perform(action)).await {
            Ok(done) => done.map_err(error),
            Err(_) => Err(error(format!("not done within {}", case::duration::print(deadline)))),
        }
    }

    async fn any_order(&mut self, items: &[Item]) -> Result<(), Stop> {
        let all = wants(items)?;
        let base = self.step;
        self.step += all.len();
        let mut left: Vec<usize> = (0..all.len()).collect();
        let mut taken: Vec<(usize, Received)> = Vec::new();
        let mut outcome = Ok(());
        while let Some(&first) = left.first() {
            let open: Vec<Want<'_>> = left.iter().map(|&number| all[number]).collect();
            match self.receive(&open, all[first].step).await {
                Err(stop) => {
                    outcome = Err(stop);
                    break;
                }
                Ok((number, at)) => {
                    let want = open[number];
                    if let Some(connection) = self.connection(want.conn)
                        && let Some(received) = connection.queue.remove(at)
                    {
                        connection.state.end_claimed |= received.incoming.is_end();
                        taken.push((left.remove(number), received));
                    }
                }
            }
        }
        // Rule N21: in the order of the case, not of arrival.
        taken.sort_by_key(|(number, _)| *number);
        for (number, received) in taken {
            let note = Note { step: base + 1 + number, claimed: true };
            self.log.received(all[number].conn, &received, note);
        }
        outcome
    }

    async fn one_of(&mut self, step: &Step, branches: &[Branch]) -> Result<(), Stop> {
        let mut firsts: Vec<Want<'_>> = Vec::new();
        let mut owners: Vec<usize> = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            for want in first_wants(&branch.body)? {
                firsts.push(want);
                owners.push(number);
            }
        }
        let chosen = match firsts.iter().position(|want| self.already(want)) {
            Some(number) => number,
            None => self.receive(&firsts, step).await?.0,
        };
        let branch = &branches[owners[chosen]];
        let text = branch.text.as_ref().map(|text| text.value.clone());
        match branch.label.value {
            Label::Fail => {
                let mut failure =
                    failure(step, text.unwrap_or_else(|| "this must not come".to_owned()));
                failure.span.clone_from(&branch.label.span);
                Err(Stop::Failed(Box::new(failure)))
            }
            label => {
                self.branches.push((label, text));
                self.steps(branch.body.iter().collect()).await?;
                if label == Label::Unsupported { Err(Stop::Unsupported) } else { Ok(()) }
            }
        }
    }
}

impl Want<'_> {
    /// Whether this is it.
    fn fits(
        &self,
        received: &Received,
        bindings: &mut crate::bindings::Bindings,
    ) -> Result<(), Mismatch> {
        let fact = match self.what {
            What::Payload(payload) => return matching::fits(payload, received, bindings),
            What::Fact(fact) => fact,
        };
        let incoming = &received.incoming;
        let is_101 = matches!(incoming, Incoming::Response { head, .. } if head.status == 101);
        let holds = match fact {
            Fact::Upgraded => is_101,
            Fact::NeverUpgraded => (is_response(received) && !is_101) || incoming.is_end(),
            Fact::Closed => incoming.is_end(),
            Fact::Eof => matches!(incoming, Incoming::Eof),
            Fact::Reset => matches!(incoming, Incoming::Reset),
            Fact::Connect { .. } | Fact::Silent(_) | Fact::Manual => false,
        };
        if holds {
            return Ok(());
        }
        Err(Mismatch {
            rows: Vec::new(),
            span: None,
            message: format!("{} was received", incoming.kind()),
        })
    }

    /// Whether it is an end of the connection that is awaited.
    fn is_end(&self) -> bool {
        match self.what {
            What::Payload(payload) => matches!(payload, Payload::Eof | Payload::Reset),
            What::Fact(fact) => {
                matches!(fact, Fact::Closed | Fact::Eof | Fact::Reset | Fact::NeverUpgraded)
            }
        }
    }

    /// Whether it is something that a server says by timer.
    fn is_talk(&self) -> bool {
        match self.what {
            What::Payload(Payload::Ping(_)) => true,
            What::Payload(Payload::Xml { root, .. }) => {
                let is_get = |attr: &case::AttrPattern| {
                    attr.name.local == "type" && attr.value == Template::from("get")
                };
                root.name.local == "iq" && root.attrs.iter().any(is_get)
            }
            _ => false,
        }
    }

    /// Whether `received`, which does not fit, shows that what is awaited will not come (notation, Receiving).
    fn is_decided_by(&self, received: &Received, bindings: &mut crate::bindings::Bindings) -> bool {
        let incoming = &received.incoming;
        let is_ws_close = matches!(incoming, Incoming::Message { message: Message::Close(_), .. });
        let wants_close =
            matches!(self.what, What::Payload(Payload::Close { .. } | Payload::Frame(_)));
        if matches!(incoming, Incoming::Eof | Incoming::Reset) {
            return true;
        }
        if self.is_end() {
            return matches!(self.what, What::Fact(Fact::NeverUpgraded)) && is_response(received);
        }
        if is_ws_close || is_response(received) {
            return true;
        }
        if wants_close {
            // Errors and `<close/>` come before a WebSocket close by right (RFC 7395 §3.5, §3.6).
            return false;
        }
        incoming.is_stream_error()
            || incoming.is_sasl_failure()
            || incoming.is_stream_close()
            || matches!(incoming, Incoming::BadFrame { .. } | Incoming::Garbage { .. })
            || self.is_answered_by(incoming, bindings)
    }

    /// Whether an iq is awaited, and this is another answer to the same request.
    fn is_answered_by(
        &self,
        incoming: &Incoming,
        bindings: &mut crate::bindings::Bindings,
    ) -> bool {
        let (What::Payload(Payload::Xml { root, .. }), Some(id)) = (self.what, incoming.answers())
        else {
            return false;
        };
        root.name.local == "iq"
            && root.attrs.iter().any(|attr| {
                attr.name.local == "id"
                    && template::fits(&attr.value, id.as_bytes(), &mut bindings.clone())
            })
    }
}

/// The things a block of `any order` waits for.
fn wants(items: &[Item]) -> Result<Vec<Want<'_>>, Stop> {
    let steps = items.iter().filter_map(|item| match item {
        Item::Step(step) => Some(step),
        _ => None,
    });
    steps
        .map(|step| match &step.kind {
            StepKind::Say { conn, arrow: Arrow::ToClient, within, payload } => {
                Ok(Want { conn: &conn.value, what: What::Payload(payload), step, within: *within })
            }
            StepKind::Fact { conn, within, fact }
                if !matches!(fact, Fact::Connect { .. } | Fact::Manual) =>
            {
                Ok(Want { conn: &conn.value, what: What::Fact(fact), step, within: *within })
            }
            _ => {
                Err(Stop::Error(format!("`{}` is nothing that comes by itself", first_line(step))))
            }
        })
        .collect()
}

/// What a branch begins with.
fn first_wants(body: &[Item]) -> Result<Vec<Want<'_>>, Stop> {
    let first = body.iter().position(|item| matches!(item, Item::Step(_)));
    let Some(Item::Step(step)) = first.and_then(|at| body.get(at)) else {
        return Err(Stop::Error("a branch of `one of` has no steps".to_owned()));
    };
    match &step.kind {
        StepKind::AnyOrder(items) => wants(items),
        _ => wants(first.map_or(&[], |at| &body[at..=at])),
    }
}

/// The message that a frame of ours is, if it is a whole one.
fn message(frame: &wire::Frame) -> Option<Message> {
    let payload = &frame.payload;
    Some(match frame.opcode {
        opcode::TEXT => Message::Text(String::from_utf8(payload.clone()).ok()?),
        opcode::BINARY => Message::Binary(payload.clone()),
        opcode::PING => Message::Ping(payload.clone()),
        opcode::PONG => Message::Pong(payload.clone()),
        opcode::CLOSE => Message::Close(wire::CloseFrame::parse(payload).ok()?),
        _ => return None,
    })
}

fn is_response(received: &Received) -> bool {
    matches!(received.incoming, Incoming::Response { .. })
}

/// Whether a mismatch is nearer than the nearest so far: of the same kind, with fewer differences.
fn nearer(mismatch: &Mismatch, best: &Mismatch) -> bool {
    let rank = |mismatch: &Mismatch| match mismatch.rows.as_slice() {
        [] => usize::MAX,
        [row] if row.place == "root element" => usize::MAX - 1,
        rows => rows.len(),
    };
    rank(mismatch) < rank(best)
}

/// The want that came nearest to what decided against all of them.
fn decided(
    wants: &[Want<'_>],
    received: &Received,
    bindings: &mut crate::bindings::Bindings,
) -> (usize, Mismatch) {
    let mut nearest: Option<(usize, Mismatch)> = None;
    for (number, want) in wants.iter().enumerate() {
        if let Err(mismatch) = want.fits(received, bindings)
            && nearest.as_ref().is_none_or(|(_, best)| nearer(&mismatch, best))
        {
            nearest = Some((number, mismatch));
        }
    }
    nearest.unwrap_or_else(|| {
        (
            0,
            Mismatch {
                rows: Vec::new(),
                span: None,
                message: "something else was received".to_owned(),
            },
        )
    })
}

/// The failure of a wait. `why` says how the waiting ended, unless something decided it.
fn blame(
    wants: &[Want<'_>],
    step: &Step,
    nearest: Option<(usize, Mismatch, String, String)>,
    why: Option<String>,
) -> Stop {
    let mut failure = match &nearest {
        // With several branches it is the block as a whole that did not hold.
        Some((number, mismatch, ..))
            if wants.len() == 1 || mismatch.rows.iter().any(|row| row.place != "root element") =>
        {
            let blamed = wants.get(*number).map_or(step, |want| want.step);
            let mut failure = failure(blamed, mismatch.message.clone());
            if let Some(span) = mismatch.span.clone().filter(|span| !span.is_empty()) {
                failure.span = span;
            }
            failure
        }
        Some((_, mismatch, ..)) => failure(step, mismatch.message.clone()),
        None => failure(step, "nothing was received".to_owned()),
    };
    if let Some(why) = why {
        failure.message = match &nearest {
            Some((_, mismatch, ..)) => {
                format!("nothing that fits came {why}; nearest: {}", mismatch.message)
            }
            None => format!("nothing came {why}"),
        };
    }
    failure.closest = nearest.map(|(_, mismatch, kind, text)| Closest {
        line: None,
        kind,
        rows: mismatch.rows,
        text,
    });
    Stop::Failed(Box::new(failure))
}

fn failure(step: &Step, message: String) -> Failure {
    Failure {
        source: Arc::clone(&step.source),
        span: step.span.clone(),
        message,
        step: first_line(step),
        closest: None,
    }
}
