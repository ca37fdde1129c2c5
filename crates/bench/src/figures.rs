//! The figures of a bench, as a table and as JSON.

use load::Spread;
use serde_json::{Value, json};

use crate::machine::Machine;

/// A measured quantity.
pub(crate) struct Figure {
    /// Its name in JSON.
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) rounds: Spread,
}

impl Figure {
    /// A figure with the values of its rounds.
    pub(crate) fn of(
        id: impl Into<String>,
        what: impl Into<String>,
        unit: &'static str,
        rounds: Vec<f64>,
    ) -> Self {
        Self { id: id.into(), what: what.into(), unit, rounds: Spread::of(rounds) }
    }
}

/// All figures of a bench.
pub struct Figures {
    subject: String,
    machine: Machine,
    figures: Vec<Figure>,
    /// Quantities that cannot be measured on this server, with reasons.
    impossible: Vec<(String, String)>,
    failures: Vec<String>,
}

impl Figures {
    pub(crate) fn new(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            machine: Machine::here(),
            figures: Vec::new(),
            impossible: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Adds a figure, or the reason why there is none.
    pub(crate) fn take(&mut self, measured: Result<Figure, String>) {
        match measured {
            Ok(figure) => self.add(figure),
            Err(why) => self.fail(&why),
        }
    }

    /// Adds figures, or the reason why there are none.
    pub(crate) fn take_all(&mut self, measured: Result<Vec<Figure>, String>) {
        match measured {
            Ok(figures) => figures.into_iter().for_each(|figure| self.add(figure)),
            Err(why) => self.fail(&why),
        }
    }

    /// Adds a figure, or adds its rounds to an existing figure.
    pub(crate) fn add(&mut self, figure: Figure) {
        let known = self.figures.iter_mut().find(|known| known.id == figure.id);
        match known {
            Some(known) => {
                known.rounds = Spread::of([known.rounds.each(), figure.rounds.each()].concat());
            }
            None => self.figures.push(figure),
        }
    }

    /// Notes that a measurement failed.
    pub(crate) fn fail(&mut self, why: &str) {
        self.failures.push(why.to_owned());
    }

    /// Notes a quantity that cannot be measured, with the reason.
    pub(crate) fn cannot(&mut self, what: &str, why: &str) {
        if !self.impossible.iter().any(|(known, _)| known == what) {
            self.impossible.push((what.to_owned(), why.to_owned()));
        }
    }

    /// Whether there are no figures.
    pub fn is_empty(&self) -> bool {
        self.figures.is_empty()
    }

    /// The messages of failed measurements.
    pub fn failures(&self) -> impl Iterator<Item = &str> {
        self.failures.iter().map(String::as_str)
    }

    /// The figures as a text table.
    pub fn table(&self) -> String {
        let mut rows = vec![[
            "".to_owned(),
            "min".into(),
            "median".into(),
            "max".into(),
            "unit".into(),
            "rounds".into(),
        ]];
        rows.extend(self.figures.iter().map(|figure| {
            let spread = &figure.rounds;
            [
                figure.what.clone(),
                number(spread.min()),
                number(spread.median()),
                number(spread.max()),
                figure.unit.to_owned(),
                spread.each().len().to_string(),
            ]
        }));
        let width =
            |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        let mut lines = vec![self.subject.clone(), self.machine.line(), String::new()];
        for [what, min, median, max, unit, rounds] in &rows {
            let [a, b, c, d, e, f] = widths;
            lines.push(format!(
                "{what:<a$}  {min:>b$}  {median:>c$}  {max:>d$}  {unit:<e$}  {rounds:>f$}"
            ));
        }
        for (what, why) in &self.impossible {
            lines.push(format!("not measured: {what}: {why}"));
        }
        lines.join("\n")
    }

    /// The figures as JSON.
    pub fn json(&self) -> Value {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|figure| {
                let spread = &figure.rounds;
                json!({
                    "id": figure.id,
                    "what": figure.what,
                    "unit": figure.unit,
                    "min": spread.min(),
                    "median": spread.median(),
                    "max": spread.max(),
                    "rounds": spread.each(),
                })
            })
            .collect();
        let pair = |(what, why): &(String, String)| json!({ "what": what, "why": why });
        json!({
            "subject": self.subject,
            "machine": self.machine.json(),
            "figures": figures,
            "not_measured": self.impossible.iter().map(pair).collect::<Vec<_>>(),
            "failed": self.failures,
        })
    }
}

/// Formats a number with three significant digits, or all digits before the point.
fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_columns() {
        let mut figures = Figures::new("a server");
        figures.add(Figure::of("a", "logins over ws", "logins/s", vec![2512.3, 99.94]));
        figures.add(Figure::of("b", "idle", "KiB", vec![9.876]));
        figures.add(Figure::of("a", "logins over ws", "logins/s", vec![300.0]));
        figures.take(Err("no login".to_owned()));
        figures.cannot("start to ready", "it runs already");
        let table = figures.table();
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "",
                "                 min  median   max  unit      rounds",
                "logins over ws  99.9     300  2512  logins/s       3",
                "idle            9.88    9.88  9.88  KiB            1",
                "not measured: start to ready: it runs already",
            ]
        );
        assert_eq!(figures.failures().collect::<Vec<_>>(), ["no login"]);
        let json = figures.json();
        assert_eq!(json["figures"][0]["rounds"], json!([2512.3, 99.94, 300.0]));
        assert_eq!(json["not_measured"][0]["why"], "it runs already");
    }
}
