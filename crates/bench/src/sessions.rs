//! Measures crowds of clients: login rate, memory per session, and fan-out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use load::{CheckedClient, Crowd, Error, FanOut, LoginPlan, MeasuredServer};
use remote::Account;

use crate::extent::Extent;
use crate::figures::{Figure, Figures};
use crate::machine;
use crate::nodes::{self, NodeSource, Nodes};
use crate::observer::{Observer, observe};

/// Publications to each crowd in a round.
const PUBLICATIONS: usize = 20;

/// Number of connections closed at the same time.
pub(crate) const LEAVING: usize = 128;

/// Idle time of a crowd before its memory is measured.
const SETTLE: Duration = Duration::from_millis(500);

/// The resource of the crowd and of the nodes' owner.
pub(crate) const RESOURCE: &str = "load";
const OWNER: &str = "load-owner";

/// A server with its accounts and nodes.
pub(crate) struct Subject {
    pub(crate) server: Arc<MeasuredServer>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) source: NodeSource,
    /// The id of the server's process, if its memory can be measured.
    pub(crate) pid: Option<u32>,
}

impl Subject {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.server.url.secure { "wss" } else { "ws" }
    }

    /// Logs in the first account, which owns the nodes. A server that refuses all logins fails
    /// here.
    pub(crate) async fn owner(&self) -> Result<CheckedClient, Error> {
        let nobody = || Account { name: String::new(), password: String::new() };
        let account = self.accounts.first().cloned().unwrap_or_else(nobody);
        CheckedClient::log_in(&self.server, &account, OWNER).await
    }

    fn login(&self, nodes: &Nodes) -> LoginPlan {
        LoginPlan { resource: RESOURCE.to_owned(), nodes: nodes.names().to_vec() }
    }

    /// Measures logins a second: in each round the accounts log in and leave again.
    pub(crate) async fn logins(
        &self,
        extent: &Extent,
        observer: &dyn Observer,
    ) -> Result<Vec<Figure>, Error> {
        let accounts = &self.accounts[..extent.logins.min(self.accounts.len())];
        let mut owner = self.owner().await?;
        let nodes = self.source.two(&mut owner).await?;
        let login = self.login(&nodes);
        let mut rounds = Rounds::default();
        let mut failed = None;
        for round in 1..=extent.rounds {
            let what = format!("logins over {}, round {round} of {}", self.scheme(), extent.rounds);
            let line = observe(observer, what, accounts.len());
            let mut crowd = Crowd::default();
            let used = self.used();
            match crowd.log_in(&self.server, accounts, &login, extent.at_once, &line.done).await {
                Ok(took) => rounds.add(crowd.len(), took, used, self.used()),
                Err(error) => failed = Some(error),
            }
            crowd.leave(LEAVING).await;
            if failed.is_some() {
                break;
            }
        }
        nodes.remove(&mut owner).await;
        owner.leave().await;
        match failed {
            Some(error) => Err(error),
            None => {
                let scheme = self.scheme();
                Ok(rounds.figures(scheme, &format!("over {scheme}")))
            }
        }
    }

    /// Processor time of server and clients so far, in seconds.
    pub(crate) fn used(&self) -> [Option<f64>; 2] {
        [self.pid, Some(std::process::id())].map(|pid| pid.and_then(machine::processor_time))
    }

    /// Measures one round with a growing crowd: at each size memory per session, then fan-out.
    pub(crate) async fn sessions(
        &self,
        extent: &Extent,
        observer: &dyn Observer,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let mut owner = self.owner().await?;
        let nodes = self.source.two(&mut owner).await?;
        let mut crowd = Crowd::default();
        let mut done = self.grow(extent, &nodes, &mut crowd, observer, figures).await;
        if done.is_ok() && self.source.is_ours() {
            done = self.hear(&mut owner, &mut crowd, extent, observer, figures).await;
        }
        crowd.leave(LEAVING).await;
        nodes.remove(&mut owner).await;
        owner.leave().await;
        done
    }

    async fn grow(
        &self,
        extent: &Extent,
        nodes: &Nodes,
        crowd: &mut Crowd,
        observer: &dyn Observer,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        let (login, scheme) = (self.login(nodes), self.scheme());
        let empty = self.pid.and_then(machine::resident);
        for size in self.sizes(extent) {
            let before = crowd.len();
            let newcomers = &self.accounts[before..size];
            let line = observe(observer, format!("{size} sessions over {scheme}"), newcomers.len());
            let used = self.used();
            let took =
                crowd.log_in(&self.server, newcomers, &login, extent.at_once, &line.done).await?;
            let mut rounds = Rounds::default();
            rounds.add(newcomers.len(), took, used, self.used());
            let id = format!("{before}-{size}");
            let what = format!("over {scheme} while {before} to {size} are logged in");
            rounds.figures(&id, &what).into_iter().for_each(|figure| figures.add(figure));
            tokio::time::sleep(SETTLE).await;
            if let (Some(empty), Some(full)) = (empty, self.pid.and_then(machine::resident)) {
                figures.add(Figure::of(
                    format!("idle-{size}"),
                    format!("memory of each of {size} idle sessions over {scheme}"),
                    "KiB",
                    vec![(full - empty) / size as f64 / 1024.0],
                ));
            }
        }
        Ok(())
    }

    async fn hear(
        &self,
        owner: &mut CheckedClient,
        crowd: &mut Crowd,
        extent: &Extent,
        observer: &dyn Observer,
        figures: &mut Figures,
    ) -> Result<(), Error> {
        for size in self.sizes(extent) {
            let node = nodes::fresh_name("all");
            let line = observe(observer, format!("one publication to {size}"), PUBLICATIONS);
            let mut fan_out = FanOut { publisher: owner, node: &node, subscribers: size };
            fan_out.prepare(crowd).await?;
            for number in 0..PUBLICATIONS {
                let delivery = fan_out.publish(crowd, &format!("{node}/{number}")).await?;
                let figure = |id: &str, what: &str, unit, value| {
                    let (id, what) =
                        (format!("{id}-{size}"), format!("one publication to {size}: {what}"));
                    Figure::of(id, what, unit, vec![value])
                };
                figures.add(figure("first", "first delivery", "ms", millis(delivery.first)));
                figures.add(figure("last", "last delivery", "ms", millis(delivery.last)));
                let rate = per_second(size, delivery.last);
                figures.add(figure("deliveries", "deliveries", "1/s", rate));
                line.done.fetch_add(1, Ordering::Relaxed);
            }
            owner.delete(&node).await?;
        }
        Ok(())
    }

    /// The sizes that have enough accounts.
    fn sizes(&self, extent: &Extent) -> Vec<usize> {
        extent.sessions.iter().copied().filter(|size| *size <= self.accounts.len()).collect()
    }
}

/// Rounds of logins: rates, and processor times on both sides.
#[derive(Default)]
struct Rounds {
    rates: Vec<f64>,
    server: Vec<f64>,
    clients: Vec<f64>,
}

impl Rounds {
    fn add(
        &mut self,
        logins: usize,
        took: Duration,
        before: [Option<f64>; 2],
        after: [Option<f64>; 2],
    ) {
        self.rates.push(per_second(logins, took));
        let each = |side: usize| Some((after[side]? - before[side]?) / logins as f64 * 1000.0);
        self.server.extend(each(0));
        self.clients.extend(each(1));
    }

    fn figures(self, id: &str, what: &str) -> Vec<Figure> {
        let used = |side: &str, rounds| {
            let what = format!("processor time of the {side} for one {what}");
            Figure::of(format!("{side}-{id}"), what, "ms", rounds)
        };
        let rates =
            Figure::of(format!("logins-{id}"), format!("logins {what}"), "logins/s", self.rates);
        let sides = [("server", self.server), ("clients", self.clients)];
        let measured = sides.into_iter().filter(|(_, rounds)| !rounds.is_empty());
        std::iter::once(rates).chain(measured.map(|(side, rounds)| used(side, rounds))).collect()
    }
}

pub(crate) fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

pub(crate) fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}
