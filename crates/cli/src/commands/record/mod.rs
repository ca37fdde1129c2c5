//! `record`: stands between a real client and a real server, and writes down what they say.

mod draft;
mod lines;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::record::{Deadlines, Line, Proxy, Recorder, Upstream, Watched};
use anyhow::{Context as _, bail};
use console::Port;
use suite::BASELINE;
use textual::{Hint, program};
use verdict::Exit;
use wire::net::{Authority, ServerTls, Trust};

use super::address::address;
use super::ca_file::CaFile;
use super::explainer::explainer;
use super::{counted, say, stopped, tell, warn};
use crate::Suite;
pub(super) use lines::Lines;

/// Record what a real client and a real server say to each other.
///
/// A proxy: point the client at the printed URL instead of at the server. WebSocket, BOSH and REST
/// take the same port. Octets are passed on unchanged, except for the names of the two hosts in
/// HTTP heads. Each event is written at once, one a line, without passwords, tokens and cookies.
/// `explain` reads the recording.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask record --to wss://uccx.example.com:8445 --upstream-ca ca.pem
  cargo xtask record --to wss://uccx.example.com:8445 --pin sha256/… --listen 8445 --output desk.jsonl
  cargo xtask record --to ws://127.0.0.1:7071 --plain             no TLS on either side
  cargo xtask record --to wss://uccx.example.com:8445 --insecure --case desk/login     and a draft case at the end
  cargo xtask record --from desk.jsonl --case desk/login                               of an existing recording
  cargo xtask record --from lab.jsonl --case desk/lab --target mock-openfire           of an Openfire without Finesse
  cargo xtask record --to wss://uccx.example.com:8445 --insecure --console           and watch it: open the printed URL
  cargo xtask explain desk.jsonl                               where it broke, and whose fault it is
  cargo xtask mock --replay desk.jsonl                         play it again, without the server

Exit codes: 0 Ctrl-C; with --case those of `conformance` · 64 usage error · 69 the address is in use · 74 the recording cannot be written, or its file exists")]
pub(crate) struct Args {
    /// The server: wss://HOST:PORT, or ws:// for one without TLS; https:// and http:// are the same
    #[arg(long, value_name = "URL", value_parser = server, required_unless_present = "from", conflicts_with = "from")]
    to: Option<Server>,

    /// Write a draft case of the recording, and play it against the fake
    #[arg(long, value_name = "AREA/SLUG")]
    case: Option<String>,

    /// The target that the draft is played against: `mock-openfire` for an Openfire without Finesse
    #[arg(long, value_name = "NAME", default_value = BASELINE, requires = "case")]
    target: String,

    /// Record nothing: make the draft case of this recording
    #[arg(long, value_name = "FILE", requires = "case")]
    from: Option<PathBuf>,

    /// Address and port to listen on; a port alone is on 127.0.0.1, and port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "[ADDRESS:]PORT", value_parser = address)]
    listen: SocketAddr,

    /// Trust a server certificate signed by this CA (PEM)
    #[arg(long, value_name = "FILE", group = "trust")]
    upstream_ca: Option<PathBuf>,

    /// Trust the server certificate with this public key; `pin HOST:PORT` prints it
    #[arg(long, value_name = "sha256/…", group = "trust")]
    pin: Option<String>,

    /// Trust any server certificate
    #[arg(long, group = "trust")]
    insecure: bool,

    /// Let clients come with ws:// and http:// instead of wss:// and https://
    #[arg(long)]
    plain: bool,

    /// The recording; the file must not exist [default: recording-DATE-TIME.jsonl]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// A name by which clients call this machine, for the certificate. May be given several times
    #[arg(long, value_name = "HOST", conflicts_with = "plain")]
    name: Vec<String>,

    /// File for the CA certificate that clients must trust [default: a file in target/]
    #[arg(long, value_name = "FILE", conflicts_with = "plain")]
    ca_file: Option<PathBuf>,

    /// Serve the console: a page for a browser that shows messages as they come, and explains
    /// files [default address: 127.0.0.1, a free port]
    #[arg(long, value_name = "[ADDRESS:]PORT", num_args = 0..=1, default_missing_value = "0", value_parser = address)]
    console: Option<SocketAddr>,

    /// Print one line of JSON when ready: url, ca, recording. Implies --quiet, unless -v is given
    #[arg(long)]
    json: bool,

    /// Print no lines about connections
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Print every message too
    #[arg(short, long)]
    verbose: bool,
}

/// Where a server is.
#[derive(Debug, Clone)]
struct Server {
    host: String,
    port: u16,
    is_secure: bool,
}

fn server(text: &str) -> Result<Server, String> {
    // The parser knows WebSocket URLs; the port is the same for all transports.
    let websocket = match text.split_once("://") {
        Some(("https", rest)) => format!("wss://{rest}"),
        Some(("http", rest)) => format!("ws://{rest}"),
        _ => text.to_owned(),
    };
    let url = remote::Url::parse(&websocket)?;
    Ok(Server { host: url.host, port: url.port, is_secure: url.secure })
}

impl Args {
    fn trust(&self, to: &Server) -> anyhow::Result<Option<Trust>> {
        let has_any = self.upstream_ca.is_some() || self.pin.is_some() || self.insecure;
        if !to.is_secure {
            if has_any {
                bail!("--upstream-ca, --pin and --insecure are for a server with TLS: wss://");
            }
            return Ok(None);
        }
        Ok(Some(match (&self.upstream_ca, &self.pin) {
            (Some(path), _) => {
                let shown = || format!("--upstream-ca {}", path.display());
                let pem = files::read_text(path, files::SMALL).with_context(shown)?;
                Trust::ca_pem(&pem).with_context(shown)?
            }
            (None, Some(pin)) => Trust::pin(pin).context("--pin")?,
            (None, None) if self.insecure => Trust::Insecure,
            (None, None) => bail!(
                "a wss server needs --upstream-ca FILE, --pin sha256/…, or --insecure; `{} pin {}:{}` prints the pin",
                program(),
                to.host,
                to.port
            ),
        }))
    }

    /// Whether lines about connections are printed.
    fn prints(&self) -> bool {
        self.verbose || !(self.quiet || self.json)
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Exit> {
    let draft = match (&args.case, suite) {
        (None, _) => None,
        (Some(id), Some(suite)) => Some((id, suite)),
        (Some(_), None) => bail!("--case: there is no suite here to put a case into; see `init`"),
    };
    if let Some((id, suite)) = draft {
        draft::check(id, suite)?;
    }
    let recording = match (&args.to, &args.from) {
        (Some(to), _) => {
            let certificates = suite.map_or_else(std::env::temp_dir, Suite::certificates);
            let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
            runtime.block_on(record(args, to, &certificates))?
        }
        (None, Some(from)) => from.clone(),
        (None, None) => bail!("--to URL, or --from FILE"),
    };
    match draft {
        Some((id, suite)) => draft::write(id, &recording, &args.target, suite),
        None => Ok(Exit::Green),
    }
}

/// Records until Ctrl-C; yields the file.
async fn record(args: &Args, to: &Server, certificates: &Path) -> anyhow::Result<PathBuf> {
    let Server { host, port, .. } = to.clone();
    let upstream = Upstream { host, port, trust: args.trust(to)? };
    let output = args.output.clone().unwrap_or_else(fresh);
    let (tls, ca) = if args.plain {
        (None, None)
    } else {
        let authority = Authority::new()?;
        let mut names: Vec<&str> = vec!["localhost", "127.0.0.1", "::1"];
        let listen = args.listen.ip().to_string();
        names.extend((!args.listen.ip().is_unspecified()).then_some(listen.as_str()));
        names.extend(args.name.iter().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        let ca = CaFile::write(args.ca_file.as_deref(), certificates, &authority.ca_pem())?;
        (Some(authority.server_config(&names)?), Some(ca))
    };
    let recorder = Arc::new(Recorder::create(&output, &upstream)?);
    let lines = Lines::begin(args.prints(), args.verbose);
    let print = lines.printer();
    let to = upstream.url();
    // The page says where clients connect to; a free port is not known before it is taken.
    let watched = args.console.map(|_| Watched::new(&to, &output));
    let opened = open(args, tls, upstream, recorder, print, watched).await;
    let (proxy, console) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            // Nothing was recorded.
            let _ = std::fs::remove_file(&output);
            return Err(error);
        }
    };
    let address = proxy.address();
    // Listen for signals first: a reader of the banner may stop the proxy at once.
    let stopped = stopped()?;
    say(&if args.json {
        json(args, address, ca.as_ref().map(CaFile::path), &output, console.as_ref())
    } else {
        banner(args, &to, address, ca.as_ref().map(CaFile::path), &output, console.as_ref())
    })?;
    if args.insecure {
        warn("any server certificate is accepted: another server could answer in its place");
    }
    let summary = proxy.run(stopped).await;
    drop(console);
    lines.end();
    let summary = summary?;
    if !args.json {
        let (connections, events) =
            (counted(summary.connections, "connection"), counted(summary.events, "event"));
        tell(&format!(
            "{connections}, {events} in {}\nnext: {}",
            output.display(),
            Hint::new(["explain", &output.display().to_string()])
        ));
    }
    Ok(output)
}

/// The proxy, and the console if one is wanted.
async fn open(
    args: &Args,
    tls: Option<ServerTls>,
    upstream: Upstream,
    recorder: Arc<Recorder>,
    print: impl Fn(Line) + Send + Sync + 'static,
    watched: Option<Arc<Watched>>,
) -> anyhow::Result<(Proxy, Option<Console>)> {
    let deadlines = Deadlines::default();
    let own = watched.clone();
    let proxy = Proxy::open(args.listen, tls, upstream, deadlines, recorder, print, own).await?;
    let (Some(watched), Some(address)) = (watched, args.console) else {
        return Ok((proxy, None));
    };
    watched.serves(&format!("{}/ws/", url(args, "ws", proxy.address())));
    let port = watched.open(address, explainer()).await.context("--console")?;
    Ok((proxy, Some(Console { port, _watched: watched })))
}

/// A console that is served, and what it shows.
struct Console {
    port: Port,
    _watched: Arc<Watched>,
}

impl Console {
    /// The URL for a browser, with the token.
    fn url(&self) -> String {
        format!("http://{}/console?token={}", self.port.address(), self.port.access().token())
    }
}

/// The name of a new recording, in local time.
fn fresh() -> PathBuf {
    let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::system());
    let now = now.strftime("%Y%m%d-%H%M%S").to_string();
    PathBuf::from(format!("recording-{now}.jsonl"))
}

fn url(args: &Args, scheme: &str, address: SocketAddr) -> String {
    let secure = if args.plain { "" } else { "s" };
    format!("{scheme}{secure}://{address}")
}

fn json(
    args: &Args,
    address: SocketAddr,
    ca: Option<&Path>,
    output: &Path,
    console: Option<&Console>,
) -> String {
    serde_json::json!({
        "url": format!("{}/ws/", url(args, "ws", address)),
        "bosh": format!("{}/http-bind/", url(args, "http", address)),
        "rest": format!("{}/finesse/api/", url(args, "http", address)),
        "ca": ca.map(|path| path.display().to_string()),
        "recording": output.display().to_string(),
        "console": console.map(Console::url),
        "control": console.map(|console| format!("http://{}", console.port.address())),
        "token": console.map(|console| console.port.access().token()),
    })
    .to_string()
}

fn banner(
    args: &Args,
    to: &str,
    address: SocketAddr,
    ca: Option<&Path>,
    output: &Path,
    console: Option<&Console>,
) -> String {
    let mut lines = vec![
        format!("recording what is said to {to}"),
        format!("  url       {}/ws/", url(args, "ws", address)),
        format!("  bosh      {}/http-bind/", url(args, "http", address)),
        format!("  rest      {}/finesse/api/", url(args, "http", address)),
    ];
    if let Some(console) = console {
        lines.push(format!("  console   {}   (open it in a browser)", console.url()));
    }
    if let Some(ca) = ca {
        lines.push(format!("  trust     {}   (NODE_EXTRA_CA_CERTS, --cacert …)", ca.display()));
    }
    lines.push(format!("  recording {}", output.display()));
    lines.push("Press Ctrl-C to stop.".to_owned());
    lines.join("\n")
}
