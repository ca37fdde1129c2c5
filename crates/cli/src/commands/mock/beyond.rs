//! Listening beyond loopback: asked for by name, said aloud, and with a token at the control port.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::bail;
use finesse_fake::{Control, FakeFinesse};

use super::super::explainer::explainer;
use super::{Args, warn};

/// The fewest characters of a token: it is all that keeps other machines out of the control port.
const SHORTEST: usize = 16;

/// The token of a control port. Has no `Debug`: it is a secret.
#[derive(Clone)]
pub(super) struct Token(String);

/// Parses a token; it stands in URLs as it is.
pub(super) fn token(text: &str) -> Result<Token, String> {
    let is_plain =
        text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~".contains(&octet));
    if is_plain && text.len() >= SHORTEST {
        return Ok(Token(text.to_owned()));
    }
    Err(format!("wanted {SHORTEST} letters, digits, `-`, `.`, `_` or `~`, or more of them"))
}

/// Makes sure that addresses beyond loopback were meant, and says what it means.
pub(super) fn check(args: &Args) -> anyhow::Result<()> {
    let all = [("--listen", Some(args.listen)), ("--pair", args.pair), ("--control", args.control)];
    let beyond = all.into_iter().filter_map(|(option, address)| Some((option, address?)));
    let beyond: Vec<_> = beyond.filter(|(_, address)| !address.ip().is_loopback()).collect();
    if let (Some((option, address)), false) = (beyond.first(), args.beyond_loopback) {
        bail!(
            "{option} {address} lets other machines in: add --beyond-loopback if you mean it, or use 127.0.0.1:{}",
            address.port()
        );
    }
    if args.token.is_some() && !beyond.iter().any(|(option, _)| *option == "--control") {
        bail!("--token is for a control port beyond loopback; on loopback, programs need none");
    }
    for (option, address) in beyond {
        warn(&format!(
            "{option} {address}: other machines can reach this port; {}",
            meaning(option, args)
        ));
    }
    Ok(())
}

/// The rights that an option gives to others at a port.
fn meaning(option: &str, args: &Args) -> &'static str {
    match option {
        "--control" => "they may do anything to the fake, if they have its token",
        _ if args.is_usual() => "they may log in with the password `secret`",
        _ => "they may log in with the passwords of the accounts",
    }
}

/// Opens the control port; beyond loopback, it wants its token from everybody.
pub(super) async fn control(
    args: &Args,
    fake: &Arc<FakeFinesse>,
    address: SocketAddr,
) -> anyhow::Result<Control> {
    if address.ip().is_loopback() {
        return Ok(Control::open_with(fake, address, explainer()).await?);
    }
    let token = args.token.as_ref().map(|Token(token)| token.as_str());
    Ok(Control::open_beyond_loopback(fake, address, token, explainer()).await?)
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn a_token_is_long_and_plain() {
        assert!(token("0123456789abcdef").is_ok());
        for wrong in ["", "0123456789abcde", "0123456789abcdef&", "0123456789 abcdef"] {
            assert!(token(wrong).is_err(), "{wrong}");
        }
    }
}
