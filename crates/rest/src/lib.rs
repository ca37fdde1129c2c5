//! The REST API of Finesse: requests to the contact centre, and their answers.
//!
//! [`Api::answer`] is a function of a request, the server's facts ([`Site`]) and the contact
//! centre. It knows no sockets. Changes of the contact centre that a request causes are left in the
//! world for the caller to publish, after the answer.
//!
//! The facts are Cisco's (Finesse Web Services Developer Guide 12.5, Cisco DevNet). A comment marks
//! what Cisco does not document and is chosen here.

mod access;
mod answer;
mod api;
mod assignments;
mod body;
mod broken;
mod call;
mod caller;
mod desk;
mod dialogs;
mod messages;
mod numbered;
mod objects;
mod phone_books;
mod problem;
mod range;
mod reasons;
mod routes;
mod sign_on;
mod site;
mod system_info;
mod teams;
#[cfg(test)]
mod tests;
mod token;
mod users;

pub use access::name_of;
pub use answer::{Answer, phrase};
pub use api::Api;
pub use broken::Rule;
pub use call::{is_for_api, path, plain, plain_path};
pub use routes::meant;
pub use sign_on::SignOn;
pub use site::{Accounts, Site};
