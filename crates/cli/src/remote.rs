//! A server on the network as a venue: one endpoint for all cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use case::Case;
use runner::{EmptyStage, Promise, Scene, Target, Tls, Venue};
use wire::net::Trust;

use crate::fake::known;

/// Plays all cases against one server.
pub struct RemoteVenue {
    target: Target,
    scene: Scene,
}

/// What it takes to reach a server and log in.
pub struct Access {
    /// `wss://HOST:PORT/PATH` or `ws://…`.
    pub url: String,
    /// Which certificates to believe.
    pub trust: Trust,
    /// The XMPP domain; the host of the URL unless told otherwise.
    pub domain: Option<String>,
    /// Accounts: name in cases → (login name, password).
    pub accounts: BTreeMap<String, (String, String)>,
}

impl RemoteVenue {
    /// A venue for a server that is reached by `access`.
    ///
    /// # Errors
    ///
    /// The URL is none; one line.
    pub fn new(target: Target, access: Access) -> Result<Self, String> {
        let url = Url::parse(&access.url)?;
        let domain = access.domain.unwrap_or_else(|| url.host.clone());
        let mut variables: BTreeMap<String, String> = [
            ("host", url.host.clone()),
            ("port", url.port.to_string()),
            ("ws.path", url.path.clone()),
            ("pubsub", format!("pubsub.{domain}")),
            ("domain", domain),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut passwords = BTreeMap::new();
        for (account, (user, password)) in access.accounts {
            variables.insert(format!("{account}.id"), user.clone());
            variables.insert(format!("{account}.user"), user);
            passwords.insert(format!("{account}.password"), password);
        }
        passwords.insert("wrong".to_owned(), wire::accept::fresh_key());
        let nodes = target
            .provides
            .iter()
            .filter(|(name, _)| name.starts_with("node.") || *name == "team.id");
        variables.extend(nodes.map(|(name, value)| (name.clone(), value.clone())));
        let scene = Scene {
            host: url.host.clone(),
            port: url.port,
            tls: url.secure.then_some(Tls { trust: access.trust, name: url.host }),
            known: known(&variables),
            variables,
            passwords,
            patience: target.patience,
            clock: 1.0,
            stage: Arc::new(EmptyStage),
        };
        Ok(Self { target, scene })
    }
}

impl Venue for RemoteVenue {
    fn target(&self) -> &Target {
        &self.target
    }

    fn set<'a>(&'a self, case: &'a Case) -> Promise<'a, Result<Scene, String>> {
        let _ = case;
        Box::pin(async { Ok(self.scene.clone()) })
    }
}

/// The parts of a WebSocket URL (RFC 6455 §3).
struct Url {
    secure: bool,
    host: String,
    port: u16,
    path: String,
}

impl Url {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("`{text}` is no WebSocket URL: {why}; wanted wss://HOST:PORT/ws/");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("no scheme"))?;
        let secure = match scheme {
            "wss" => true,
            "ws" => false,
            _ => return Err(wrong("the scheme is neither ws nor wss")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, "ws/"));
        // An IPv6 address stands in brackets (RFC 3986 §3.2.2).
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong("the port is no number below 65536"))?)
            }
            _ => (authority, if secure { 443 } else { 80 }),
        };
        if host.is_empty() || host.contains('@') {
            return Err(wrong("no host, or something before it"));
        }
        Ok(Self { secure, host: host.to_owned(), port, path: format!("/{path}") })
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn urls_have_parts() {
        let url = Url::parse("wss://uccx.example.com:8445/ws/").unwrap();
        assert_eq!(
            (url.secure, url.host.as_str(), url.port, url.path.as_str()),
            (true, "uccx.example.com", 8445, "/ws/")
        );
        let url = Url::parse("ws://[::1]:7070").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.path.as_str()), ("[::1]", 7070, "/ws/"));
        assert_eq!(Url::parse("ws://[::1]/").unwrap().port, 80);
        for wrong in ["uccx:8445", "https://x", "wss://:1/", "wss://x:99999/", "wss://u@x/"] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
