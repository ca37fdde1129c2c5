//! World files: TOML. Each error names its line and a repair.

mod office;
mod values;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;
use textual::Position;
use toml::Spanned;

use self::office::{
    ConfigurationEntry, Given, PhoneBookEntry, ReasonEntry, WrapUpReasonEntry, objects,
    phone_books, reasons, wrap_up_reasons,
};
use self::values::{LONGEST, Mistake, among, duration, id, password, unknown};
use crate::agent_state::{AgentState, Flavour};
use crate::assignment::Assignments;
use crate::office::Office;
use crate::shape::{Collections, Values};
use crate::sign_in::Device;
use crate::spec::{
    AdministratorSpec, AgentSpec, Password, QueueSpec, SignOnMode, SignOnSpec, TeamSpec,
    WEB_APPLICATION, WorldFileError, WorldSpec, WrapUp, WrapUpMode, extension_of,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    flavour: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    notice: Option<Spanned<String>>,
    wait: Option<Spanned<String>>,
    load: Option<Spanned<u8>>,
    recording: Option<Spanned<bool>>,
    collections: Option<Spanned<toml::Value>>,
    values: Option<Spanned<String>>,
    sso: Option<SignOnEntry>,
    #[serde(default)]
    team: Vec<TeamEntry>,
    #[serde(default)]
    agent: Vec<AgentEntry>,
    #[serde(default)]
    queue: Vec<QueueEntry>,
    #[serde(default)]
    reason: Vec<ReasonEntry>,
    #[serde(default)]
    wrap_up_reason: Vec<WrapUpReasonEntry>,
    #[serde(default)]
    phone_book: Vec<PhoneBookEntry>,
    administrator: Option<Vec<AdministratorEntry>>,
    #[serde(default)]
    configuration: Vec<ConfigurationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TeamEntry {
    id: Spanned<String>,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentEntry {
    id: Spanned<String>,
    login_name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    extension: Option<Spanned<String>>,
    team: Spanned<String>,
    #[serde(default)]
    supervises: Vec<Spanned<String>>,
    wrap_up: Option<WrapUpEntry>,
    state: Option<Spanned<String>>,
    password: Option<Spanned<String>>,
    sso: Option<Spanned<bool>>,
    mobile: Option<Spanned<bool>>,
    #[serde(default)]
    devices: Vec<DeviceEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceEntry {
    id: Spanned<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOnEntry {
    mode: Option<Spanned<String>>,
    token: Option<Spanned<String>>,
    refresh: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrapUpEntry {
    incoming: Option<Spanned<String>>,
    outgoing: Option<Spanned<String>>,
    seconds: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueEntry {
    id: Spanned<String>,
    name: String,
    number: String,
    agents: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdministratorEntry {
    id: Spanned<String>,
    password: Option<Spanned<String>>,
}

/// Reads the text of a world file.
pub(crate) fn read(text: &str, path: &str) -> Result<WorldSpec, WorldFileError> {
    let content = |Mistake(offset, message): Mistake| {
        let Position { line, column } = Position::of(text, offset);
        WorldFileError::Content { path: path.to_owned(), line, column, message }
    };
    let file: File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        content(Mistake(start, error.message().to_owned()))
    })?;
    spec(file).map_err(content)
}

fn spec(file: File) -> Result<WorldSpec, Mistake> {
    let flavour = match &file.flavour {
        None => Flavour::Ccx,
        Some(name) => name.as_ref().parse().map_err(|error| unknown(name, &error))?,
    };
    let teams = teams(&file.team)?;
    let sign_on = sign_on(file.sso, &file.agent)?;
    let agents = agents(file.agent, &teams, flavour)?;
    let queues = queues(file.queue, &agents)?;
    let mut given = Given { teams: &teams, assignments: Assignments::default() };
    let office = Office {
        reasons: reasons(file.reason, &mut given)?,
        wrap_up_reasons: wrap_up_reasons(file.wrap_up_reason, &mut given)?,
        phone_books: phone_books(file.phone_book, &mut given)?,
        objects: objects(&file.configuration, &mut given)?,
        assignments: given.assignments,
    };
    let administrators = administrators(file.administrator, &agents)?;
    let password = match &file.password {
        None => Password("secret".to_owned()),
        Some(text) => password(text)?,
    };
    let collections = collections(file.collections.as_ref())?;
    let values = match &file.values {
        None => Values::Plain,
        Some(name) => name.as_ref().parse().map_err(|error| unknown(name, &error))?,
    };
    Ok(WorldSpec {
        flavour,
        password,
        notice: duration(file.notice.as_ref(), 120)?,
        sign_on,
        wait: duration(file.wait.as_ref(), 60)?,
        forced: forced(flavour, file.load.as_ref())?,
        records: records(flavour, file.recording.as_ref())?,
        teams,
        agents,
        queues,
        office,
        administrators,
        collections,
        values,
    })
}

/// `0`, `1`, `2` or `"many"`.
fn collections(value: Option<&Spanned<toml::Value>>) -> Result<Option<Collections>, Mistake> {
    let Some(value) = value else { return Ok(None) };
    let name = match value.as_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let known = name.parse::<Collections>();
    known.map(Some).map_err(|error| Mistake(value.span().start, error.to_string()))
}

fn teams(entries: &[TeamEntry]) -> Result<Vec<TeamSpec>, Mistake> {
    if entries.is_empty() {
        let example = "a world needs a team, e.g. [[team]] with id = \"1\" and name = \"Orders\"";
        return Err(Mistake(0, example.to_owned()));
    }
    let mut seen = BTreeSet::new();
    let mut teams = Vec::new();
    for entry in entries {
        let id = id(&entry.id, "team", &mut seen)?;
        teams.push(TeamSpec { id, name: entry.name.clone() });
    }
    Ok(teams)
}

fn agents(
    entries: Vec<AgentEntry>,
    teams: &[TeamSpec],
    flavour: Flavour,
) -> Result<Vec<AgentSpec>, Mistake> {
    let (mut ids, mut extensions) = (BTreeSet::new(), BTreeSet::new());
    let mut agents = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let id = id(&entry.id, "agent", &mut ids)?;
        if id == WEB_APPLICATION {
            let message = "the account `finesse` is the web application's own, and no agent";
            return Err(Mistake(entry.id.span().start, message.to_owned()));
        }
        let team = |name: &Spanned<String>| {
            let known = teams.iter().map(|team| team.id.as_str());
            among(name, "team", known)
        };
        let extension = match &entry.extension {
            Some(extension) => extension.as_ref().clone(),
            None => extension_of(&id, index),
        };
        if !extensions.insert(extension.clone()) {
            let at = entry.extension.as_ref().unwrap_or(&entry.id).span().start;
            return Err(Mistake(at, format!("extension {extension:?} belongs to another agent")));
        }
        let supervises = entry.supervises.iter().map(team).collect::<Result<_, _>>()?;
        agents.push(AgentSpec {
            team: team(&entry.team)?,
            login_name: entry.login_name.unwrap_or_else(|| id.clone()),
            first_name: entry.first_name.unwrap_or_else(|| "Agent".to_owned()),
            last_name: entry.last_name.unwrap_or_else(|| id.clone()),
            extension,
            may_be_mobile: mobile(entry.mobile.as_ref(), flavour)?,
            devices: devices(entry.devices)?,
            supervises,
            wrap_up: wrap_up(entry.wrap_up)?,
            state: state(entry.state.as_ref())?,
            password: entry.password.as_ref().map(password).transpose()?,
            id,
        });
    }
    Ok(agents)
}

/// Developer Guide 12.5, page 31: mobile agents are CCE's. There every agent may be one, unless the
/// file says otherwise; a real CCE has to be told of each.
fn mobile(may: Option<&Spanned<bool>>, flavour: Flavour) -> Result<bool, Mistake> {
    match (may, flavour) {
        (Some(may), Flavour::Ccx) if *may.as_ref() => {
            let message = "`mobile` is for flavour = \"cce\": CCX has no mobile agents";
            Err(Mistake(may.span().start, message.to_owned()))
        }
        (may, _) => Ok(may.map_or(flavour == Flavour::Cce, |may| *may.as_ref())),
    }
}

fn devices(entries: Vec<DeviceEntry>) -> Result<Vec<Device>, Mistake> {
    let mut seen = BTreeSet::new();
    let device = |entry: DeviceEntry| {
        let id = entry.id.as_ref().clone();
        if id.is_empty() || id.len() > LONGEST || !seen.insert(id.clone()) {
            let message = format!("an id of devices is 1 to {LONGEST} octets, and each once");
            return Err(Mistake(entry.id.span().start, message));
        }
        Ok(Device { name: entry.name.unwrap_or_else(|| id.clone()), id })
    };
    entries.into_iter().map(device).collect()
}

fn queues(entries: Vec<QueueEntry>, agents: &[AgentSpec]) -> Result<Vec<QueueSpec>, Mistake> {
    let mut seen = BTreeSet::new();
    let mut queues = Vec::new();
    for entry in entries {
        let id = id(&entry.id, "queue", &mut seen)?;
        let agent = |name: &Spanned<String>| {
            let known = agents.iter().map(|agent| agent.id.as_str());
            among(name, "agent", known)
        };
        let agents = entry.agents.iter().map(agent).collect::<Result<_, _>>()?;
        queues.push(QueueSpec { id, name: entry.name, number: entry.number, agents });
    }
    Ok(queues)
}

/// A file that names none has one, `administrator`.
fn administrators(
    entries: Option<Vec<AdministratorEntry>>,
    agents: &[AgentSpec],
) -> Result<Vec<AdministratorSpec>, Mistake> {
    let Some(entries) = entries else {
        let id = "administrator".to_owned();
        return Ok(vec![AdministratorSpec { id, password: None }]);
    };
    let mut seen: BTreeSet<String> = agents.iter().map(|agent| agent.id.clone()).collect();
    let administrator = |entry: AdministratorEntry| {
        let id = id(&entry.id, "administrator or agent", &mut seen)?;
        Ok(AdministratorSpec { id, password: entry.password.as_ref().map(password).transpose()? })
    };
    entries.into_iter().map(administrator).collect()
}

/// Single sign-on, and the agents that have it. The usual lives are those of the tokens in Cisco's
/// example (Cisco DevNet, "Client Integration").
fn sign_on(
    entry: Option<SignOnEntry>,
    agents: &[AgentEntry],
) -> Result<Option<SignOnSpec>, Mistake> {
    let mode = match entry.as_ref().map(|entry| entry.mode.as_ref()) {
        None => None,
        Some(None) => Some(SignOnMode::Sso),
        Some(Some(name)) => Some(name.as_ref().parse().map_err(|error| unknown(name, &error))?),
    };
    let mut members = BTreeSet::new();
    for (agent, own) in agents.iter().filter_map(|agent| Some((agent, agent.sso.as_ref()?))) {
        if mode != Some(SignOnMode::Hybrid) {
            let message = "`sso` of an agent is for [sso] with mode = \"HYBRID\": else all agents \
                           have tokens, or none";
            return Err(Mistake(own.span().start, message.to_owned()));
        }
        if *own.as_ref() {
            members.insert(agent.id.as_ref().clone());
        }
    }
    let (Some(entry), Some(mode)) = (entry, mode) else { return Ok(None) };
    let life = |text: Option<&Spanned<String>>, usual| match duration(text, usual)? {
        Duration::ZERO => {
            let at = text.map_or(0, |text| text.span().start);
            Err(Mistake(at, "a token lives at least a moment, e.g. \"5m\"".to_owned()))
        }
        life => Ok(life),
    };
    let token = life(entry.token.as_ref(), 300)?;
    let refresh = life(entry.refresh.as_ref(), 7200)?;
    Ok(Some(SignOnSpec { mode, token, refresh, members }))
}

fn wrap_up(entry: Option<WrapUpEntry>) -> Result<WrapUp, Mistake> {
    let usual = WrapUp::default();
    let Some(entry) = entry else { return Ok(usual) };
    let mode = |name: Option<&Spanned<String>>, usual: WrapUpMode| match name {
        None => Ok(usual),
        Some(name) => name.as_ref().parse().map_err(|error| unknown(name, &error)),
    };
    Ok(WrapUp {
        incoming: mode(entry.incoming.as_ref(), usual.incoming)?,
        outgoing: mode(entry.outgoing.as_ref(), usual.outgoing)?,
        seconds: entry.seconds.unwrap_or(usual.seconds),
    })
}

fn state(name: Option<&Spanned<String>>) -> Result<AgentState, Mistake> {
    let Some(name) = name else { return Ok(AgentState::Logout) };
    match name.as_ref().as_str() {
        "LOGOUT" => Ok(AgentState::Logout),
        "NOT_READY" => Ok(AgentState::NotReady),
        "READY" => Ok(AgentState::Ready),
        other => {
            let message =
                format!("no agent begins the day as {other:?}: there is LOGOUT, NOT_READY, READY");
            Err(Mistake(name.span().start, message))
        }
    }
}

/// Cisco says that CCE obeys its LOAD parameter when an agent is lost, and CCX signs the agent out.
/// The meaning of its values is an assumption: 0, the default, NOT_READY; 1 LOGOUT.
fn forced(flavour: Flavour, load: Option<&Spanned<u8>>) -> Result<AgentState, Mistake> {
    match (flavour, load.map(|load| (*load.as_ref(), load.span().start))) {
        (Flavour::Ccx, None) | (Flavour::Cce, Some((1, _))) => Ok(AgentState::Logout),
        (Flavour::Cce, None | Some((0, _))) => Ok(AgentState::NotReady),
        (Flavour::Ccx, Some((_, at))) => {
            Err(Mistake(at, "`load` is for flavour = \"cce\": CCX always signs out".to_owned()))
        }
        (Flavour::Cce, Some((_, at))) => {
            Err(Mistake(at, "`load` is 0 (not ready) or 1 (signed out)".to_owned()))
        }
    }
}

/// Developer Guide 12.5, page 108: START_RECORDING is CCX's.
fn records(flavour: Flavour, may: Option<&Spanned<bool>>) -> Result<bool, Mistake> {
    match may {
        Some(may) if *may.as_ref() && flavour == Flavour::Cce => {
            let message = "`recording` is for flavour = \"ccx\": CCE has no START_RECORDING";
            Err(Mistake(may.span().start, message.to_owned()))
        }
        may => Ok(may.is_some_and(|may| *may.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEAM: &str = "[[team]]\nid = \"1\"\nname = \"Orders\"\n";

    #[test]
    fn every_mistake_has_its_place_and_a_way_out() {
        let agent = |rest: &str| format!("{TEAM}[[agent]]\nid = \"1001\"\nteam = \"1\"\n{rest}");
        let queue = "[[queue]]\nid = \"1\"\nname = \"Q\"\nnumber = \"3001\"\n";
        let table = [
            ("flavour = \"ccx\"".to_owned(), "1:1: a world needs a team"),
            (format!("flavour = \"uccx\"\n{TEAM}"), "1:11: no flavour \"uccx\": there is ccx, cce"),
            (format!("colour = 1\n{TEAM}"), "1:1: unknown field `colour`"),
            (format!("load = 1\n{TEAM}"), "1:8: `load` is for flavour"),
            (format!("flavour = \"cce\"\nload = 2\n{TEAM}"), "2:8: `load` is 0 (not ready) or 1"),
            (format!("wait = \"soon\"\n{TEAM}"), "1:8: wanted a duration"),
            (format!("password = \"\"\n{TEAM}"), "1:12: a password has at least one character"),
            (format!("{TEAM}{TEAM}"), "5:6: team \"1\" is there already"),
            (agent("tema = \"2\""), "7:1: unknown field `tema`"),
            (agent("supervises = [\"9\"]"), "7:15: no team \"9\": there is 1"),
            (agent("state = \"TALKING\""), "7:9: no agent begins the day as \"TALKING\""),
            (
                agent("wrap_up = { incoming = \"NO\" }"),
                "7:24: no wrap-up \"NO\": there is REQUIRED",
            ),
            (
                agent("[[agent]]\nid = \"1001\"\nteam = \"1\""),
                "8:6: agent \"1001\" is there already",
            ),
            (agent("[[agent]]\nid = \"A b\"\nteam = \"1\""), "8:6: an id of agents is 1 to 128"),
            (agent("[[agent]]\nid = \"finesse\"\nteam = \"1\""), "8:6: the account `finesse`"),
            (
                agent("[[agent]]\nid = \"2\"\nteam = \"1\"\nextension = \"1081001\""),
                "10:13: extension \"1081001\" belongs to another agent",
            ),
            (agent(&format!("{queue}agents = [\"7\"]")), "11:11: no agent \"7\": there is 1001"),
            (
                agent("[[reason]]\nid = 1\ncode = 1\nlabel = \"x\"\ncategory = \"READY\""),
                "11:12: no category \"READY\": there is NOT_READY, LOGOUT",
            ),
            (
                format!("sso = {{ mode = \"NONE\" }}\n{TEAM}"),
                "1:16: no mode of single sign-on \"NONE\": there is SSO, HYBRID",
            ),
            (format!("sso = {{ token = \"0s\" }}\n{TEAM}"), "1:17: a token lives at least"),
            (format!("sso = {{ tokn = \"5m\" }}\n{TEAM}"), "1:9: unknown field `tokn`"),
            (agent("sso = true"), "7:7: `sso` of an agent is for [sso] with mode = \"HYBRID\""),
            (agent("mobile = true"), "7:10: `mobile` is for flavour = \"cce\""),
            (agent("devices = [{ id = \"\" }]"), "7:19: an id of devices is 1 to 128 octets"),
            (
                format!("flavour = \"cce\"\nrecording = true\n{TEAM}"),
                "2:13: `recording` is for flavour = \"ccx\"",
            ),
            (
                format!("{TEAM}[[configuration]]\nxml = \"<Workflow>\""),
                "5:7: the XML of the object, line 1, column ",
            ),
            (
                format!("{TEAM}[[configuration]]\nxml = \"<Layout/>\""),
                "5:7: no object is called <Layout>: there is MediaPropertiesLayout, Workflow",
            ),
            (
                format!("{TEAM}[[configuration]]\nxml = \"<Workflow><name>a</name></Workflow>\""),
                "5:7: <TriggerSet> is missing in <Workflow>",
            ),
            (
                format!("{TEAM}[[configuration]]\nteams = []\nxml = \"<ChatConfig></ChatConfig>\""),
                "6:7: `teams` is for a workflow: <ChatConfig> is for all",
            ),
            (
                format!("{TEAM}[[wrap_up_reason]]\nid = 1\nlabel = \"x\"\nteams = [\"7\"]"),
                "7:10: no team \"7\": there is 1",
            ),
            (
                format!("collections = 3\n{TEAM}"),
                "1:15: no length of collections \"3\": there is 0, 1, 2, many",
            ),
            (
                format!("values = \"odd\"\n{TEAM}"),
                "1:10: no kind of values \"odd\": there is plain, hostile",
            ),
            ("x = [".to_owned(), "1:6: "),
        ];
        for (text, wanted) in table {
            let error = read(&text, "world.toml").expect_err(&text).to_string();
            let wanted = format!("world.toml:{wanted}");
            assert!(error.starts_with(&wanted), "{text}\n{error}\nwanted {wanted}");
        }
    }

    #[test]
    fn what_is_left_out_has_a_sensible_value() {
        let text = format!("{TEAM}[[agent]]\nid = \"1001\"\nteam = \"1\"\n");
        let world = read(&text, "world.toml").expect("a small world");
        let agent = &world.agents[0];
        assert_eq!((agent.extension.as_str(), agent.login_name.as_str()), ("1081001", "1001"));
        assert_eq!((world.notice.as_secs(), world.wait.as_secs()), (120, 60));
        assert_eq!((world.flavour, world.forced), (Flavour::Ccx, AgentState::Logout));
    }
}
