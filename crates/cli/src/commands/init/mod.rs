//! `init`: makes a home for a project that tests its client or server with this suite.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use files::Unwritten;
use verdict::Exit;

use super::say;
use crate::{HOME, MARK, Suite};

/// The first files of a home: path and text.
const FILES: [(&str, &str); 6] = [
    (MARK, include_str!("mark.toml")),
    ("README.md", include_str!("README.md")),
    (".gitignore", include_str!("gitignore")),
    ("clients/mine.toml", include_str!("mine.toml")),
    ("targets/lab-uccx.toml", include_str!("../../../../../xtask/targets/lab-uccx.toml")),
    ("cases/own/subscribes-to-calls.case", include_str!("subscribes-to-calls.case")),
];

/// The driver of a client, ready to copy, by language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Driver {
    /// `driver.py`, for Python 3.
    Python,
    /// `driver.mjs`, for Node.
    Node,
    /// `src/bin/driver.rs`, for Rust.
    Rust,
}

impl Driver {
    /// The file.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Python => include_str!("../../../../../recipes/python/contract.py"),
            Self::Node => include_str!("../../../../../recipes/node/contract.mjs"),
            Self::Rust => include_str!("../../../../../recipes/rust/contract.rs"),
        }
    }
}

/// Make a home: a folder for a project's own clients, targets, cases and accepted transcripts.
///
/// The cases of the suite come with this program. The home holds the project's additions: known
/// deviations of its client, servers to test, more cases, and accepted transcripts. Keep it under
/// version control. Existing files are left alone.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  finesse-conformance init                  make conformance/; commands find it in this folder and below
  finesse-conformance init tools/finesse    another folder; commands then need --home tools/finesse
  finesse-conformance init --driver python > driver.py    a driver for your client; see gate --help

Exit codes: 0 the home exists now · 64 usage error, or a file cannot be written")]
pub(crate) struct Args {
    /// The folder to make [default: `conformance`]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Print the driver of a client to standard output, one file to put your client's calls into,
    /// and make nothing
    #[arg(long, value_name = "LANGUAGE", conflicts_with = "folder")]
    driver: Option<Driver>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, home: Option<&Path>) -> anyhow::Result<Exit> {
    if let Some(driver) = args.driver {
        say(driver.text().trim_end())?;
        return Ok(Exit::Green);
    }
    let folder = args.folder.as_deref().or(home).unwrap_or_else(|| Path::new(HOME));
    let around = std::path::absolute(folder).with_context(|| folder.display().to_string())?;
    if let Some(root) = around.parent().and_then(checkout) {
        bail!(
            "{} is the suite's own repository and needs no home; make the home in another project",
            root.display()
        );
    }
    let (mut wrote, mut left) = (Vec::new(), Vec::new());
    for (name, text) in FILES {
        let path = folder.join(name);
        let text = text.replace("cargo xtask", "finesse-conformance");
        let is_new = write(&path, &text).map_err(|error| Unwritten::new(&path, error))?;
        if is_new { &mut wrote } else { &mut left }.push(path);
    }
    for (what, paths) in [("wrote ", wrote), ("left  ", left)] {
        for path in paths {
            let why = if what == "wrote " { "" } else { "   (exists already)" };
            say(&format!("{what} {}{why}", path.display()))?;
        }
    }
    say(&next(folder))?;
    Ok(Exit::Green)
}

/// The root of the suite's own repository, if that is the nearest suite.
fn checkout(folder: &Path) -> Option<PathBuf> {
    let suite = Suite::find(folder, None).ok()?;
    suite.checkout("").ok().map(Path::to_owned)
}

/// Writes a file unless it exists; returns whether it was written.
fn write(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn next(folder: &Path) -> String {
    let program = match folder.parent() {
        Some(parent) if folder.ends_with(HOME) && parent == Path::new("") => {
            "finesse-conformance".to_owned()
        }
        _ => format!("finesse-conformance --home {}", folder.display()),
    };
    let steps = [
        (
            "finesse-conformance init --driver python > driver.py".to_owned(),
            "a driver, or node, rust: put your client's calls in",
        ),
        (format!("{program} gate bind -- python3 driver.py"), "one area, in some seconds"),
        (
            format!("{program} gate --client mine -- python3 driver.py"),
            "everything, in some minutes; its transcripts are kept",
        ),
        (format!("{program} review --target mine"), "look at what the client says, and accept it"),
    ];
    let width = steps.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    let steps: String =
        steps.iter().map(|(command, what)| format!("  {command:width$}   {what}\n")).collect();
    format!(
        "
next, to test a client:
{steps}
next, to test a server ({lab} lists the variables to set):
  {program} probe lab-uccx
  {program} conformance --target lab-uccx",
        lab = folder.join("targets/lab-uccx.toml").display(),
    )
}
