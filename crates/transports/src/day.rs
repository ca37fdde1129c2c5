//! One day by one way. The day's time stands still while anything is on its way, and then goes to
//! the next moment at which something happens. So the same seed gives the same day, and a machine
//! that is slow only takes longer.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::bosh::Bosh;
use crate::changes::{Agents, Change};
use crate::error::{Error, within};
use crate::net::{Mark, Net};
use crate::plan::Way;
use crate::polling::Poller;
use crate::server::{Server, accounts};
use crate::session::{Carrier, Notified, listen, log_in};
use crate::sse::Events;
use crate::tally::{ChangeHeard, Tally, since};
use crate::websocket::WebSocket;

/// How many clients log in, or look, at once.
const AT_ONCE: usize = 16;

/// Agents look one after the other, in so many groups.
const GROUPS: usize = 10;

/// The longest step of a day: all publications of a step must be kept.
const STEP: Duration = Duration::from_secs(1);

/// How long a day is, and what happens on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub(crate) agents: usize,
    pub(crate) seed: u64,
    pub(crate) end: Duration,
    pub(crate) changes: usize,
    /// Processor time of a server to which nobody listens.
    pub(crate) alone: Option<Duration>,
}

/// The result of one way.
pub(crate) struct Outcome {
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) missed: usize,
    pub(crate) latencies: Vec<Duration>,
    pub(crate) processor: Option<Duration>,
    pub(crate) journal: Vec<Mark>,
    pub(crate) fates: Vec<ChangeHeard>,
}

/// Hears how far a day has come: its time, and its end.
pub(crate) type OnProgress<'a> = &'a (dyn Fn(Duration, Duration) + Sync);

/// Finds out what happens on a day, to which nobody listens.
pub(crate) async fn rehearse(
    agents: usize,
    seed: u64,
    over: Duration,
    events: Option<usize>,
    told: OnProgress<'_>,
) -> Result<Day, Error> {
    let mut clock = Clock::start(agents, seed).await?;
    let before = clock.server.processor_time().await?;
    let mut changes: Vec<Change> = Vec::new();
    while clock.now < over && events.is_none_or(|events| changes.len() < events) {
        changes.extend(clock.go_to((clock.now + STEP).min(over)).await?);
        told(clock.now, over);
    }
    let last = events.and_then(|events| changes.get(events.checked_sub(1)?)).map(|last| last.at);
    let end = last.unwrap_or(over);
    let alone = clock.server.processor_time().await?;
    Ok(Day {
        agents,
        seed,
        end,
        changes: changes.iter().filter(|change| change.at <= end).count(),
        alone: alone.zip(before).map(|(after, before)| after.saturating_sub(before)),
    })
}

/// Lets all agents hear a day by one way.
pub(crate) async fn spend(day: &Day, way: Way, told: OnProgress<'_>) -> Result<Outcome, Error> {
    let clock = Clock::start(day.agents, day.seed).await?;
    let before = clock.server.processor_time().await?;
    let net = Net::new(clock.server.address.clone());
    let (clock, tally) = match way.period() {
        Some(period) => look(day, way, period, clock, &net, told).await?,
        None => hear(day, way, clock, &net, told).await?,
    };
    let after = clock.server.processor_time().await?;
    let changes = tally.latencies.len() + tally.missed;
    if changes != day.changes {
        return Err(Error::OtherDay { changes, before: day.changes });
    }
    Ok(Outcome {
        requests: net.requests(),
        connections: net.connections(),
        up: net.meter.sent(),
        down: net.meter.received(),
        missed: tally.missed,
        latencies: tally.latencies,
        processor: after.zip(before).map(|(after, before)| after.saturating_sub(before)),
        journal: net.journal(),
        fates: tally.fates,
    })
}

/// The server of a day, and the day's time.
struct Clock {
    server: Server,
    agents: Agents,
    now: Duration,
    /// The number of the last publication.
    last: u64,
}

impl Clock {
    async fn start(agents: usize, seed: u64) -> Result<Self, Error> {
        let names = accounts(agents).into_iter().enumerate();
        let names = names.map(|(index, account)| (account.name, index)).collect();
        let server = Server::start(agents, seed).await?;
        Ok(Self { server, agents: names, now: Duration::ZERO, last: 0 })
    }

    /// Sets the time; the changes up to then.
    async fn go_to(&mut self, then: Duration) -> Result<Vec<Change>, Error> {
        let published = self.server.advance(then.saturating_sub(self.now), self.last).await?;
        self.now = then;
        if published.lost > 0 {
            return Err(Error::unexpected("all publications", format!("{} less", published.lost)));
        }
        let mut changes = Vec::new();
        for publication in published.kept {
            self.last = publication.number;
            changes.extend(Change::of(&publication, &self.agents)?);
        }
        Ok(changes)
    }
}

/// Agents look at their users and dialogs every so often, and once more at the end.
async fn look(
    day: &Day,
    way: Way,
    period: Duration,
    mut clock: Clock,
    net: &Net,
    told: OnProgress<'_>,
) -> Result<(Clock, Tally), Error> {
    let keeps = matches!(way, Way::Http11(_));
    let accounts = accounts(day.agents).into_iter().enumerate();
    let mut pollers: Vec<Option<Poller>> =
        accounts.map(|(agent, account)| Some(Poller::new(net, agent, account, keeps))).collect();
    let mut tally = Tally::default();
    for (at, agents) in looks(day.agents, period, day.end) {
        while clock.now < at {
            let then = (clock.now + STEP).min(at);
            net.set_time(then);
            clock.go_to(then).await?.into_iter().for_each(|change| tally.expect(change));
            // The server ends connections on which nothing was asked for long.
            let ended = async {
                while net.open() > clock.server.clients() as u64 {
                    for poller in pollers.iter_mut().flatten() {
                        poller.check().await;
                    }
                    tokio::task::yield_now().await;
                }
                Ok(())
            };
            within(|| "the end of idle connections".to_owned(), ended).await?;
        }
        told(at, day.end);
        for agents in agents.chunks(AT_ONCE) {
            let (mut looking, began) = (JoinSet::new(), Instant::now());
            for agent in agents {
                let Some(mut poller) = pollers.get_mut(*agent).and_then(Option::take) else {
                    continue;
                };
                let agent = *agent;
                looking.spawn(async move {
                    let shown = poller.look().await;
                    (agent, poller, shown, Instant::now())
                });
            }
            let done = within(|| format!("answers to the requests at {at:?} of the day"), async {
                Ok(looking.join_all().await)
            });
            for (agent, mut poller, shown, when) in done.await? {
                let shown = shown?;
                tally.looked(agent, &poller.known, &shown, at, since(began, when))?;
                poller.known = shown;
                pollers[agent] = Some(poller);
            }
        }
    }
    Ok((clock, tally))
}

/// The agents that look at each time.
fn looks(agents: usize, period: Duration, end: Duration) -> BTreeMap<Duration, Vec<usize>> {
    let groups = agents.clamp(1, GROUPS);
    let mut looks: BTreeMap<Duration, Vec<usize>> = BTreeMap::new();
    for agent in 0..agents {
        let offset = period * u32::try_from(agent % groups).unwrap_or(0)
            / u32::try_from(groups).unwrap_or(1);
        let mut at = offset;
        while at < end {
            looks.entry(at).or_default().push(agent);
            at += period;
        }
    }
    looks.insert(end, (0..agents).collect());
    looks
}

/// Agents hear of everything as it happens.
async fn hear(
    day: &Day,
    way: Way,
    mut clock: Clock,
    net: &Net,
    told: OnProgress<'_>,
) -> Result<(Clock, Tally), Error> {
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut listeners = begin(day, way, &clock, net, &heard).await?;
    drop(heard);
    settle(way, &clock, net).await?;
    let mut tally = Tally::default();
    loop {
        let due = clock.server.next_timer().map(|due| clock.now + due);
        let then = due.unwrap_or(day.end).min(day.end);
        net.set_time(then);
        let began = Instant::now();
        clock.go_to(then).await?.into_iter().for_each(|change| tally.expect(change));
        told(then, day.end);
        let all = async {
            while tally.open > 0 {
                let gone = || Error::unexpected("a notification", "the end of all clients");
                let told = hearing.recv().await.ok_or_else(gone)??;
                tally.told(told.agent, &told.update, then, since(began, told.when))?;
            }
            Ok(())
        };
        within(|| format!("notifications of the changes at {then:?} of the day"), all).await?;
        settle(way, &clock, net).await?;
        if then >= day.end {
            break;
        }
    }
    listeners.abort_all();
    while listeners.join_next().await.is_some() {}
    Ok((clock, tally))
}

/// Connects the clients of all agents.
async fn begin(
    day: &Day,
    way: Way,
    clock: &Clock,
    net: &Net,
    heard: &mpsc::UnboundedSender<Notified>,
) -> Result<JoinSet<()>, Error> {
    let mut listeners = JoinSet::new();
    let accounts: Vec<_> = accounts(day.agents).into_iter().enumerate().collect();
    let domain = &clock.server.address.domain;
    for some in accounts.chunks(AT_ONCE) {
        let mut beginning = JoinSet::new();
        for (agent, account) in some.iter().cloned() {
            let (net, domain, heard) = (net.clone(), domain.clone(), heard.clone());
            beginning.spawn(async move {
                Ok::<Listener, Error>(match way {
                    Way::ServerSent => {
                        let events = Events::open(&net, agent, &account.name).await?;
                        Box::pin(events.listen(heard))
                    }
                    Way::LongPolling => {
                        let bosh = Bosh::new(&net, agent);
                        Box::pin(listen(at_work(bosh, &domain, &account).await?, agent, heard))
                    }
                    _ => {
                        let socket = WebSocket::open(&net, agent, way == Way::Deflated).await?;
                        Box::pin(listen(at_work(socket, &domain, &account).await?, agent, heard))
                    }
                })
            });
        }
        let begun =
            within(|| "the login of a client".to_owned(), async { Ok(beginning.join_all().await) });
        for listener in begun.await? {
            listeners.spawn(listener?);
        }
    }
    Ok(listeners)
}

/// A client that hears everything.
type Listener = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A session that is logged in.
async fn at_work<C: Carrier>(
    mut carrier: C,
    domain: &str,
    account: &remote::Account,
) -> Result<C, Error> {
    log_in(&mut carrier, domain, account).await?;
    Ok(carrier)
}

/// Waits until nothing is on its way: the server has dealt with all that clients have said, and
/// they with all that it has said.
async fn settle(way: Way, clock: &Clock, net: &Net) -> Result<(), Error> {
    if way == Way::ServerSent {
        // A client of this way says nothing, and each event was awaited.
        return Ok(());
    }
    let settled = async {
        loop {
            let (said, dealt_with) = net.traffic();
            if clock.server.is_settled(said, dealt_with) {
                return Ok(());
            }
            // A moment, in which the server's thread goes on.
            tokio::time::sleep(Duration::from_micros(20)).await;
        }
    };
    within(|| "the rest of a conversation".to_owned(), settled).await
}
