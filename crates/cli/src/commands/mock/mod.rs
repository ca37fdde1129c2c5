//! `mock`: runs the fake on its own until it is stopped.

mod accounts;
mod banner;
mod beyond;
mod check;
mod lines;
mod parent;
mod replay;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use anyhow::Context as _;
use clap::builder::FalseyValueParser;
use finesse_fake::{
    Collections, Control, Detail, FakeFinesse, Fault, Profile, ProfileName, Values, WorldSpec,
};
use verdict::Exit;

use super::address::address;
use super::ca_file::CaFile;
use super::quantity::number;
use super::{descriptors, say, stopped, venue, warn};
use accounts::{Account, account};
use banner::{banner, json};
use beyond::Token;
use lines::Lines;

pub(super) use accounts::{Accounts, accounts};

use crate::Suite;

const EXAMPLES: &str = "\
Examples:
  cargo xtask mock                                       agents 1001 to 1010, password `secret`
  cargo xtask mock --traffic 6 --seed 1                  six calls a minute, the same in every run
  cargo xtask mock --traffic 6 --speed 60                an hour of it in a minute
  cargo xtask mock --world my-centre.toml                your own teams, agents and queues
  cargo xtask mock --collections 1 --values hostile      lists and texts that clients stumble over
  cargo xtask mock --listen 8445 --user 1001:secret
  cargo xtask mock --pair                                two servers, for failover
  cargo xtask mock --plain --json                        ws:// and one line of JSON for scripts
  cargo xtask mock -v --log mock.log                     every message, on the terminal and in a file
  cargo xtask mock --profile openfire-4.4 --node /lab/news
  cargo xtask mock --listen 8445 --cross-origin          pages of a development server may use REST
  cargo xtask mock --listen 8445 --www dist              your client's page, on the origin of the API
  cargo xtask mock --listen 8445 --also                  clients that call 7071, 7443 and 8082 are served
  cargo xtask mock --listen 8445 --xmpp                  libraries of XMPP over TCP are served at 5222 and 5223
  cargo xtask mock --listen 8445 --hint                  callers of 5222, 5223, 7071, 7443 are told 8445
  cargo xtask mock --listen 0.0.0.0:8445 --beyond-loopback --name fake
                                                         for clients on other machines, who call it `fake`
  cargo xtask mock --check wss://127.0.0.1:8445/ws/      is it ready? For health checks
  cargo xtask mock --control 9000                        then `curl 127.0.0.1:9000/sessions` in another terminal
  cargo xtask mock --console                             a page that shows and steers it: open the printed URL
  cargo xtask mock --replay desk.jsonl                   answers as the recorded server did; also of a HAR, a pcap, a log
  cargo xtask mock --users agent00001..05000:secret      five thousand agents, for load tests
  cargo xtask mock --fault 'drop-tcp after=success times=2' --fault 'withhold what=event nth=3'";

const ENVIRONMENT: &str = "\
Options can be given as variables, e.g. FINESSE_DOMAIN for --domain; an option beats its variable. Where an option may
be given several times, the variable has one value a line. An empty variable counts as none.";

/// Run the fake Finesse notification server until Ctrl-C.
#[derive(clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{ENVIRONMENT}\n\n{}", Fault::help()))]
pub(crate) struct Args {
    /// Address and port to listen on; a port alone is on 127.0.0.1, and port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "[ADDRESS:]PORT", env = "FINESSE_LISTEN", hide_env_values = true, value_parser = address)]
    listen: SocketAddr,

    /// The XMPP domain that the fake serves
    #[arg(
        long,
        default_value = "finesse.example.com",
        env = "FINESSE_DOMAIN",
        hide_env_values = true
    )]
    domain: String,

    /// The server to imitate: finesse, openfire-4.4, or strict (the specifications)
    #[arg(long, default_value = "finesse", env = "FINESSE_PROFILE", hide_env_values = true, value_parser = |name: &str| ProfileName::from_str(name))]
    profile: ProfileName,

    /// Add an account, an agent in the first team. May be given several times [default: the agents
    /// of the world]
    #[arg(long, value_name = "NAME:PASSWORD", env = "FINESSE_USER", hide_env_values = true, value_delimiter = '\n', value_parser = account)]
    user: Vec<Account>,

    /// Add a numbered range of accounts with one password, both ends included. May be given several
    /// times
    #[arg(long, value_name = "PREFIX00001..05000:PASSWORD", env = "FINESSE_USERS", hide_env_values = true, value_delimiter = '\n', value_parser = accounts)]
    users: Vec<Accounts>,

    /// A TOML file with teams, agents, queues and reason codes [default: two teams, agents 1001 to
    /// 1010, password `secret`; with --user, one team with only those accounts]
    #[arg(long, value_name = "FILE", env = "FINESSE_WORLD", hide_env_values = true)]
    world: Option<PathBuf>,

    /// Sign the agents in and simulate N calls a minute
    #[arg(long, value_name = "N", env = "FINESSE_TRAFFIC", hide_env_values = true, value_parser = number(1..=6000, 60_u32))]
    traffic: Option<u32>,

    /// Seed of the traffic: the same seed gives the same calls and ids [default: calls of seed 1,
    /// with new ids in each run]
    #[arg(
        long,
        value_name = "S",
        requires = "traffic",
        env = "FINESSE_SEED",
        hide_env_values = true,
        value_parser = number(0..=u64::MAX, 7)
    )]
    seed: Option<u64>,

    /// Let server time pass N times as fast as the clock on the wall: timers, traffic
    #[arg(long, value_name = "N", default_value_t = 1, env = "FINESSE_SPEED", hide_env_values = true, value_parser = number(1..=10_000, 60_u32))]
    speed: u32,

    /// Run two servers with one world, as in a Finesse deployment. The second listens on this
    /// address [default: 127.0.0.1, a free port]; the first label of its domain ends in 2
    #[arg(long, value_name = "[ADDRESS:]PORT", num_args = 0..=1, default_missing_value = "0", env = "FINESSE_PAIR", hide_env_values = true, value_parser = address)]
    pair: Option<SocketAddr>,

    /// Serve the REST API, /finesse/api/, with any profile [default: with finesse only]
    #[arg(long, env = "FINESSE_REST", hide_env_values = true, value_parser = FalseyValueParser::new())]
    rest: bool,

    /// The length of every list in answers and events: 0, 1, 2 or many [default: as the world says]
    #[arg(long, value_name = "N", env = "FINESSE_COLLECTIONS", hide_env_values = true, value_parser = Collections::from_str)]
    collections: Option<Collections>,

    /// `hostile` gives names, numbers and call variables markup, quotes, line breaks, emoji and
    /// leading zeros [default: as the world says]
    #[arg(long, value_name = "KIND", env = "FINESSE_VALUES", hide_env_values = true, value_parser = Values::from_str)]
    values: Option<Values>,

    /// Let browser pages of other origins use the REST API
    #[arg(long, env = "FINESSE_CROSS_ORIGIN", hide_env_values = true, value_parser = FalseyValueParser::new())]
    cross_origin: bool,

    /// Serve the files of this folder beside the API, for the pages of a client
    #[arg(long, value_name = "DIR", env = "FINESSE_WWW", hide_env_values = true)]
    www: Option<PathBuf>,

    /// Serve on these ports too, with and without TLS, for clients of releases before 12.6
    /// [default: 7071,7443,8082]
    #[arg(long, value_name = "PORTS", num_args = 0..=1, default_missing_value = "7071,7443,8082", env = "FINESSE_ALSO", hide_env_values = true, value_parser = ports)]
    also: Option<Ports>,

    /// Serve XMPP over TCP on these ports, with and without TLS [default: 5222,5223]
    #[arg(long, value_name = "PORTS", num_args = 0..=1, default_missing_value = "5222,5223", env = "FINESSE_XMPP", hide_env_values = true, value_parser = ports, conflicts_with = "replay")]
    xmpp: Option<Ports>,

    /// Listen on these ports too, and tell each caller the right one [default: 5222,5223,7071,7443]
    #[arg(long, value_name = "PORTS", num_args = 0..=1, default_missing_value = "5222,5223,7071,7443", env = "FINESSE_HINT", hide_env_values = true, value_parser = ports)]
    hint: Option<Ports>,

    /// Add a pubsub node that every account may subscribe to. May be given several times
    #[arg(
        long,
        value_name = "PATH",
        env = "FINESSE_NODES",
        hide_env_values = true,
        value_delimiter = '\n',
        value_parser = node
    )]
    node: Vec<String>,

    /// Speak ws:// instead of wss://
    #[arg(long, env = "FINESSE_PLAIN", hide_env_values = true, value_parser = FalseyValueParser::new())]
    plain: bool,

    /// Print one line of JSON when ready: url, ca, domain, users, … Implies --quiet, unless -v is
    /// given
    #[arg(long, env = "FINESSE_JSON", hide_env_values = true, value_parser = FalseyValueParser::new())]
    json: bool,

    /// Stop when standard input ends: a fake that a program starts with a pipe there never outlives
    /// that program
    #[arg(long)]
    until_eof: bool,

    /// Print no lines about clients
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Print every message too, without passwords
    #[arg(short, long, env = "FINESSE_VERBOSE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    verbose: bool,

    /// Append the lines about clients to this file, with the date
    #[arg(long, value_name = "FILE", env = "FINESSE_LOG", hide_env_values = true)]
    log: Option<PathBuf>,

    /// File for the CA certificate that clients must trust [default: a file in target/]
    #[arg(long, value_name = "FILE", env = "FINESSE_CA_FILE", hide_env_values = true)]
    ca_file: Option<PathBuf>,

    /// Misbehave, e.g. 'drop-tcp after=success times=2' (see the table below). May be given several
    /// times
    #[arg(long, value_name = "FAULT", env = "FINESSE_FAULTS", hide_env_values = true, value_delimiter = '\n', value_parser = |text: &str| Fault::from_str(text).map_err(|error| error.to_string()))]
    fault: Vec<Fault>,

    /// Open a control port (HTTP with JSON) [default address: 127.0.0.1, a free port]
    #[arg(long, value_name = "[ADDRESS:]PORT", num_args = 0..=1, default_missing_value = "0", env = "FINESSE_CONTROL", hide_env_values = true, value_parser = address)]
    control: Option<SocketAddr>,

    /// Serve the console at the control port: a page for a browser, with agents, messages and
    /// faults. Implies --control
    #[arg(long, env = "FINESSE_CONSOLE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    console: bool,

    /// A name or address by which clients reach the fake, for its certificate and its URLs. May be
    /// given several times [default: localhost, 127.0.0.1, the address and the domain]
    #[arg(
        long,
        env = "FINESSE_NAMES",
        hide_env_values = true,
        value_delimiter = '\n',
        value_name = "NAME"
    )]
    name: Vec<String>,

    /// Let other machines in: `--listen 0.0.0.0:8445`. Without this, only addresses of loopback are
    /// allowed
    #[arg(long, env = "FINESSE_BEYOND_LOOPBACK", hide_env_values = true, value_parser = FalseyValueParser::new())]
    beyond_loopback: bool,

    /// The token that a control port beyond loopback wants from every program [default: a new one]
    #[arg(long, env = "FINESSE_TOKEN", hide_env_values = true, value_name = "TOKEN", value_parser = beyond::token, requires = "control")]
    token: Option<Token>,

    /// Start nothing, but ask a running fake whether it serves clients: exit code 0, or 3. Without
    /// a URL, the one that these options make
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    check: Option<String>,

    /// Answer clients as a recording did: a file of `record`, or of anything that `explain` reads.
    /// Its pauses are kept; --speed shortens them. A key log of a capture is one more file
    #[arg(long, value_name = "FILE", num_args = 1.., env = "FINESSE_REPLAY", hide_env_values = true, value_delimiter = '\n',
        conflicts_with_all = ["profile", "user", "users", "world", "traffic", "pair", "rest", "collections", "values", "www", "node", "fault", "sabotage"])]
    replay: Vec<PathBuf>,

    /// Break a rule that the suite checks, to test the suite itself
    #[arg(long, value_name = "NAME", value_parser = venue::sabotage)]
    sabotage: Option<Fault>,
}

impl Args {
    /// The seed of the traffic.
    fn day(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// The address of the control port, if there is to be one.
    fn control_port(&self) -> Option<SocketAddr> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        self.control.or_else(|| self.console.then_some(any))
    }

    /// How much the lines about clients say.
    fn detail(&self) -> Detail {
        if self.verbose { Detail::Messages } else { Detail::Facts }
    }

    /// Whether the lines about clients are printed.
    fn prints(&self) -> bool {
        self.verbose || !(self.quiet || self.json)
    }

    /// Whether the accounts are the default ones, whose password is public.
    fn is_usual(&self) -> bool {
        self.user.is_empty() && self.users.is_empty() && self.world.is_none()
    }
}

/// Ports with commas between them.
#[derive(Debug, Clone)]
struct Ports(Vec<u16>);

fn ports(text: &str) -> Result<Ports, String> {
    let read = |port: &str| port.trim().parse::<u16>().ok();
    let ports: Option<Vec<u16>> = text.split(',').map(read).collect();
    let mut ports = ports.ok_or("wanted ports, e.g. 5222 or 5222,7443")?;
    // A port can be taken once; 0 stands for any free one.
    let mut seen = std::collections::BTreeSet::new();
    ports.retain(|port| *port == 0 || seen.insert(*port));
    Ok(Ports(ports))
}

/// The name of a node, which XML can carry.
/// A node. An empty line is none: a block of YAML ends with a line end.
fn node(text: &str) -> Result<String, String> {
    let name = text.trim_end_matches('\r');
    match name.chars().any(char::is_control) {
        true => Err("wanted a name without control characters".to_owned()),
        false => Ok(name.to_owned()),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    if let Some(url) = &args.check {
        return check::run(args, url, &runtime);
    }
    beyond::check(args)?;
    let certificates = suite.map_or_else(std::env::temp_dir, Suite::certificates);
    runtime.block_on(serve(args, &certificates))?;
    Ok(Exit::Green)
}

async fn serve(args: &Args, certificates: &Path) -> anyhow::Result<()> {
    accounts::check(&args.user, &args.users)?;
    let mut profile = Profile::from(args.profile);
    if args.rest {
        profile = profile.rest(true);
    }
    let mut builder = FakeFinesse::builder()
        .listen(args.listen)
        .domain(&args.domain)
        .profile(profile)
        .host_names(&args.name)
        .allow_cross_origin(args.cross_origin)
        .time_factor(f64::from(args.speed))
        .plain(args.plain);
    let mut replayed = None;
    for account in &args.user {
        builder = builder.user(&account.name, &account.password);
    }
    for accounts in &args.users {
        builder = builder.users(&accounts.range, &accounts.password);
    }
    if let Some(folder) = &args.www {
        builder = builder.www(folder);
    }
    if let Some(ports) = &args.also {
        builder = builder.also(ports.0.iter().copied());
    }
    if let Some(ports) = &args.xmpp {
        builder = builder.xmpp(ports.0.iter().copied());
    }
    if let Some(ports) = &args.hint {
        builder = builder.hints(ports.0.iter().copied());
    }
    if let Some(path) = &args.world {
        builder = builder.world(WorldSpec::read(path)?);
    }
    if let Some(collections) = args.collections {
        builder = builder.collections(collections);
    }
    if let Some(values) = args.values {
        builder = builder.values(values);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(calls_per_minute) = args.traffic {
        builder = builder.traffic(calls_per_minute, args.day());
    }
    for node in args.node.iter().filter(|node| !node.is_empty()) {
        builder = builder.node(node.as_str());
    }
    if !args.replay.is_empty() {
        let (scripted, what) = replay::script(builder, &args.replay)?;
        (builder, replayed) = (scripted, Some(what));
    }
    for fault in args.fault.iter().chain(&args.sabotage) {
        builder = builder.fault(fault);
    }
    let fakes = match args.pair {
        None => vec![builder.start().await?],
        Some(listen) => {
            let (one, other) = builder.second(listen, None).start_pair().await?;
            vec![one, other]
        }
    };
    let fakes: Vec<Arc<FakeFinesse>> = fakes.into_iter().map(Arc::new).collect();
    let mut lines = Lines::default();
    if let Some(path) = &args.log {
        lines.in_file(&fakes, args.detail(), path).context("--log")?;
    }
    if args.prints() {
        lines.on_stderr(&fakes, args.detail());
    }
    let mut servers = Vec::new();
    for fake in fakes {
        let control = match args.control_port() {
            Some(address) => {
                // The second server takes a free port.
                let port = if servers.is_empty() { address.port() } else { 0 };
                let address = (address.ip(), port).into();
                Some(beyond::control(args, &fake, address).await?)
            }
            None => None,
        };
        servers.push(Server { fake, control });
    }
    if let Some(shortage) =
        servers.first().and_then(|first| descriptors::shortage(first.fake.users().len()))
    {
        warn(&shortage);
    }
    let ca = match servers.first().and_then(|first| first.fake.ca_pem()) {
        Some(pem) => Some(CaFile::write(args.ca_file.as_deref(), certificates, pem)?),
        None => None,
    };
    // Listen for signals first: a reader of the banner may stop the fake at once.
    let stopped = stopped()?;
    let parent_ended = parent::ended(args.until_eof)?;
    say(&if args.json {
        json(&servers, ca.as_ref().map(CaFile::path))
    } else {
        banner(args, &servers, ca.as_ref().map(CaFile::path), replayed.as_deref())
    })?;
    tokio::select! {
        () = stopped => {}
        () = parent_ended => {}
    }
    for Server { fake, control } in &mut servers {
        drop(control.take());
        fake.say_goodbye().await;
    }
    drop(servers);
    lines.end().await;
    Ok(())
}

/// A fake with its control port.
struct Server {
    fake: Arc<FakeFinesse>,
    control: Option<Control>,
}
