//! Measures agents: sign-ins and changes of state through the REST API, each with its event, and a
//! busy day.

use std::time::Duration;

use load::{AgentRequest, Done, Error, Listeners, Shift, Spread};

use crate::extent::Extent;
use crate::figures::{Figure, Figures};
use crate::machine;
use crate::observer::{Observer, observe};
use crate::sessions::{LEAVING, RESOURCE, Subject, millis, per_second};

/// Calls a minute of the busy day.
pub(crate) const CALLS: u32 = 600;

/// So many times faster than the clock on the wall passes the busy day. A server has less patience
/// with clients the faster its clock is.
pub(crate) const SPEED: u32 = 10;

impl Subject {
    /// Measures one round: all agents sign in, change their states in turn, and sign out.
    pub(crate) async fn agents(
        &self,
        extent: &Extent,
        observer: &dyn Observer,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let accounts = &self.accounts[..extent.agents.min(self.accounts.len())];
        let count = accounts.len();
        let line = observe(observer, format!("{count} agents log in"), count);
        let logged_in =
            Shift::log_in(&self.server, accounts, RESOURCE, extent.at_once, &line.done).await;
        let mut shift = logged_in?;
        let done = self.through_the_day(&mut shift, extent, observer, figures).await;
        shift.leave(LEAVING).await;
        done
    }

    async fn through_the_day(
        &self,
        shift: &mut Shift,
        extent: &Extent,
        observer: &dyn Observer,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let agents = shift.len();
        let scheme = self.scheme();
        for (deed, id, what, requests) in [
            (AgentRequest::SignIn, "sign-ins", "sign-ins", agents),
            (AgentRequest::Change, "changes", "changes of state", extent.changes),
            (AgentRequest::SignOut, "sign-outs", "sign-outs", agents),
        ] {
            let line = observe(observer, format!("{what} over {scheme}"), requests);
            let before = self.used();
            let done = shift.does(deed, requests, extent.at_once, &line.done).await?;
            let after = self.used();
            // It leaves the server as it was.
            if deed == AgentRequest::SignOut {
                continue;
            }
            let used = [0, 1].map(|side: usize| Some((after[side]? - before[side]?) * 1000.0));
            rows(&format!("{id}-{scheme}"), &format!("{what} over {scheme}"), &done, used)
                .into_iter()
                .for_each(|figure| figures.add(figure));
        }
        Ok(())
    }

    /// Measures a round of the busy day, which has begun: the agents hear what happens.
    pub(crate) async fn busy_day(
        &self,
        extent: &Extent,
        observer: &dyn Observer,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let accounts = &self.accounts;
        let line = observe(observer, "a busy day".to_owned(), accounts.len());
        let (server, at_once) = (&self.server, extent.at_once);
        let listeners = Listeners::log_in(server, accounts, RESOURCE, at_once, &line.done).await?;
        let (before, heard_before) = (self.used(), listeners.heard());
        tokio::time::sleep(extent.busy).await;
        let (after, heard) = (self.used(), listeners.heard() - heard_before);
        let full = self.pid.and_then(machine::resident);
        listeners.leave().await?;
        let of = format!("a day of {} agents, {CALLS} calls a minute", accounts.len());
        let hours = extent.busy.as_secs_f64() * f64::from(SPEED) / 3600.0;
        let mut add = |id: &str, what: &str, unit, value: f64| {
            figures.add(Figure::of(
                format!("day-{id}"),
                format!("{of}: {what}"),
                unit,
                vec![value],
            ));
        };
        add("events", "events an hour", "1/h", heard as f64 / hours);
        if let (Some(before), Some(after)) = (before[0], after[0]) {
            let day = (after - before) / hours * 24.0;
            add("server", "processor time of the server for 24 hours", "s", day);
        }
        if let Some(full) = full {
            add("memory", "memory of the server", "MiB", full / 1024.0 / 1024.0);
        }
        Ok(())
    }
}

/// The figures of one kind of request: rate, times, and processor time of both sides for one.
fn rows(id: &str, what: &str, done: &Done, used: [Option<f64>; 2]) -> Vec<Figure> {
    let count = done.each.len();
    let figure = |part: &str, text: &str, unit, value| {
        let text = if text.is_empty() { what.to_owned() } else { format!("{what}: {text}") };
        let id = if part.is_empty() { id.to_owned() } else { format!("{id}-{part}") };
        Figure::of(id, text, unit, vec![value])
    };
    let times = |of: fn(&load::Times) -> Duration| {
        Spread::of(done.each.iter().map(|times| millis(of(times))).collect())
    };
    let (answers, events, all) = (times(|it| it.answer), times(|it| it.event), times(|it| it.all));
    let mut figures = vec![figure("", "", "1/s", per_second(count, done.took))];
    for (part, text, times) in [
        ("answer", "from the request to the 202", answers),
        ("all", "from the request to the event", all),
        ("event", "from the 202 to the event", events),
    ] {
        let (median, most) = (format!("{text}, median"), format!("{text}, 99 of 100"));
        figures.push(figure(part, &median, "ms", times.median()));
        figures.push(figure(&format!("{part}-99"), &most, "ms", times.almost_all()));
    }
    let sides = [("server", "of the server"), ("clients", "of the clients")];
    for ((part, side), used) in sides.into_iter().zip(used) {
        let text = format!("processor time {side} for one");
        figures.extend(used.map(|used| figure(part, &text, "ms", used / count as f64)));
    }
    figures
}
