//! XML as XMPP restricts it, and the namespaces of the Finesse notification service.

pub mod caps;
mod cut;
mod element;
mod error;
pub mod escape;
mod jid;
mod layers;
mod name;
pub mod ns;
mod parse;
pub mod prep;
mod pretty;
mod print;
mod qualify;
mod reference;
mod rules;
mod scope;
mod spans;
mod tag;
mod text;
mod writer;

pub use cut::{Cutter, Piece, ROOM, TooLong, drop_read};
pub use element::{Attribute, Element, Node, Spelling};
pub use error::{Error, ErrorKind};
pub use jid::{Jid, JidError};
pub use layers::Layers;
pub use name::Name;
pub use parse::{parse, parse_prefix, parse_spanned, parse_with};
pub use pretty::pretty;
pub use print::print;
pub use qualify::usual_prefix;
pub use rules::{MAX_DEPTH, MAX_PARTS, Rules};
pub use spans::{ChildSpans, Spans};
pub use writer::Writer;
