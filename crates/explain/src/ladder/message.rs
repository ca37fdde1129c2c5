//! Messages and frames in one line, masked.

use super::Ladder;
use crate::conversation::What;
use crate::secret::Mask;

/// The longest description of a message, in characters.
const SHORT: usize = 160;

impl Ladder<'_, '_> {
    /// The beginning of a stanza.
    pub(super) fn short(&self, place: usize) -> String {
        let text = self.mask.message(self.session.stanzas[place].text);
        textual::clipped(&text.replace(['\n', '\r'], " "), SHORT).into_owned()
    }
}

/// A message or frame of a connection.
pub(crate) fn said(what: &What, mask: &Mask) -> String {
    match what {
        What::Text(text) => mask.message(text),
        What::Binary(length) => format!("[binary, {length} octets]"),
        What::Ping => "[ping]".to_owned(),
        What::Pong => "[pong]".to_owned(),
        What::Close { code, reason } => {
            let code = code.map_or_else(String::new, |code| format!(" {code}"));
            mask.text(&format!("[close{code} {}]", textual::clipped(reason, 120)))
                .replace(" ]", "]")
        }
        What::Broken(why) => mask.text(&format!("[broken frame: {}]", textual::clipped(why, 120))),
    }
}
