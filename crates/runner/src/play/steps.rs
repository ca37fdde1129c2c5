//! Carries out the steps of a case, one kind after the other.

use std::time::Duration;

use case::{Arg, Arrow, Branch, Call, Fact, Item, Label, Step, StepKind};
use tokio::time::Instant;
use transcript::Side;

use super::connection::Connection;
use super::incoming::Received;
use super::player::{Player, StepPlace, Stop};
use super::reports::WantedReport;
use super::side::UnderTest;
use super::taking::failure;
use super::want::{Want, Wanted, answers, first_wants, want};
use crate::scene::{Action, Promise};
use crate::{speak, template};

impl<'a, S: UnderTest> Player<'a, S> {
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
        self.place = Some(StepPlace::of(step));
        if let Some(done) = S::step(self, step).await {
            return done;
        }
        match &step.kind {
            StepKind::Say { conn, arrow, within, payload } => {
                let who = if *arrow == Arrow::ToServer { Side::Client } else { Side::Server };
                let what = Wanted::Payload(payload);
                self.take(Want::new(&conn.value, who, what, step, *within)).await
            }
            StepKind::Reports { conn, within, report } => {
                self.step += 1;
                let (conn, within, step) = (conn.value.as_str(), *within, (step, self.step));
                S::take_reports(self, vec![WantedReport { conn, report, step, within }]).await
            }
            StepKind::Fact { conn, within, fact } => match fact {
                Fact::Silent(how_long) => self.silent(step, &conn.value, *how_long).await,
                Fact::Manual => {
                    if let Some(connection) = self.connection(&conn.value) {
                        connection.state.manual = true;
                    }
                    Ok(())
                }
                Fact::Deaf => {
                    // Messages from before this step have been heard, however fast they came.
                    S::settle(self).await;
                    if let Some(connection) = self.connection(&conn.value) {
                        connection.deafen().await;
                    }
                    Ok(())
                }
                fact => {
                    let what = Wanted::Fact(fact);
                    self.take(Want::new(&conn.value, S::TESTED, what, step, *within)).await
                }
            },
            StepKind::Mark(name) => {
                self.moments.mark(&name.value);
                Ok(())
            }
            StepKind::Time(comparison) => self.moments.compare(step, comparison),
            StepKind::Do(call) => self.act(call).await,
            StepKind::Used { owner, body, .. } => {
                // A case that answers for a fragment is not blocked by it.
                let owner = self.owners.over_its_transport(owner, self.case);
                self.owner = Some(owner).filter(|owner| *owner != self.case.id);
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
        self.allowance.raise(args.iter().chain(&payload).map(String::len).sum());
        let action = match (call.name.value.as_str(), payload, args.as_slice()) {
            ("publish", Some(payload), [node]) => Action::Publish { node: node.clone(), payload },
            (name, _, _) => Action::Other { name: name.to_owned(), args },
        };
        let deadline = self.deadline(None);
        let done = tokio::time::timeout(deadline, S::perform(self, action)).await;
        self.moments.note(Instant::now());
        match done {
            Ok(done) => done.map_err(error),
            Err(_) => Err(error(format!("not done within {}", case::duration::print(deadline)))),
        }
    }

    async fn any_order(&mut self, items: &[Item]) -> Result<(), Stop> {
        let steps: Vec<(usize, &Step)> = items.iter().filter_map(Item::step).enumerate().collect();
        let base = self.step;
        // A client's reports come by another way than its messages, so they can be looked at
        // afterwards.
        let mut reports = Vec::new();
        let mut all = Vec::new();
        let mut numbers = Vec::new();
        for &(at, step) in &steps {
            let number = base + 1 + at;
            if let StepKind::Reports { conn, within, report } = &step.kind {
                let (conn, step, within) = (conn.value.as_str(), (step, number), *within);
                reports.push(WantedReport { conn, report, step, within });
            } else {
                all.push(want(step, S::TESTED)?);
                numbers.push(number);
            }
        }
        let mut left: Vec<usize> = (0..all.len()).collect();
        let mut taken: Vec<(usize, Received)> = Vec::new();
        // How many messages of each connection's queue came before one that was taken.
        let mut passed = vec![[0; 2]; self.connections.len()];
        let mut outcome = Ok(());
        while let Some(&first) = left.first() {
            let open: Vec<Want<'_>> = left.iter().map(|&number| all[number]).collect();
            match self.receive(&open, all[first].step).await {
                Err(stop) => {
                    outcome = Err(stop);
                    break;
                }
                Ok((number, at)) => {
                    let who = open[number].who;
                    let is_its = |connection: &Connection| connection.name == open[number].conn;
                    let Some(index) = self.connections.iter().position(is_its) else { continue };
                    let connection = &mut self.connections[index];
                    if let Some(received) = connection.queue_mut(who).remove(at) {
                        connection.state.end_claimed |= received.incoming.is_end();
                        let passed = &mut passed[index][usize::from(who == Side::Client)];
                        *passed = if at < *passed { *passed - 1 } else { at };
                        taken.push((left.remove(number), received));
                    }
                }
            }
        }
        self.step = base + 1;
        for (index, [server, client]) in passed.into_iter().enumerate() {
            self.note_unclaimed(index, Side::Server, server);
            self.note_unclaimed(index, Side::Client, client);
        }
        self.step = base + steps.len();
        // Rule N21: in the order of the case, not of arrival.
        taken.sort_by_key(|(number, _)| *number);
        for (number, received) in taken {
            self.note_claimed(all[number].conn, &received, numbers[number]);
        }
        outcome?;
        if reports.is_empty() { Ok(()) } else { S::take_reports(self, reports).await }
    }

    async fn one_of(&mut self, step: &Step, branches: &[Branch]) -> Result<(), Stop> {
        let mut firsts: Vec<Want<'_>> = Vec::new();
        let mut owners: Vec<usize> = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            let is_forbidden = branch.label.value == Label::Fail;
            for want in first_wants(&branch.body, S::TESTED)? {
                firsts.push(Want { is_forbidden, ..want });
                owners.push(number);
            }
        }
        let mut place = None;
        let chosen = match firsts.iter().position(|want| self.already(want)) {
            Some(number) => number,
            None => match self.receive(&firsts, step).await {
                Ok((number, at)) => {
                    place = Some(at);
                    self.note_taken(&firsts[number]);
                    number
                }
                Err(Stop::Failed(mut failure)) => {
                    failure.answers = answers(branches);
                    failure.basic = self.basic(&firsts);
                    return Err(Stop::Failed(failure));
                }
                Err(stop) => return Err(stop),
            },
        };
        let branch = &branches[owners[chosen]];
        let text = branch.text.as_ref().map(|text| text.value.clone());
        match branch.label.value {
            Label::Fail => {
                let mut failure =
                    failure(step, text.unwrap_or_else(|| "this must not come".to_owned()));
                failure.point_at(&step.source, &branch.label.span);
                failure.answers = answers(branches);
                let Want { conn, who, .. } = firsts[chosen];
                let queue = self.connection(conn).map(|connection| connection.queue(who));
                failure.closest = place.and_then(|at| queue?.get(at)).map(Received::as_closest);
                Err(Stop::Failed(Box::new(failure)))
            }
            label => {
                self.branches.push((label, text));
                let mut body: Vec<&Item> = branch.body.iter().collect();
                if let Wanted::Fact(Fact::Silent(_)) = firsts[chosen].what {
                    // It has been waited for already.
                    let Want { step, conn, .. } = firsts[chosen];
                    self.silent(step, conn, Duration::ZERO).await?;
                    body.retain(|item| !matches!(item, Item::Step(it) if it.span == step.span));
                }
                self.steps(body).await?;
                if label == Label::Unsupported { Err(Stop::Unsupported) } else { Ok(()) }
            }
        }
    }
}
