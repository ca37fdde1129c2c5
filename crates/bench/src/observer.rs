//! The observer of a bench, for a progress line.

use std::any::Any;

use load::Progress;

/// Receives the progress of a bench.
pub trait Observer {
    /// A measurement begins. `done` counts up to `total`, or without limit if that is 0. The
    /// returned value is dropped at the end of the measurement.
    fn begins(&self, what: String, total: usize, done: &Progress) -> Box<dyn Any>;
}

/// A measurement under way.
pub(crate) struct Observed {
    /// Number of finished units.
    pub(crate) done: Progress,
    _shown: Box<dyn Any>,
}

/// Tells the observer that a measurement begins.
pub(crate) fn observe(observer: &dyn Observer, what: String, total: usize) -> Observed {
    let done = Progress::default();
    let shown = observer.begins(what, total, &done);
    Observed { done, _shown: shown }
}
