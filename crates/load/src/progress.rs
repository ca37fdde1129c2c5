//! How far many clients are.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// Number of clients finished so far, for a progress line.
pub type Progress = Arc<AtomicUsize>;
