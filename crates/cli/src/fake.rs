//! Fakes as venues: each case gets its own server in this process, with its own passwords.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use case::{Case, PasswordForm};
use finesse_fake::{
    Agent, FakeFinesse, Fault, NodeConfig, Profile, ProfileName, PublishModel, UnknownName, Wanted,
};
use runner::{Action, Endpoint, Promise, Scene, Stage, Target, Tls, Venue, fresh_password, known};
use wire::net::Trust;

/// The accounts of a fake: name in cases, and login name, which is also the agent's id.
const ACCOUNTS: [(&str, &str); 3] = [("agent", "1001"), ("other", "1002"), ("supervisor", "1003")];

/// The team of all accounts.
const TEAM: &str = "1";

/// Letters of two and three octets in UTF-8, which no normalisation changes (RFC 4013 §2.2).
const BEYOND_ASCII: &str = "äßЖ€";

/// Plays each case against a fake of its own.
pub struct FakeVenue {
    target: Target,
    profile: Profile,
    fault: Option<Fault>,
    plain: bool,
    /// The agent's password, if all cases use the same.
    password: Option<String>,
}

impl FakeVenue {
    /// A venue for a target whose endpoint is a fake, with an optional fault.
    ///
    /// # Errors
    ///
    /// The target is no fake, or its profile is unknown; one line.
    pub fn new(target: Target, fault: Option<Fault>) -> Result<Self, String> {
        let Endpoint::Fake { profile } = &target.endpoint else {
            return Err(format!("target {} is not a fake", target.name));
        };
        let name = ProfileName::from_str(profile)
            .map_err(|error| format!("target {}: {error}", target.name))?;
        Ok(Self { profile: Profile::from(name), target, fault, plain: false, password: None })
    }

    /// Without TLS, for the gate, which stands in front of the fakes.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    /// With the same password for the agent in all cases.
    #[must_use]
    pub(crate) fn with_password(self, password: &str) -> Self {
        Self { password: Some(password.to_owned()), ..self }
    }

    async fn scene(&self, case: &Case) -> Result<Scene, String> {
        let clock = case.head.time.as_ref().map_or(1.0, |time| f64::from(time.value.0) / 1000.0);
        let mut passwords: BTreeMap<String, String> = ACCOUNTS
            .iter()
            .map(|(account, _)| (format!("{account}.password"), fresh_password()))
            .collect();
        if let Some(agent) = &self.password {
            passwords.insert("agent.password".to_owned(), agent.clone());
        }
        if let Some(PasswordForm::NonAscii) = case.head.password.as_ref().map(|form| form.value) {
            passwords.insert("agent.password".to_owned(), fresh_password() + BEYOND_ASCII);
        }
        let mut builder = FakeFinesse::builder()
            .profile(self.profile.clone())
            .time_factor(clock)
            .plain(self.plain);
        for (account, user) in ACCOUNTS {
            let password = &passwords[&format!("{account}.password")];
            builder = match account {
                "supervisor" => builder.supervisor(user, password),
                _ => builder.user(user, password),
            };
        }
        for node in self.nodes() {
            builder = builder.node(node);
        }
        if let Some(fault) = &self.fault {
            builder = builder.fault(fault);
        }
        passwords.insert("wrong".to_owned(), fresh_password());
        let fake =
            builder.start().await.map_err(|error| format!("the fake does not start: {error}"))?;
        let tls = match fake.ca_pem() {
            Some(pem) => {
                let trust = Trust::ca_pem(pem)
                    .map_err(|error| format!("the fake's own certificate: {error}"))?;
                Some(Tls { trust, name: "localhost".to_owned() })
            }
            None => None,
        };
        let variables = self.variables(&fake);
        Ok(Scene {
            host: fake.addr().ip().to_string(),
            port: fake.addr().port(),
            tls,
            known: known(&variables),
            variables,
            passwords,
            patience: self.target.patience,
            clock,
            stage: Arc::new(FakeStage(fake)),
            visit: None,
        })
    }

    /// The nodes that the target promises, configured as their names require.
    fn nodes(&self) -> Vec<NodeConfig> {
        let (_, agent) = ACCOUNTS[0];
        let promised = |name: &str| self.target.provides.get(name);
        [
            promised("node.open").map(NodeConfig::new),
            promised("node.whitelist")
                .map(|path| NodeConfig::new(path).whitelist(Vec::<String>::new())),
            promised("node.outcast").map(|path| NodeConfig::new(path).outcast(agent)),
            promised("node.no-subscribe").map(|path| NodeConfig::new(path).subscribe(false)),
            promised("node.publish")
                .map(|path| NodeConfig { publish: PublishModel::Open, ..NodeConfig::new(path) }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn variables(&self, fake: &FakeFinesse) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = [
            ("host", fake.addr().ip().to_string()),
            ("port", fake.addr().port().to_string()),
            ("ws.path", "/ws/".to_owned()),
            ("domain", fake.domain().to_owned()),
            ("pubsub", fake.pubsub_host()),
            ("team.id", TEAM.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (account, user) in ACCOUNTS {
            variables.insert(format!("{account}.user"), user.to_owned());
            variables.insert(format!("{account}.id"), user.to_owned());
        }
        let nodes = self.target.provides.iter().filter(|(name, _)| name.starts_with("node."));
        variables.extend(nodes.map(|(name, path)| (name.clone(), path.clone())));
        variables
    }
}

impl Venue for FakeVenue {
    fn target(&self) -> &Target {
        &self.target
    }

    fn set<'a>(&'a self, case: &'a Case) -> Promise<'a, Result<Scene, String>> {
        Box::pin(self.scene(case))
    }
}

/// The world of a fake.
struct FakeStage(FakeFinesse);

impl FakeStage {
    /// Carries out an action of the notation.
    fn act(&self, name: &str, args: &[String]) -> Result<(), String> {
        let fake = &self.0;
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let say = |error: finesse_fake::Error| error.to_string();
        match (name, words.as_slice()) {
            ("fault", [fault]) => fake.fault(fault).map(|_| ()).map_err(say)?,
            ("systeminfo", [status]) => fake.system_info(parsed(status)?),
            ("application", ["AWAY"]) => fake.web_application_goes_away(),
            ("application", ["BACK"]) => fake.web_application_comes_back(),
            ("application", [other]) => {
                return Err(format!(
                    "unknown state {other:?} of the web application; wanted AWAY or BACK"
                ));
            }
            (_, [account, rest @ ..]) => {
                let agent = fake.agent(user(account)?);
                match (name, rest) {
                    ("state", [state, reason @ ..]) => {
                        change(&agent, parsed(state)?, reason.first().copied())?
                    }
                    ("request", [state, id @ ..]) => {
                        let id = id.first().copied().unwrap_or_default();
                        agent.asks_for(parsed(state)?, None, id).map(|_| ()).map_err(say)?;
                    }
                    ("ring", [number]) => agent.ring(number).map(|_| ()).map_err(say)?,
                    ("answer", []) => agent.answer().map(|_| ()).map_err(say)?,
                    ("hold", []) => agent.hold().map(|_| ()).map_err(say)?,
                    ("retrieve", []) => agent.retrieve().map(|_| ()).map_err(say)?,
                    ("hang-up", []) => agent.hang_up().map(|_| ()).map_err(say)?,
                    ("caller-hangs-up", []) => {
                        let view = agent.view().map_err(say)?;
                        let call = view.call.ok_or_else(|| format!("{account} has no call"))?;
                        fake.call(call).other_side_hangs_up().map(|_| ()).map_err(say)?;
                    }
                    _ => return Err(format!("the fake has no `{name}`")),
                }
            }
            (_, []) => return Err(format!("the fake has no `{name}`")),
        }
        Ok(())
    }
}

/// The login name of an account of cases.
fn user(account: &str) -> Result<&'static str, String> {
    let known = ACCOUNTS.iter().find(|(name, _)| *name == account);
    known.map(|(_, user)| *user).ok_or_else(|| {
        let names: Vec<&str> = ACCOUNTS.iter().map(|(name, _)| *name).collect();
        format!("no account {account:?}; accounts are {}", names.join(", "))
    })
}

/// Changes the agent's state, with an optional reason code.
fn change(agent: &Agent<'_>, wanted: Wanted, reason: Option<&str>) -> Result<(), String> {
    let reason: Option<u32> = match reason {
        None => None,
        Some(id) => Some(id.parse().map_err(|_| format!("{id:?} is not the id of a reason code"))?),
    };
    let changed = match (wanted, reason) {
        (Wanted::Login, None) => agent.login(),
        (Wanted::Ready, None) => agent.ready(),
        (Wanted::Work, None) => agent.work(),
        (Wanted::NotReady, reason) => agent.not_ready(reason),
        (Wanted::Logout, None) => agent.logout(),
        (Wanted::Logout, Some(reason)) => agent.logout_because(reason),
        (_, Some(_)) => {
            return Err(format!("{wanted} takes no reason code; only NOT_READY and LOGOUT do"));
        }
    };
    changed.map(|_| ()).map_err(|error| error.to_string())
}

fn parsed<T: FromStr<Err = UnknownName>>(name: &str) -> Result<T, String> {
    name.parse().map_err(|error: UnknownName| error.to_string())
}

impl Stage for FakeStage {
    fn perform(&self, action: Action) -> Promise<'_, Result<(), String>> {
        Box::pin(async move {
            match action {
                Action::Publish { node, payload } => {
                    self.0.publish(&node, &payload).map_err(|error| error.to_string())
                }
                Action::Other { name, args } => self.act(&name, &args),
            }
        })
    }

    fn can_rest(&self) -> bool {
        true
    }

    fn at_rest(&self, received: u64, sent: u64, within: Duration, talk: bool) -> bool {
        self.0.settled(received, sent) && self.0.next_timer(talk).is_none_or(|timer| timer > within)
    }
}
