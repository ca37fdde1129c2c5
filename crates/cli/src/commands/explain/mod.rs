//! `explain`: reads what people have of a conversation, and tells where it broke.

mod run;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use ::explain::{Explanation, Options, Run, Unreadable};
use anyhow::Context as _;
use files::Unwritten;
use verdict::Exit;

use super::{EndsProcess, complain, say};
use crate::output::NamedWriter;

/// Explain a recorded conversation: at which step it broke, and whose fault it is.
///
/// The format of each file is recognised by its content. Several files are one event: two tabs of a
/// browser, or a HAR and the capture beside it.
///
/// HAR: of Chrome, Edge, Firefox, HTTP Toolkit, mitmproxy · pcap, pcapng: read with `tshark`, which
/// must be installed; TLS with --keylog, or with keys inside the file · logs: a page's console with
/// strophe.js or stanza, Openfire's debug log, mitmproxy's flows and text · recordings and
/// transcripts of this program, of its fake and of its runs · the report of a run, or its folder:
/// each red case is explained
///
/// Passwords, tokens and cookies are in no output.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask explain desktop.har                       a browser's network view: Export HAR
  cargo xtask explain tab1.har tab2.har                 two tabs that throw each other out
  cargo xtask explain trace.pcapng --keylog keys.log    a capture of wss://, with the file of SSLKEYLOGFILE
  cargo xtask explain console.log --report html=why.html
  cargo xtask explain desktop.har --json | jq .fault
  cargo xtask explain RESULTS                           the red cases of a run, by its folder or its results.jsonl

Exit codes: 0 nothing is broken · 1 findings · 64 usage error · 65 a file is not readable: too large, no known format, or no
conversation in it · 130 Ctrl-C")]
pub(crate) struct Args {
    /// The files of one event, or the report of a run
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Keys of TLS sessions, as browsers write them for SSLKEYLOGFILE. May be given several times
    #[arg(long, value_name = "FILE")]
    keylog: Vec<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// Write a report to a file or to standard output: text, json or html. May be given several
    /// times
    #[arg(long, value_name = "FORMAT[=PATH]", value_parser = request)]
    report: Vec<Request>,
}

/// A report: its format, and its file.
#[derive(Debug, Clone)]
struct Request {
    format: Format,
    path: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Text,
    Json,
    Html,
}

fn request(text: &str) -> Result<Request, String> {
    let (name, path) = text.split_once('=').map_or((text, None), |(name, path)| (name, Some(path)));
    let format = match name {
        "text" => Format::Text,
        "json" => Format::Json,
        "html" => Format::Html,
        _ => return Err(format!("`{name}` is no format: text, json or html")),
    };
    Ok(Request { format, path: path.map(PathBuf::from) })
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let _interrupted = EndsProcess::after(::explain::end_programs)?;
    if let Some(report) = run::report(&args.files) {
        return match report.and_then(|path| run::explained(&path)) {
            Ok(run) => {
                write(args, &Explained::Run(&run))?;
                Ok(if run.red.is_empty() { Exit::Green } else { Exit::Fail })
            }
            Err(why) => {
                complain(&why);
                Ok(Exit::Parse)
            }
        };
    }
    let conversation = match ::explain::read(&args.files, &Options { keys: args.keylog.clone() }) {
        Ok(conversation) => conversation,
        Err(error @ Unreadable::Io { .. }) => return Err(error.into()),
        Err(error) => {
            complain(&error.to_string());
            return Ok(Exit::Parse);
        }
    };
    let explanation = Explanation::new(&conversation);
    write(args, &Explained::One(&explanation))?;
    Ok(if explanation.is_good() { Exit::Green } else { Exit::Fail })
}

/// The result to write.
enum Explained<'a> {
    One(&'a Explanation),
    Run(&'a Run),
}

/// Writes what the command line asks for.
fn write(args: &Args, explained: &Explained<'_>) -> anyhow::Result<()> {
    for request in &args.report {
        let text = written(explained, request.format);
        match &request.path {
            Some(path) => {
                let unwritten = |error| Unwritten::new(path, error);
                let file = File::create(path).map_err(unwritten).context("--report")?;
                let mut out = BufWriter::new(NamedWriter::new(path.display().to_string(), file));
                out.write_all(text.as_bytes())?;
                out.flush()?;
            }
            None => say(text.trim_end())?,
        }
    }
    if args.json {
        say(written(explained, Format::Json).trim_end())?;
    } else if args.report.iter().all(|request| request.path.is_some()) {
        say(written(explained, Format::Text).trim_end())?;
    }
    Ok(())
}

fn written(explained: &Explained<'_>, format: Format) -> String {
    match (explained, format) {
        (Explained::One(one), Format::Text) => ::explain::text(one),
        (Explained::One(one), Format::Json) => ::explain::json(one),
        (Explained::One(one), Format::Html) => ::explain::html(one),
        (Explained::Run(run), Format::Text) => ::explain::text_of_run(run),
        (Explained::Run(run), Format::Json) => ::explain::json_of_run(run),
        (Explained::Run(run), Format::Html) => ::explain::html_of_run(run),
    }
}
