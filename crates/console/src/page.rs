//! The console: a page for people, with which a browser sees and steers what runs, by the routes of
//! its port.
//!
//! The page is one answer, with its style and its script in it, so that one URL with the token is
//! enough. Its policy lets nothing else run, and lets it talk to this port alone.

use axum::http::{HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::ask::Ask;
use crate::reply::{Outcome, Reply};

const HTML: &str = include_str!("page/console.html");
const CSS: &str = include_str!("page/console.css");
const SCRIPT: &str = include_str!("page/console.js");

/// The page.
///
/// # Errors
///
/// None; it is a handler.
pub fn page<S>(_: &S, _: &Ask) -> Outcome<S> {
    let page = HTML.replace("/* console.css */", CSS).replace("/* console.js */", SCRIPT);
    Ok(Reply::Page(page))
}

/// The header fields of the page.
pub(crate) fn headers() -> Vec<(HeaderName, HeaderValue)> {
    // CSP Level 3 §6.7.3.3: the hash of the text between the tags.
    let hash = |text: &str| STANDARD.encode(digest(&SHA256, text.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(CSS),
        hash(SCRIPT)
    );
    let mut fields = vec![
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // The URL of the page has the token.
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
    ];
    let policy = HeaderValue::try_from(policy).expect("it is ASCII");
    fields.push((header::CONTENT_SECURITY_POLICY, policy));
    fields
}
