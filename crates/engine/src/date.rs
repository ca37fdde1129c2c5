//! The time of day in the forms of HTTP and XMPP.

use std::time::SystemTime;

/// Now, as in the `Date` header (RFC 9110 §5.6.7).
pub(crate) fn http_now() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

/// Now, as in XEP-0082, with milliseconds.
pub(crate) fn iso_now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
