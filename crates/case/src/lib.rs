//! The notation of cases and transcripts: parse, format, lint, diagnostics.

mod ast;
mod clause;
mod diagnostic;
pub mod duration;
mod error;
mod expand;
mod fill;
mod function;
mod library;
mod lint;
mod parse;
mod print;
mod render;
mod resources;
mod suggest;
mod visit;
mod words;

pub use ast::*;
pub use clause::Clauses;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use error::Error;
pub use library::Library;
pub use lint::{lint, needs, unplayable};
pub use parse::{is_writable, parse_body, parse_case, parse_fragment};
pub use print::{print_body, print_case, print_fragment};
pub use render::render;
pub use resources::resources;
pub use visit::actions;
