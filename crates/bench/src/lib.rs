//! Measures the fake or another server with clients that check each answer.

mod agents;
mod extent;
mod fake;
mod figures;
mod machine;
mod measure;
mod nodes;
mod observer;
mod other;
mod sessions;
mod suite;

pub use extent::{Extent, MeasureKind};
pub use figures::Figures;
pub use measure::measure_fake;
pub use nodes::NodeSource;
pub use observer::Observer;
pub use other::{OtherServer, measure_other};
