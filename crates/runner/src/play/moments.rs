//! The moments of a case, and how the times between them compare.

use std::collections::BTreeMap;
use std::time::Duration;

use case::{Comparison, Relation, Step, Stretch};
use tokio::time::Instant;

use super::player::Stop;
use super::taking::failure;

/// When things happened: the last step that held, and those whose moment has a name.
#[derive(Debug)]
pub(super) struct Moments {
    last: Instant,
    named: BTreeMap<String, Instant>,
}

impl Moments {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { last: Instant::now(), named: BTreeMap::new() }
    }

    /// Something that a step speaks of happened.
    pub(super) fn note(&mut self, at: Instant) {
        self.last = at;
    }

    /// `mark NAME`.
    pub(super) fn mark(&mut self, name: &str) {
        self.named.insert(name.to_owned(), self.last);
    }

    /// `time A..B >= 1.5 * C..D`.
    pub(super) fn compare(&self, step: &Step, wanted: &Comparison) -> Result<(), Stop> {
        let (what, than) = (self.between(&wanted.what)?, self.between(&wanted.than)?);
        let limit = than.mul_f64(wanted.times.value());
        let (holds, word) = match wanted.relation {
            Relation::AtLeast => (what >= limit, "at least"),
            Relation::AtMost => (what <= limit, "at most"),
        };
        if holds {
            return Ok(());
        }
        let message = format!(
            "{} took {}, wanted {word} {}; {} took {}",
            wanted.what,
            shown(what),
            shown(limit),
            wanted.than,
            shown(than)
        );
        Err(Stop::Failed(Box::new(failure(step, message))))
    }

    fn between(&self, stretch: &Stretch) -> Result<Duration, Stop> {
        let at = |name: &str| {
            // Lint finds it before, unless the mark stands in a branch that was not taken.
            self.named.get(name).ok_or_else(|| Stop::Error(format!("nothing has marked `{name}`")))
        };
        Ok(at(&stretch.to.value)?.saturating_duration_since(*at(&stretch.from.value)?))
    }
}

fn shown(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use case::{Item, Source, StepKind};

    use super::*;

    fn compare(text: &str) -> Result<(), String> {
        let start = Instant::now();
        let mut moments = Moments::new();
        for (name, ms) in [("a", 0), ("b", 400), ("c", 1000)] {
            moments.note(start + Duration::from_millis(ms));
            moments.mark(name);
        }
        let source = Arc::new(Source { path: "x.case".into(), text: text.to_owned() });
        let items = case::parse_body(source).unwrap();
        let [Item::Step(step)] = items.as_slice() else { panic!("one step") };
        let StepKind::Time(wanted) = &step.kind else { panic!("a comparison") };
        match moments.compare(step, wanted) {
            Ok(()) => Ok(()),
            Err(Stop::Failed(failure)) => Err(failure.message),
            Err(Stop::Error(message)) => Err(message),
            Err(Stop::Unsupported | Stop::Interrupted) => Err("stopped".to_owned()),
        }
    }

    #[test]
    fn times_are_compared_by_their_ratio() {
        assert_eq!(compare("time b..c >= 1.5 * a..b"), Ok(()));
        assert_eq!(compare("time b..c <= 1.5 * a..b"), Ok(()));
        assert_eq!(compare("time a..b <= b..c"), Ok(()));
        assert_eq!(
            compare("time b..c >= 2 * a..b").unwrap_err(),
            "b..c took 600 ms, wanted at least 800 ms; a..b took 400 ms"
        );
        assert_eq!(
            compare("time b..c <= a..b").unwrap_err(),
            "b..c took 600 ms, wanted at most 400 ms; a..b took 400 ms"
        );
        assert_eq!(compare("time a..d <= a..b").unwrap_err(), "nothing has marked `d`");
    }

    #[test]
    fn a_stretch_that_runs_backwards_took_no_time() {
        assert_eq!(compare("time c..a <= a..b"), Ok(()));
    }
}
