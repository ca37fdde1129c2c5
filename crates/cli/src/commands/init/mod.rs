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

Exit codes: 0 the home exists now · 64 usage error, or a file cannot be written")]
pub(crate) struct Args {
    /// The folder to make [default: `conformance`]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, home: Option<&Path>) -> anyhow::Result<Exit> {
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
    let suite = Suite::find(folder, &[]).ok()?;
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
    format!(
        "
next, to test a client (`finesse-conformance gate --help` lists the variables and verbs for its driver):
  {program} gate -- ./driver                  check the demands of the specifications
  {program} gate --client mine -- ./driver    the same, with {mine} and accepted transcripts
  {program} review                            read and accept its transcripts

next, to test a server ({lab} lists the variables to set):
  {program} probe lab-uccx
  {program} conformance --target lab-uccx",
        mine = folder.join("clients/mine.toml").display(),
        lab = folder.join("targets/lab-uccx.toml").display(),
    )
}
