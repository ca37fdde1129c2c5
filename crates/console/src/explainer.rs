//! The explanation of a file, made by a function that the opener of the port hands in: nothing here
//! knows of such files.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

type Explain = dyn Fn(&str, &[u8]) -> Result<Value, String> + Send + Sync;

/// A function that explains the content of a file. It gets the name of the file, and the error says
/// why the file tells nothing.
#[derive(Clone)]
pub struct Explainer(pub(crate) Arc<Explain>);

impl Explainer {
    /// Made of the function.
    pub fn new(
        explain: impl Fn(&str, &[u8]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(explain))
    }
}

impl fmt::Debug for Explainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explainer").finish_non_exhaustive()
    }
}
