//! An explanation for people and programs.

mod html;
mod json;
mod text;

pub use html::{html, html_of_run};
pub use json::{json, json_of_run};
pub use text::{text, text_of_run};
