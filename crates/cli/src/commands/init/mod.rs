//! `init`: the home of a project that tests its client, or its server, with this suite.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use verdict::Exit;

use super::say;
use crate::{HOME, MARK, Suite};

/// What a home begins with: path in it, and text.
const FILES: [(&str, &str); 6] = [
    (MARK, include_str!("mark.toml")),
    ("README.md", include_str!("README.md")),
    (".gitignore", include_str!("gitignore")),
    ("clients/mine.toml", include_str!("mine.toml")),
    ("targets/lab-uccx.toml", include_str!("../../../../../xtask/targets/lab-uccx.toml")),
    ("cases/own/subscribes-to-calls.case", include_str!("subscribes-to-calls.case")),
];

/// Make a home for a project's own: clients, targets, cases, accepted transcripts.
///
/// The cases of the suite come with this program. A home is what a project has of its own: what is known of its client, the
/// servers that it tests, cases that it adds, and the transcripts that it has accepted. It belongs under version control. Files
/// that are there already are left alone.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  finesse-conformance init                  conformance/, where every command finds it, here and in folders below
  finesse-conformance init tools/finesse    elsewhere: then commands want --home tools/finesse

Exit codes: 0 it is there · 64 usage, or it cannot be written")]
pub(crate) struct Args {
    /// Where [default: `conformance`]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, home: Option<&Path>) -> anyhow::Result<Exit> {
    let folder = args.folder.as_deref().or(home).unwrap_or_else(|| Path::new(HOME));
    let around = std::path::absolute(folder).with_context(|| folder.display().to_string())?;
    if let Some(root) = around.parent().and_then(checkout) {
        bail!(
            "{} is the suite's own repository, which keeps all that in folders of its own; a home is for another project",
            root.display()
        );
    }
    let (mut wrote, mut left) = (Vec::new(), Vec::new());
    for (name, text) in FILES {
        let path = folder.join(name);
        let text = text.replace("cargo xtask", "finesse-conformance");
        let is_new = write(&path, &text).with_context(|| path.display().to_string())?;
        if is_new { &mut wrote } else { &mut left }.push(path);
    }
    for (what, paths) in [("wrote ", wrote), ("left  ", left)] {
        for path in paths {
            let why = if what == "wrote " { "" } else { "   (it is there already)" };
            say(&format!("{what} {}{why}", path.display()));
        }
    }
    say(&next(folder));
    Ok(Exit::Green)
}

/// The root of the suite's own repository, if the nearest suite is that.
fn checkout(folder: &Path) -> Option<PathBuf> {
    let suite = Suite::find(folder, &[]).ok()?;
    suite.checkout("").ok().map(Path::to_owned)
}

/// Writes a file that is not there yet; tells whether that was so.
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
next, for a client (`finesse-conformance gate --help` says what a driver is told, and has to do):
  {program} gate -- ./driver                  what the specifications demand of it
  {program} gate --client mine -- ./driver    the same, with {mine}, and what it said last time
  {program} review                            look at what it says, and accept it

next, for a server ({lab} has the variables that it wants):
  {program} probe lab-uccx
  {program} conformance --target lab-uccx",
        mine = folder.join("clients/mine.toml").display(),
        lab = folder.join("targets/lab-uccx.toml").display(),
    )
}
