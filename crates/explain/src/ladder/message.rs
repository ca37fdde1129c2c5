//! Messages and frames in one line, masked.

use super::Ladder;
use crate::conversation::MessageKind;
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
pub(crate) fn said(what: &MessageKind, mask: &Mask) -> String {
    match what {
        MessageKind::Text(text) => mask.message(text),
        MessageKind::Binary(length) => format!("[binary, {length} octets]"),
        MessageKind::Ping => "[ping]".to_owned(),
        MessageKind::Pong => "[pong]".to_owned(),
        MessageKind::Close { code, reason } => {
            let code = code.map_or_else(String::new, |code| format!(" {code}"));
            mask.text(&format!("[close{code} {}]", textual::clipped(reason, 120)))
                .replace(" ]", "]")
        }
        MessageKind::Broken(why) => {
            mask.text(&format!("[broken frame: {}]", textual::clipped(why, 120)))
        }
    }
}
