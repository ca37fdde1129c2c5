//! HTTP/1.1 as far as an upgrade needs it: heads with order and spelling kept, and bodies of
//! bounded length (RFC 9112).

mod body;
mod headers;
mod request;
mod response;
mod start_line;

pub use body::{BodyKind, BodyReader, MAX_BODY, request_body, response_body};
pub use headers::{Headers, MAX_HEADERS};
pub use request::RequestHead;
pub use response::ResponseHead;

/// The longest head that is read, in octets. Openfire 4.4 has the same limit (recorded: 431 beyond
/// it).
pub const MAX_HEAD: usize = 32 * 1024;
