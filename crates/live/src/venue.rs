//! A server on the network as a venue: one endpoint for all cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use case::Case;
use remote::{Access, Account, Url};
use runner::{EmptyStage, Promise, Scene, ServerUnderTest, Target, Tls, Venue, known};
use wire::net::Network;

use crate::publisher::{PUBLISH, Publisher};

/// Plays all cases against one server.
pub struct ServerVenue {
    target: Target,
    server: ServerUnderTest,
    publisher: Option<Arc<Publisher>>,
    variables: BTreeMap<String, String>,
    passwords: BTreeMap<String, String>,
}

impl ServerVenue {
    /// A venue for a server that is reached by `access`.
    ///
    /// # Errors
    ///
    /// The URL is none; one line.
    pub fn new(target: Target, access: Access) -> Result<Self, String> {
        let url = Url::parse(&access.url)?;
        let publisher = Publisher::of(&access).map(Arc::new);
        let domain = access.domain.unwrap_or_else(|| url.host.clone());
        let mut variables: BTreeMap<String, String> = [
            ("host", url.host.clone()),
            ("port", url.port.to_string()),
            ("ws.path", url.path.clone()),
            ("pubsub", access.pubsub.unwrap_or_else(|| format!("pubsub.{domain}"))),
            ("domain", domain),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut passwords = BTreeMap::new();
        for (account, Account { name, password }) in access.accounts {
            variables.insert(format!("{account}.id"), name.clone());
            variables.insert(format!("{account}.user"), name);
            passwords.insert(format!("{account}.password"), password);
        }
        if let Some(publisher) = &access.publisher {
            passwords.insert("publisher.password".to_owned(), publisher.password.clone());
        }
        passwords.insert("wrong".to_owned(), wire::accept::fresh_key());
        let values = target.provides.iter().filter(|(_, value)| !value.is_empty());
        variables.extend(values.map(|(name, value)| (name.clone(), value.clone())));
        let server = ServerUnderTest {
            network: Network::System,
            host: url.host.clone(),
            port: url.port,
            tls: url.secure.then_some(Tls { trust: access.trust, name: url.host }),
            stage: Arc::new(EmptyStage),
        };
        Ok(Self { target, server, publisher, variables, passwords })
    }
}

impl Venue for ServerVenue {
    fn target(&self) -> &Target {
        &self.target
    }

    fn cannot(&self, action: &str) -> Option<String> {
        (action != PUBLISH).then(|| format!("a real server cannot be made to `{action}`"))
    }

    fn set<'a>(&'a self, case: &'a Case) -> Promise<'a, Result<Scene, String>> {
        let _ = case;
        let mut server = self.server.clone();
        if let Some(publisher) = &self.publisher {
            server.stage = Arc::new(publisher.stage());
        }
        let scene = Scene {
            tested: server.into(),
            known: known(&self.variables),
            variables: self.variables.clone(),
            passwords: self.passwords.clone(),
            patience: self.target.patience,
            clock: 1.0,
        };
        Box::pin(async { Ok(scene) })
    }
}
