//! The questions to the REST API of Finesse: SystemInfo, and the user of the account.

use std::time::{Duration, Instant};

use remote::{Account, Credentials, Deadlines, Error, Http, HttpAnswer, HttpRequest, Url, finesse};
use serde::Serialize;
use stanza::{Element, Rules};

use super::report::{Facts, ProbeStep, StepOutcome, StepReport};
use super::{ApiDepth, Depth, ProbePlan, advice};

/// How much of a value of the server is kept, in characters.
const KEPT: usize = 200;

/// The facts of SystemInfo (Cisco DevNet, "SystemInfo"); empty where it does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemInfo {
    /// `UCCX`, `UCCE`.
    pub deployment: String,
    /// `IN_SERVICE`, `OUT_OF_SERVICE`.
    pub status: String,
    /// Why the server is not in service.
    pub status_reason: String,
    /// `NON_SSO`, `SSO` or `HYBRID`.
    pub auth_mode: String,
    /// The XMPP domain.
    pub domain: String,
    /// The publish-subscribe service.
    pub pubsub: String,
    /// Host of the primary node.
    pub primary: String,
    /// Host of the secondary node.
    pub secondary: String,
}

impl SystemInfo {
    /// Whether Finesse says that it is out of service.
    pub fn is_out_of_service(&self) -> bool {
        !self.status.is_empty() && !self.status.eq_ignore_ascii_case("IN_SERVICE")
    }

    /// Hosts of the nodes, as far as they are told.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        [&self.primary, &self.secondary].into_iter().map(String::as_str).filter(|it| !it.is_empty())
    }

    /// Whether all users sign in with an access token in the place of a password.
    fn takes_tokens(&self) -> bool {
        self.auth_mode.eq_ignore_ascii_case("SSO")
    }

    /// All texts, for the mask.
    pub(crate) fn texts(&mut self) -> [&mut String; 8] {
        [
            &mut self.deployment,
            &mut self.status,
            &mut self.status_reason,
            &mut self.auth_mode,
            &mut self.domain,
            &mut self.pubsub,
            &mut self.primary,
            &mut self.secondary,
        ]
    }
}

/// The user of the account, as the API knows it; empty where it does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ApiUser {
    /// The id, which is the user's name on the WebSocket too.
    pub id: String,
    /// The login name.
    pub name: String,
    /// `NOT_READY`.
    pub state: String,
    /// The extension of the phone.
    pub extension: String,
    /// The id of the team.
    pub team: String,
    /// The name of the team.
    pub team_name: String,
}

impl ApiUser {
    /// All texts, for the mask.
    pub(crate) fn texts(&mut self) -> [&mut String; 6] {
        [
            &mut self.id,
            &mut self.name,
            &mut self.state,
            &mut self.extension,
            &mut self.team,
            &mut self.team_name,
        ]
    }
}

/// The answers of the API.
#[derive(Default)]
pub(super) struct ApiAnswers {
    pub(super) steps: Vec<StepReport>,
    pub(super) system: Option<SystemInfo>,
    pub(super) user: Option<ApiUser>,
    /// The first failed step.
    pub(super) trouble: Option<(ProbeStep, Error)>,
    /// Whether the password was refused, so that it must not be tried again.
    pub(super) is_refused: bool,
}

/// A step that did not come to what was asked.
struct FailedStep {
    outcome: StepOutcome,
    error: Box<Error>,
    look_at: Vec<String>,
}

/// Asks the API of the server.
///
/// # Errors
///
/// The connection cannot be made, at the very address of the WebSocket.
pub(super) async fn ask(plan: &ProbePlan<'_>, url: &Url) -> Result<ApiAnswers, Error> {
    let api = finesse::api_of(url);
    let is_elsewhere = api.port != url.port;
    let deadlines = Deadlines::with_patience(plan.patience);
    let mut http = Http::new(api, plan.access.trust.clone(), deadlines);
    let mut asked = ApiAnswers::default();
    let began = Instant::now();
    match http.connect().await {
        Ok(()) => {
            asked.system(&mut http, plan).await;
            asked.user(&mut http, plan).await;
            http.leave().await;
        }
        Err(error) if !is_elsewhere => return Err(error),
        Err(error) => {
            let why = format!("not there: {error}");
            asked.add(ProbeStep::SystemInfo, StepOutcome::Skipped, began.elapsed(), why);
            asked.skip_user("there is no API to ask");
        }
    }
    Ok(asked)
}

impl ApiAnswers {
    async fn system(&mut self, http: &mut Http, plan: &ProbePlan<'_>) {
        let began = Instant::now();
        let answer = http.ask(&HttpRequest::get(finesse::SYSTEM_INFO, Credentials::None)).await;
        match answer.map_err(|error| fall(ProbeStep::SystemInfo, error, plan)).and_then(read_system)
        {
            Ok(system) => {
                let step = ProbeStep::SystemInfo;
                let deployment = or(&system.deployment, "no deployment told");
                if system.is_out_of_service() {
                    let said = format!("{deployment}, {}", system.status);
                    let error = Error::Unexpected(said).into();
                    let look_at = out_of_service(&system);
                    let fall = FailedStep { outcome: StepOutcome::Broke, error, look_at };
                    self.fell(step, fall, began.elapsed());
                } else {
                    let said = format!("{deployment}, {}", or(&system.status, "no status told"));
                    self.add(step, StepOutcome::Ok, began.elapsed(), said);
                }
                if let Some(step) = self.steps.last_mut() {
                    step.details = details_of_system(&system);
                }
                self.system = Some(system);
            }
            Err(fall) => self.fell(ProbeStep::SystemInfo, fall, began.elapsed()),
        }
    }

    async fn user(&mut self, http: &mut Http, plan: &ProbePlan<'_>) {
        if plan.api < ApiDepth::User {
            return self.skip_user("not asked for");
        }
        let account = plan.access.accounts.get(plan.account);
        let Some(account) = account.filter(|_| plan.depth > Depth::Features) else {
            return self.skip_user("no account to log in with");
        };
        let Some(system) = self.system.clone() else {
            return self.skip_user("there is no API to ask");
        };
        if system.is_out_of_service() {
            return self.skip_user("out of service, the API answers SystemInfo alone");
        }
        let began = Instant::now();
        match user_of(http, account, &system, plan).await {
            Ok(user) => {
                let state = or(&user.state, "in no state that it tells");
                let said = match user.team.as_str() {
                    "" => format!("{}, {state}", or(&user.id, &account.name)),
                    team if user.team_name.is_empty() => {
                        format!("{}, {state}, team {team}", user.id)
                    }
                    team => format!("{}, {state}, team {team} ({})", user.id, user.team_name),
                };
                self.add(ProbeStep::User, StepOutcome::Ok, began.elapsed(), said);
                if let Some(step) = self.steps.last_mut() {
                    step.details = told([("name", &user.name), ("phone", &user.extension)]);
                }
                self.user = Some(user);
            }
            Err(fall) => {
                self.is_refused = matches!(*fall.error, Error::Login(_));
                self.fell(ProbeStep::User, fall, began.elapsed());
            }
        }
    }

    fn skip_user(&mut self, why: &str) {
        self.add(ProbeStep::User, StepOutcome::Skipped, Duration::ZERO, why.to_owned());
    }

    fn fell(&mut self, step: ProbeStep, fall: FailedStep, took: Duration) {
        let FailedStep { outcome, error, look_at } = fall;
        let is_broken = outcome == StepOutcome::Broke;
        self.add(step, outcome, took, error.to_string());
        if let Some(report) = self.steps.last_mut() {
            report.look_at = look_at;
        }
        if is_broken {
            self.trouble.get_or_insert((step, *error));
        }
    }

    fn add(&mut self, stage: ProbeStep, outcome: StepOutcome, took: Duration, said: String) {
        let (details, look_at) = (Vec::new(), Vec::new());
        self.steps.push(StepReport { stage, outcome, took, said, details, look_at });
    }
}

/// The fields of SystemInfo, beside deployment and status.
fn details_of_system(system: &SystemInfo) -> Vec<(&'static str, String)> {
    told([
        ("reason", &system.status_reason),
        ("domain", &system.domain),
        ("pubsub", &system.pubsub),
        ("primary", &system.primary),
        ("second", &system.secondary),
        ("sign-in", &system.auth_mode),
    ])
}

/// Those of the values that are told: label, value.
fn told<const N: usize>(values: [(&'static str, &String); N]) -> Vec<(&'static str, String)> {
    let values = values.into_iter().filter(|(_, value)| !value.is_empty());
    values.map(|(label, value)| (label, value.clone())).collect()
}

fn out_of_service(system: &SystemInfo) -> Vec<String> {
    let nodes: Vec<&str> = system.nodes().collect();
    let mut lines = vec![
        "clients must not sign in here: every other request is answered with 503".to_owned(),
        "on a UCCX: utils service list, and there Cisco Finesse Tomcat and the CTI service"
            .to_owned(),
    ];
    if nodes.len() > 1 {
        let nodes = nodes.join(" and ");
        lines.insert(1, format!("another node may be in service: probe {nodes} side by side"));
    }
    lines
}

/// Reads the answer to `GET SystemInfo`.
fn read_system(answer: HttpAnswer) -> Result<SystemInfo, FailedStep> {
    let HttpAnswer { head, body } = &answer;
    let kind = head.headers.first("Content-Type").unwrap_or_default().to_ascii_lowercase();
    // An Openfire alone has no such page; many web servers have one for every path.
    if head.status == 404 || (head.status == 200 && kind.starts_with("text/html")) {
        let what = if head.status == 200 { "a page of HTML" } else { "404" };
        let why = format!("the server has no REST API of Finesse ({what} at SystemInfo)");
        let error = Error::Unexpected(why).into();
        return Err(FailedStep { outcome: StepOutcome::Skipped, error, look_at: Vec::new() });
    }
    if head.status != 200 {
        return Err(broken(refused(&answer), advice::by_status_of_api(head)));
    }
    let system = document(body, "SystemInfo").map_err(unread)?;
    let text = |name| text(&system, &[name]);
    Ok(SystemInfo {
        deployment: text("deploymentType"),
        status: text("status"),
        status_reason: text("statusReason"),
        auth_mode: text("systemAuthMode"),
        domain: text("xmppDomain"),
        pubsub: text("xmppPubSubDomain"),
        primary: self::text(&system, &["primaryNode", "host"]),
        secondary: self::text(&system, &["secondaryNode", "host"]),
    })
}

/// Asks for the user of an account, with its password or token.
async fn user_of(
    http: &mut Http,
    account: &Account,
    system: &SystemInfo,
    plan: &ProbePlan<'_>,
) -> Result<ApiUser, FailedStep> {
    let credentials = match system.takes_tokens() {
        true => Credentials::Bearer(account),
        false => Credentials::Basic(account),
    };
    let path = finesse::user(&account.name);
    let answer = http.ask(&HttpRequest::get(&path, credentials)).await;
    let answer = answer.map_err(|error| fall(ProbeStep::User, error, plan))?;
    match answer.head.status {
        200 => {}
        401 => {
            let error = Error::Login(format!("{}, by the REST API", said_by(&answer)));
            return Err(broken(error, advice::refused_by_api(&system.auth_mode)));
        }
        404 => {
            let line = "Finesse has no user of this id or login name: is it an agent?";
            return Err(broken(refused(&answer), vec![line.to_owned()]));
        }
        _ => return Err(broken(refused(&answer), advice::by_status_of_api(&answer.head))),
    }
    let user = document(&answer.body, "User").map_err(unread)?;
    let text = |name| text(&user, &[name]);
    Ok(ApiUser {
        id: text("loginId"),
        name: text("loginName"),
        state: text("state"),
        extension: text("extension"),
        team: text("teamId"),
        team_name: text("teamName"),
    })
}

fn fall(step: ProbeStep, error: Error, plan: &ProbePlan<'_>) -> FailedStep {
    let look_at = advice::look_at(step, &error, &Facts::default(), plan);
    broken(error, look_at)
}

fn broken(error: Error, look_at: Vec<String>) -> FailedStep {
    FailedStep { outcome: StepOutcome::Broke, error: error.into(), look_at }
}

fn unread(why: String) -> FailedStep {
    let line = "something other than Finesse answers here: a proxy, or another web server";
    broken(Error::Unexpected(why), vec![line.to_owned()])
}

fn refused(answer: &HttpAnswer) -> Error {
    Error::Unexpected(format!("answered with {}", said_by(answer)))
}

/// Status and phrase, and what the document of errors says (Developer Guide 12.5, page 7).
fn said_by(answer: &HttpAnswer) -> String {
    let HttpAnswer { head, body } = answer;
    let mut said = clipped(format!("{} {}", head.status, head.reason).trim());
    let errors = document(body, "ApiErrors").ok();
    // The first is inside <ApiError>; some documents are without it.
    let of = |name| {
        let errors = errors.as_ref()?;
        let inside = text(errors, &["ApiError", name]);
        Some(if inside.is_empty() { text(errors, &[name]) } else { inside })
    };
    for part in ["ErrorType", "ErrorMessage"].into_iter().filter_map(of) {
        if !part.is_empty() {
            said.push_str(&format!(", {part}"));
        }
    }
    said
}

/// Reads a document with this root.
fn document(body: &[u8], root: &str) -> Result<Element, String> {
    let text = String::from_utf8_lossy(body);
    let (element, _) = stanza::parse_with(&text, &Rules::DOCUMENT)
        .map_err(|error| format!("the answer is not <{root}>: {error}"))?;
    if element.name.local != root {
        let got = clipped(&element.name.local);
        return Err(format!("the answer is not <{root}> but <{got}>"));
    }
    Ok(element)
}

/// The text of an element by its path below the root, bounded; empty if it is not there.
fn text(root: &Element, path: &[&str]) -> String {
    let found = path
        .iter()
        .try_fold(root, |element, name| element.children().find(|child| child.name.local == *name));
    found.map(|element| clipped(element.text().trim())).unwrap_or_default()
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}
