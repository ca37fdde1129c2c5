//! The figures: a table for people, and JSON for scripts.

use std::time::Duration;

use load::Spread;
use serde_json::{Value, json};

use crate::day::{Day, Outcome};
use crate::net::Mark;
use crate::plan::Way;
use crate::tally::ChangeHeard;

/// The figures of all ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    pub seed: u64,
    /// The figures for each number of agents.
    pub crowds: Vec<Crowd>,
}

/// The figures for one number of agents.
#[derive(Debug, Clone, PartialEq)]
pub struct Crowd {
    pub agents: usize,
    /// The length of the day, in its own time.
    pub over: Duration,
    /// Changes of all agents together.
    pub changes: usize,
    /// Processor time of the server on such a day to which nobody listens.
    pub alone: Option<Duration>,
    pub ways: Vec<Measured>,
}

/// The figures of one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub way: Way,
    /// Requests of HTTP; the upgrade to WebSocket is one.
    pub requests: u64,
    /// Connections. Each has a full TLS handshake.
    pub connections: u64,
    /// Octets of clients on the TCP streams.
    pub up: u64,
    /// Octets of the server.
    pub down: u64,
    /// From the change to the client, in the day's time; none if nothing was heard.
    pub latency: Option<Latency>,
    /// Changes that were over before the client looked.
    pub missed: usize,
    /// Processor time of the server; none where the system does not tell.
    pub processor: Option<Duration>,
    /// The conversation of the first agent.
    pub journal: Vec<Mark>,
    /// The changes of the first agent, and when each was heard.
    pub fates: Vec<ChangeHeard>,
}

/// Times from a change to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    pub median: Duration,
    /// The time that 99 of 100 do not exceed.
    pub almost_all: Duration,
}

/// The columns of the table behind the first.
const COLUMNS: [&str; 9] = [
    "requests",
    "connections",
    "handshakes",
    "octets up",
    "octets down",
    "median",
    "99 of 100",
    "missed",
    "server",
];

impl Crowd {
    pub(crate) fn of(day: &Day) -> Self {
        let (agents, over, changes) = (day.agents, day.end, day.changes);
        Self { agents, over, changes, alone: day.alone, ways: Vec::new() }
    }

    pub(crate) fn add(&mut self, way: Way, outcome: Outcome) {
        let seconds = outcome.latencies.iter().map(Duration::as_secs_f64).collect();
        let spread = Spread::of(seconds);
        let time = |seconds| Duration::try_from_secs_f64(seconds).ok();
        self.ways.push(Measured {
            way,
            requests: outcome.requests,
            connections: outcome.connections,
            up: outcome.up,
            down: outcome.down,
            latency: time(spread.median())
                .zip(time(spread.almost_all()))
                .map(|(median, almost_all)| Latency { median, almost_all }),
            missed: outcome.missed,
            processor: outcome.processor,
            journal: outcome.journal,
            fates: outcome.fates,
        });
    }

    /// One line about the day.
    #[must_use]
    pub fn title(&self) -> String {
        let agents = if self.agents == 1 { "agent" } else { "agents" };
        let alone = self.alone.map(|alone| {
            format!("; without listeners, the server takes {} of a processor", shown(alone))
        });
        format!(
            "{} {agents}, {} of the day, {} changes{}",
            self.agents,
            shown(self.over),
            self.changes,
            alone.unwrap_or_default()
        )
    }

    /// The cells of one way, as the table has them.
    #[must_use]
    pub fn cells(&self, measured: &Measured) -> [String; 9] {
        let time = |time: Option<Duration>| time.map_or_else(|| "-".to_owned(), shown);
        [
            grouped(measured.requests),
            grouped(measured.connections),
            grouped(measured.connections),
            grouped(measured.up),
            grouped(measured.down),
            time(measured.latency.map(|latency| latency.median)),
            time(measured.latency.map(|latency| latency.almost_all)),
            grouped(measured.missed as u64),
            time(measured.processor),
        ]
    }
}

impl Figures {
    /// The names of the cells.
    #[must_use]
    pub fn columns() -> [&'static str; 9] {
        COLUMNS
    }

    /// The figures as text, a table for each number of agents.
    #[must_use]
    pub fn table(&self) -> String {
        let tables = self.crowds.iter().map(|crowd| {
            let mut rows = vec![("".to_owned(), COLUMNS.map(str::to_owned))];
            rows.extend(crowd.ways.iter().map(|it| (it.way.to_string(), crowd.cells(it))));
            let first = rows.iter().map(|(way, _)| way.chars().count()).max().unwrap_or(0);
            let widths: [usize; 9] = std::array::from_fn(|column| {
                rows.iter().map(|(_, cells)| cells[column].chars().count()).max().unwrap_or(0)
            });
            let lines = rows.iter().map(|(way, cells)| {
                let cells =
                    cells.iter().zip(widths).map(|(cell, width)| format!("  {cell:>width$}"));
                format!("{way:<first$}{}\n", cells.collect::<String>())
            });
            format!("{}\n\n{}", crowd.title(), lines.collect::<String>())
        });
        tables.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// The figures as JSON. Times are in seconds.
    #[must_use]
    pub fn json(&self) -> Value {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let crowd = |crowd: &Crowd| {
            let ways = crowd.ways.iter().map(|it| {
                json!({
                    "way": it.way.id(),
                    "name": it.way.to_string(),
                    "requests": it.requests,
                    "connections": it.connections,
                    "tls_handshakes": it.connections,
                    "octets_up": it.up,
                    "octets_down": it.down,
                    "latency_median": seconds(it.latency.map(|latency| latency.median)),
                    "latency_99": seconds(it.latency.map(|latency| latency.almost_all)),
                    "missed": it.missed,
                    "server": seconds(it.processor),
                })
            });
            json!({
                "agents": crowd.agents,
                "over": crowd.over.as_secs_f64(),
                "changes": crowd.changes,
                "server_alone": seconds(crowd.alone),
                "ways": ways.collect::<Vec<_>>(),
            })
        };
        let crowds: Vec<Value> = self.crowds.iter().map(crowd).collect();
        json!({ "seed": self.seed, "crowds": crowds })
    }
}

/// A time with three digits at most.
pub(crate) fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        100.0.. => format!("{seconds:.0} s"),
        10.0..100.0 => format!("{}", Trimmed(seconds, 1)),
        1.0..10.0 => format!("{}", Trimmed(seconds, 2)),
        0.01..1.0 => format!("{:.0} ms", seconds * 1e3),
        0.001..0.01 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{:.2} ms", seconds * 1e3),
    }
}

/// Seconds without zeros at the end.
struct Trimmed(f64, usize);

impl std::fmt::Display for Trimmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.*}", self.1, self.0);
        write!(f, "{} s", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A number in groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
