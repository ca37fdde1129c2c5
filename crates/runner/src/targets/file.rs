//! The keys of a target file, and every mistake in them with its place.

use std::collections::BTreeMap;
use std::time::Duration;

use case::{Effects, Transport};
use serde::Deserialize;
use textual::{Position, there_are};
use toml::Spanned;

use super::deviation;
use super::env::Setting;
use super::server::{Account, LOGIN_FAILURES, PACE, Server};
use super::{BOSH_PATH, EPILOGUE, Endpoint, RealServer, Target, TargetError, is_glob, is_name};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Option<String>,
    url: Option<Spanned<String>>,
    i_may_test: Option<Spanned<String>>,
    trust: Option<Spanned<String>>,
    domain: Option<Spanned<String>>,
    account: Option<Spanned<Accounts>>,
    pace: Option<Spanned<toml::Value>>,
    login_failures: Option<Spanned<u32>>,
    allow_desktop: Option<Spanned<bool>>,
    #[serde(default)]
    vendor: bool,
    patience: Option<Spanned<toml::Value>>,
    effects: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    provides: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    lacks: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    volatile: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    deviation: Vec<deviation::Entry>,
    like: Option<Spanned<String>>,
    real: Option<Spanned<RealEntry>>,
}

/// `[real]`: of a real server, in the file of its fake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RealEntry {
    #[serde(default)]
    volatile: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    deviation: Vec<deviation::Entry>,
}

/// `[account.…]`: the names that cases have for accounts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    agent: Option<AccountEntry>,
    other: Option<AccountEntry>,
    supervisor: Option<AccountEntry>,
    /// Not an agent: it configures by REST.
    administrator: Option<AccountEntry>,
    /// Not for cases: carries out what they `do`.
    publisher: Option<AccountEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    user: Spanned<String>,
    /// Of any type, so that no complaint about the type repeats what stands there.
    password: Spanned<toml::Value>,
}

/// The largest factor on deadlines: with it the longest deadline of a case is still a time.
const MOST_PATIENCE: f64 = 100.0;

/// Reads the text of a target file.
pub(super) fn read(name: &str, path: &str, text: &str) -> Result<Target, TargetError> {
    let at = places(path, text);
    let mut file: File = toml::from_str(text).map_err(|error| {
        at(error.span().map_or(0, |span| span.start), error.message().to_owned())
    })?;
    let patience = patience(file.patience.as_ref(), &at)?;
    let listed = file.effects.as_ref().map(|names| effects(names, &at)).transpose()?;
    let is_fake = file.profile.is_some();
    let deviations = std::mem::take(&mut file.deviation)
        .into_iter()
        .map(|entry| entry.deviation(is_fake, &at))
        .collect::<Result<Vec<_>, _>>()?;
    let rules_out = rules_out(&mut file, &at)?;
    needed(&file.provides, &at)?;
    let volatile = volatile(std::mem::take(&mut file.volatile), &at)?;
    let real = file.real.take().map(|real| self::real(real, is_fake, &at)).transpose()?;
    let like = file.like.take().map(|like| self::like(like, &at)).transpose()?;
    let about = Target {
        name: name.to_owned(),
        nameless: false,
        endpoint: Endpoint::Fake { profile: String::new() },
        vendor: file.vendor,
        patience,
        effects: Vec::new(),
        provides: BTreeMap::new(),
        missing: BTreeMap::new(),
        rules_out,
        volatile,
        deviations,
        like: like.into_iter().collect(),
        real: real.unwrap_or_default(),
        pending: Vec::new(),
        transport: Transport::Ws,
        pace: Duration::ZERO,
        login_failures: None,
        allow_desktop: true,
    };
    match (file.profile.take(), file.url.take()) {
        (Some(profile), None) => {
            only_servers(&file, &at)?;
            let all = Effects::WORDS.iter().filter_map(|word| word.parse().ok()).collect();
            Ok(Target {
                endpoint: Endpoint::Fake { profile },
                effects: listed.unwrap_or(all),
                provides: file
                    .provides
                    .into_iter()
                    .map(|(name, value)| (name, value.into_inner()))
                    .collect(),
                ..about
            })
        }
        (None, Some(url)) => {
            let pace = file.pace.as_ref().map(|pace| duration(pace, &at)).transpose()?;
            let login_failures = file.login_failures.as_ref().map(|limit| *limit.as_ref());
            let allow_desktop = file.allow_desktop.as_ref().is_some_and(|allow| *allow.as_ref());
            let (server, provides) = server(file, &url, &at)?;
            Ok(Target {
                endpoint: Endpoint::Server(Box::new(server)),
                // A file must allow by name effects that outlive a run or lock an account.
                effects: listed.unwrap_or_else(|| vec![Effects::None, Effects::Session]),
                provides,
                pace: pace.unwrap_or(PACE),
                login_failures: Some(login_failures.unwrap_or(LOGIN_FAILURES)),
                allow_desktop,
                ..about
            })
        }
        _ => Err(at(0, "wanted either `profile`, for a fake, or `url`".to_owned())),
    }
}

/// Makes errors of what is wrong at an offset in `text`.
pub(super) fn places(path: &str, text: &str) -> impl Fn(usize, String) -> TargetError {
    move |offset, message| {
        let Position { line, column } = Position::of(text, offset);
        TargetError::Content { path: path.to_owned(), line, column, message }
    }
}

/// Names in `[provides]` that are no needs of cases, and belong there all the same: the value
/// behind `node.team`, the leave to wait for minutes, and the path of BOSH.
const BESIDE_NEEDS: [&str; 3] = ["team.id", "time", BOSH_PATH];

/// Refuses a name in `[provides]` or `[lacks]` that no case can need. Globs over cases, which stand
/// under `[lacks]`, are checked with the cases.
pub(super) fn needed(
    names: &BTreeMap<String, Spanned<String>>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<(), TargetError> {
    let needs = case::needs();
    let known = || needs.iter().map(String::as_str).chain(BESIDE_NEEDS);
    let is_known = |name: &str| is_glob(name) || known().any(|known| known == name);
    match names.iter().find(|(name, _)| !is_known(name)) {
        None => Ok(()),
        Some((name, value)) => {
            let message = format!("no case needs `{name}`: {}", there_are(name, known()));
            Err(at(value.span().start, message))
        }
    }
}

/// The factor on deadlines.
pub(super) fn patience(
    patience: Option<&Spanned<toml::Value>>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<f64, TargetError> {
    let Some(patience) = patience else { return Ok(1.0) };
    let factor = match patience.as_ref() {
        toml::Value::Float(factor) => Some(*factor),
        toml::Value::Integer(factor) => i32::try_from(*factor).ok().map(f64::from),
        _ => None,
    };
    factor.filter(|factor| *factor > 0.0 && *factor <= MOST_PATIENCE).ok_or_else(|| {
        let message = format!("patience is a factor above 0, and {MOST_PATIENCE} at most");
        at(patience.span().start, message)
    })
}

/// `[lacks]`: nothing that is provided as well, and never without a reason.
fn rules_out(
    file: &mut File,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<BTreeMap<String, String>, TargetError> {
    needed(&file.lacks, at)?;
    let mut ruled_out = BTreeMap::new();
    for (key, text) in std::mem::take(&mut file.lacks) {
        let place = text.span().start;
        if file.provides.contains_key(&key) {
            return Err(at(place, format!("`{key}` is in [provides] as well")));
        }
        ruled_out.insert(key, reason(text, at)?);
    }
    Ok(ruled_out)
}

/// A reason, which is not empty.
pub(super) fn reason(
    text: Spanned<String>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<String, TargetError> {
    if text.as_ref().trim().is_empty() {
        return Err(at(text.span().start, "the reason is empty: say why".to_owned()));
    }
    Ok(text.into_inner())
}

/// `[volatile]`: never without a reason.
pub(super) fn volatile(
    listed: BTreeMap<String, Spanned<String>>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<BTreeMap<String, String>, TargetError> {
    let mut volatile = BTreeMap::new();
    for (key, text) in listed {
        let place = text.span().start;
        if key != EPILOGUE && !key.contains('/') {
            let message =
                format!("`{key}` is neither `{EPILOGUE}` nor a case or a glob over cases");
            return Err(at(place, message));
        }
        volatile.insert(key, reason(text, at)?);
    }
    Ok(volatile)
}

/// `like`: the name of a target.
fn like(
    like: Spanned<String>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<String, TargetError> {
    if is_name(like.as_ref()) {
        return Ok(like.into_inner());
    }
    let message = "wanted the name of a target, e.g. \"mock-openfire\"".to_owned();
    Err(at(like.span().start, message))
}

/// `[real]`: only in the file of a fake; each entry with what shows it.
fn real(
    real: Spanned<RealEntry>,
    is_fake: bool,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<RealServer, TargetError> {
    if !is_fake {
        let message =
            "[real] belongs in the file of a fake; in a server's file write the entries without it"
                .to_owned();
        return Err(at(real.span().start, message));
    }
    let RealEntry { volatile: listed, deviation } = real.into_inner();
    let deviations = deviation.into_iter().map(|entry| entry.deviation(true, at));
    let deviations = deviations.collect::<Result<_, _>>()?;
    Ok(RealServer { volatile: volatile(listed, at)?, deviations })
}

/// Keys that say nothing of a fake.
fn only_servers(
    file: &File,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<(), TargetError> {
    let place = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.span().start);
    let keys = [
        ("i_may_test", place(&file.i_may_test)),
        ("trust", place(&file.trust)),
        ("domain", place(&file.domain)),
        ("pace", file.pace.as_ref().map(|pace| pace.span().start)),
        ("account", file.account.as_ref().map(|accounts| accounts.span().start)),
        ("login_failures", file.login_failures.as_ref().map(|limit| limit.span().start)),
        ("allow_desktop", file.allow_desktop.as_ref().map(|allow| allow.span().start)),
    ];
    match keys.into_iter().find_map(|(key, place)| place.map(|place| (key, place))) {
        Some((key, place)) => Err(at(place, format!("`{key}` is for servers, not for a fake"))),
        None => Ok(()),
    }
}

/// The server that a file describes, and what it provides without variables.
fn server(
    file: File,
    url: &Spanned<String>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<(Server, BTreeMap<String, String>), TargetError> {
    let setting = |text: &Spanned<String>| {
        Setting::parse(text.as_ref()).map_err(|why| at(text.span().start, why.to_owned()))
    };
    let optional = |text: &Option<Spanned<String>>| text.as_ref().map(&setting).transpose();
    let mut server = Server {
        url: setting(url)?,
        i_may_test: optional(&file.i_may_test)?,
        trust: optional(&file.trust)?,
        domain: optional(&file.domain)?,
        accounts: BTreeMap::new(),
        provides: BTreeMap::new(),
    };
    if let (Some(typed), Some(text)) = (&server.i_may_test, &file.i_may_test) {
        let its_own = typed
            .sole_variable()
            .is_some_and(|name| server.url.variables().all(|of_url| of_url != name));
        if !its_own {
            return Err(at(
                text.span().start,
                "`i_may_test` is for a person to type: `{env:NAME}` alone, with a variable that the URL does not use"
                    .to_owned(),
            ));
        }
    }
    if let Some(accounts) = file.account {
        let Accounts { agent, other, supervisor, administrator, publisher } = accounts.into_inner();
        let entries = [
            ("agent", agent),
            ("other", other),
            ("supervisor", supervisor),
            ("administrator", administrator),
            ("publisher", publisher),
        ];
        for (name, entry) in entries {
            let Some(entry) = entry else { continue };
            let password = password(&entry.password).ok_or_else(|| {
                at(
                    entry.password.span().start,
                    "passwords come from the environment alone: wanted `{env:NAME}` and nothing else"
                        .to_owned(),
                )
            })?;
            let user = setting(&entry.user)?;
            server.accounts.insert(name.to_owned(), Account { user, password });
        }
    }
    let mut provides = BTreeMap::new();
    for (name, text) in file.provides {
        let value = setting(&text)?;
        if value.variables().next().is_some() {
            server.provides.insert(name, value);
        } else {
            provides.insert(name, text.into_inner());
        }
    }
    Ok((server, provides))
}

/// A password that is a variable of the environment as a whole.
fn password(value: &Spanned<toml::Value>) -> Option<Setting> {
    let setting = Setting::parse(value.as_ref().as_str()?).ok()?;
    setting.sole_variable().is_some().then_some(setting)
}

fn effects(
    names: &Spanned<Vec<String>>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<Vec<Effects>, TargetError> {
    let parse = |name: &String| {
        name.parse().map_err(|_| {
            at(
                names.span().start,
                format!("no effect `{name}`: there is {}", Effects::WORDS.join(", ")),
            )
        })
    };
    names.as_ref().iter().map(parse).collect()
}

fn duration(
    value: &Spanned<toml::Value>,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<Duration, TargetError> {
    let text = value.as_ref().as_str();
    text.and_then(|text| humantime::parse_duration(text).ok()).ok_or_else(|| {
        at(value.span().start, "wanted a duration in quotes, e.g. \"200ms\" or \"1s\"".to_owned())
    })
}
