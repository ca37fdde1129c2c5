//! The function by which the consoles of `mock` and `record` explain files.

use ::explain::{Explanation, from_octets};
use finesse_fake::Explainer;

/// Explains files of all formats that need no other program.
pub(in crate::commands) fn explainer() -> Explainer {
    Explainer::new(|name, octets| {
        let conversation = from_octets(name, octets)?;
        let explained = ::explain::json(&Explanation::new(&conversation));
        serde_json::from_str(&explained).map_err(|error| error.to_string())
    })
}
