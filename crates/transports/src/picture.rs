//! The picture of one way: what an agent's client and the server say to each other, on a time line.

use std::collections::VecDeque;
use std::time::Duration;

use stanza::escape;

use crate::figures::{Crowd, Measured};
use crate::net::NetworkAct;

/// How much of the day a picture shows: two looks of the slowest client, at least.
const SHOWN: Duration = Duration::from_secs(120);

/// The size of a picture in units of its own. Its width is stretched, lines are not.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 64.0;

/// Where the client is, the server, and between them what waits.
const CLIENT: f64 = 10.0;
const WAITING: f64 = 32.0;
const SERVER: f64 = 54.0;

/// A stretch of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Duration,
    pub(crate) to: Duration,
}

impl Window {
    /// The stretch in which most happens to the first agent.
    pub(crate) fn busiest(crowd: &Crowd) -> Self {
        let long = SHOWN.min(crowd.over);
        let latest = crowd.over.saturating_sub(long);
        let fates = crowd.ways.first().map(|way| way.fates.as_slice()).unwrap_or_default();
        let begins = fates.iter().map(|fate| {
            let from = Duration::from_secs(fate.at.as_secs().saturating_sub(5)).min(latest);
            let window = Self { from, to: from + long };
            (fates.iter().filter(|fate| window.has(fate.at)).count(), window)
        });
        // The first of those with the most.
        let best = begins.fold(None::<(usize, Self)>, |best, (count, window)| match best {
            Some((most, _)) if most >= count => best,
            _ => Some((count, window)),
        });
        best.map_or(Self { from: Duration::ZERO, to: long }, |(_, window)| window)
    }

    pub(crate) fn has(self, at: Duration) -> bool {
        (self.from..=self.to).contains(&at)
    }

    /// The place of a time, which may be outside.
    fn x(self, at: Duration) -> f64 {
        let whole = self.to.saturating_sub(self.from).as_secs_f64().max(f64::MIN_POSITIVE);
        ((at.as_secs_f64() - self.from.as_secs_f64()) / whole * WIDTH).clamp(-50.0, WIDTH + 50.0)
    }

    /// Whether something between these times is to be seen.
    fn touches(self, from: Duration, to: Duration) -> bool {
        from <= self.to && to >= self.from
    }
}

/// The picture as SVG.
pub(crate) fn picture(measured: &Measured, window: Window, label: &str) -> String {
    let mut lines = String::new();
    let mut line = |class: &str, [from, to]: [Duration; 2], [top, bottom]: [f64; 2]| {
        if window.touches(from, to) {
            let (one, other) = (window.x(from), window.x(to));
            lines.push_str(&format!(
                "<line class=\"{class}\" x1=\"{one:.1}\" y1=\"{top:.1}\" x2=\"{other:.1}\" y2=\"{bottom:.1}\"/>\n"
            ));
        }
    };
    let all = [window.from, window.to];
    line("side", all, [CLIENT; 2]);
    line("side", all, [SERVER; 2]);
    let (mut open, mut asked) = (VecDeque::new(), VecDeque::new());
    for mark in &measured.journal {
        match mark.what {
            NetworkAct::Connects => open.push_back(mark.at),
            NetworkAct::Ends => {
                if let Some(began) = open.pop_front() {
                    line("connection", [began, mark.at], [CLIENT; 2]);
                }
            }
            NetworkAct::Asks => asked.push_back(mark.at),
            NetworkAct::IsAnswered => {
                let began = asked.pop_front().unwrap_or(mark.at);
                if began == mark.at {
                    line("request", [began; 2], [CLIENT, SERVER]);
                } else {
                    line("request", [began; 2], [CLIENT, WAITING]);
                    line("waiting", [began, mark.at], [WAITING; 2]);
                    line("request", [mark.at; 2], [WAITING, CLIENT]);
                }
            }
            NetworkAct::IsTold => {}
        }
    }
    // The end of the day comes before that of the conversation.
    let end = window.to + Duration::from_secs(1);
    open.into_iter().for_each(|began| line("connection", [began, end], [CLIENT; 2]));
    for began in asked {
        line("request", [began; 2], [CLIENT, WAITING]);
        line("waiting", [began, end], [WAITING; 2]);
    }
    for fate in &measured.fates {
        match fate.heard {
            Some(heard) => {
                line("heard", [fate.at, heard], [SERVER, CLIENT]);
                line("change", [fate.at; 2], [SERVER; 2]);
            }
            None => line("missed", [fate.at; 2], [SERVER; 2]),
        }
    }
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">\n{lines}</svg>\n",
        escape::attr(label)
    )
}
