//! The demands of the specifications, one by one, and the cases that test each.
//!
//! A statement is one word of RFC 2119 that demands or forbids (MUST, SHALL, SHOULD, REQUIRED,
//! RECOMMENDED and their negations). Its name is a clause and an ordinal: `RFC 7395 §3.4 #2` is the
//! second such word in the text of that clause, its subclauses aside.

mod check;
mod figures;
mod page;
mod table;

pub use check::check;
pub use figures::Figures;
pub use page::{markdown, text};
pub use table::{Binds, Document, Reason, Row, Section, Standing};
