//! An explanation for people and programs.

mod html;
mod json;
mod text;

pub use html::html;
pub use json::json;
pub use text::text;
