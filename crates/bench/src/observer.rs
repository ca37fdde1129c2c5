//! Whoever looks on is told what is being measured.

use std::any::Any;

use load::Progress;

/// Shows what is being measured.
pub trait Observer {
    /// A measurement begins. `done` counts up to `total`, or without an end where that is 0. The
    /// value returned is dropped when the measurement ends.
    fn begins(&self, what: String, total: usize, done: &Progress) -> Box<dyn Any>;
}

/// A measurement under way.
pub(crate) struct Observed {
    /// How many are done.
    pub(crate) done: Progress,
    _shown: Box<dyn Any>,
}

/// Tells that a measurement begins.
pub(crate) fn observe(observer: &dyn Observer, what: String, total: usize) -> Observed {
    let done = Progress::default();
    let shown = observer.begins(what, total, &done);
    Observed { done, _shown: shown }
}
