//! A SASL response, and the credentials of an HTTP request: how they are read, and how they are
//! shown in the words of the notation.

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::{Engine as _, alphabet};
use serde::{Deserialize, Serialize};

/// A login in the words of the notation: `plain(agent.user, agent.password)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// `plain` for the three fields of RFC 4616 §2, `basic` for user and password of RFC 7617 §2,
    /// `base64` for any other SASL response.
    pub function: String,
    pub args: Vec<MaskedArg>,
}

/// An argument of a masked response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskedArg {
    /// The value of a variable, by its name.
    Variable(String),
    /// Text that is no secret.
    Text(String),
}

/// The octets of a response, from the content of its element. White space between the digits is
/// passed over.
pub(crate) fn decode(content: &str) -> Option<Vec<u8>> {
    let digits: String = content.split_whitespace().collect();
    STANDARD.decode(digits).ok()
}

/// [`decode`] for those who look for secrets: in either alphabet, with padding or without, and as
/// far as it goes.
pub(crate) fn decode_any(content: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let digits: String = content.split_whitespace().collect();
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(&digits).ok())
}

/// User and password in the value of an `Authorization` header (RFC 7617 §2).
pub(crate) fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let pair = decode_any(token).filter(|_| scheme.eq_ignore_ascii_case("Basic"))?;
    let pair = String::from_utf8_lossy(&pair);
    let (user, password) = pair.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The authorization identity, the user and the password of a PLAIN message (RFC 4616 §2).
pub(crate) fn plain(response: &[u8]) -> Option<[&[u8]; 3]> {
    let fields: Vec<&[u8]> = response.split(|&octet| octet == 0).collect();
    fields.try_into().ok()
}
