//! `review`: accepts or rejects pending snapshots.

use std::io::{self, BufRead, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use case::{Case, Library};
use runner::Kind;
use textual::program;
use verdict::Exit;

use super::pending::Pending;
use super::{choice, complain, rerender, say};
use crate::Suite;

/// Accept or reject changed transcripts.
///
/// A case is DRIFT if its assertions hold but its transcript changed. The run then writes a pending
/// file beside the snapshot (`snapshots/AREA/SLUG.snap.new`, or `SLUG@TARGET.snap.new`). Accepting
/// it makes it the snapshot. Rejecting removes it; the next run finds the same difference again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask review                          ask for each pending file
  cargo xtask review 'sasl/*'                 only these cases
  cargo xtask review --list                   list the pending files (for CI)
  cargo xtask review --accept bind            accept an area without asking
  cargo xtask review --reject --target lab-uccx  reject all transcripts of one target
  cargo xtask review --rerender               after a change of the normalisation rules

`cargo insta review` shows the same files.

Exit codes: 0 no file is left pending · 1 some are · 4 no file selected · 64 usage error ·
65 --accept: a file is no snapshot; --rerender: a case file does not parse")]
pub(crate) struct Args {
    /// Ids, areas, globs over ids (`bind/*`) or case files [default: all pending files]
    #[arg(value_name = "GLOB")]
    select: Vec<String>,

    /// Accept without asking
    #[arg(long, group = "mode")]
    accept: bool,

    /// Reject without asking
    #[arg(long, group = "mode")]
    reject: bool,

    /// List the pending files and change nothing
    #[arg(long, group = "mode")]
    list: bool,

    /// Render the transcripts of the last runs again with the present normalisation rules, and
    /// write pending files for snapshots that change
    #[arg(long, group = "mode")]
    rerender: bool,

    /// Only pending files of this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    if args.rerender
        && let Some(exit) = rerender::run(suite, &args.select, args.target.as_deref())?
    {
        return Ok(exit);
    }
    suite.own(Kind::Snapshots, "accepted transcripts need")?;
    if let Some(name) = &args.target {
        known(name, suite)?;
    }
    let Some(pending) = chosen(args, suite) else { return Ok(Exit::Nothing) };
    if pending.is_empty() {
        say("no snapshots are pending")?;
        return Ok(Exit::Green);
    }
    let left = if args.accept {
        let strange: Vec<String> = pending.iter().filter_map(Pending::fault).collect();
        if !strange.is_empty() {
            strange.iter().for_each(|fault| complain(fault));
            complain("nothing was accepted");
            return Ok(Exit::Parse);
        }
        for pending in &pending {
            say(&pending.accept()?)?;
        }
        0
    } else if args.reject {
        for pending in &pending {
            say(&pending.reject()?)?;
        }
        0
    } else if args.list || args.rerender || !io::stdin().is_terminal() {
        list(&pending)?;
        pending.len()
    } else {
        // Titles only help the reader, so a file that does not parse must not stop the review.
        let library = suite.library().ok();
        let asked =
            ask(&pending, library.as_ref(), &mut io::stdin().lock(), &mut anstream::stdout());
        asked?
    };
    Ok(if left == 0 { Exit::Green } else { Exit::Fail })
}

/// Refuses a name that is neither of pending files nor of a target or client: a slip must not look
/// like a review without work.
fn known(name: &str, suite: &Suite) -> anyhow::Result<()> {
    if Pending::all(suite).iter().any(|pending| pending.target == name) {
        return Ok(());
    }
    super::expect::subject(name, suite).map(drop)
}

/// The selected files; `None`, after a message, if a word selects no pending file.
fn chosen(args: &Args, suite: &Suite) -> Option<Vec<Pending>> {
    let mut pending = Pending::all(suite);
    if let Some(target) = &args.target {
        pending.retain(|pending| pending.target == *target);
    }
    let ids: Vec<&str> = pending.iter().map(|pending| pending.id.as_str()).collect();
    if let Some(word) = choice::idle(&args.select, &ids).filter(|_| !ids.is_empty()) {
        complain(&format!(
            "`{word}` selects no pending snapshot; `{} review --list` shows all",
            program()
        ));
        return None;
    }
    pending.retain(|pending| choice::chooses(&args.select, &pending.id));
    Some(pending)
}

fn list(pending: &[Pending]) -> anyhow::Result<()> {
    for pending in pending {
        say(&format!("{}{}", pending.shown(), if pending.is_new()? { "  (new)" } else { "" }))?;
    }
    let count = pending.len();
    say(&format!(
        "{count} pending: run `{1} review` on a terminal to review {0} one by one, or use `--accept` or `--reject`",
        if count == 1 { "it" } else { "them" },
        program()
    ))?;
    Ok(())
}

/// Shows each pending file and asks; returns how many are left pending.
fn ask(
    pending: &[Pending],
    library: Option<&Library>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> anyhow::Result<usize> {
    let (mut accepted, mut rejected) = (0, 0);
    let mut all = false;
    for (number, one) in pending.iter().enumerate() {
        if !all {
            show(one, number + 1, pending.len(), library, out)?;
        }
        let answer = if all { Answer::Accept } else { answer(input, out)? };
        match answer {
            Answer::Accept | Answer::AcceptAll => {
                all |= answer == Answer::AcceptAll;
                writeln!(out, "{}", one.accept()?)?;
                accepted += 1;
            }
            Answer::Reject => {
                writeln!(out, "{}", one.reject()?)?;
                rejected += 1;
            }
            Answer::Skip => {}
            Answer::Quit => break,
        }
    }
    let left = pending.len() - accepted - rejected;
    writeln!(out, "\n{accepted} accepted, {rejected} rejected, {left} left")?;
    Ok(left)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Reject,
    Skip,
    AcceptAll,
    Quit,
}

/// Asks until the answer is valid; the end of the input counts as `q`.
fn answer(input: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<Answer> {
    let bold = Style::new().bold();
    loop {
        write!(
            out,
            "{bold}accept?{bold:#} [y]es  [n]o, remove  [s]kip  [a]ccept the rest  [q]uit: "
        )?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(Answer::Quit);
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(Answer::Accept),
            "n" | "no" => return Ok(Answer::Reject),
            "s" | "skip" => return Ok(Answer::Skip),
            "a" | "all" => return Ok(Answer::AcceptAll),
            "q" | "quit" => return Ok(Answer::Quit),
            _ => {}
        }
    }
}

fn show(
    pending: &Pending,
    number: usize,
    total: usize,
    library: Option<&Library>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let warning = AnsiColor::Yellow.on_default();
    writeln!(
        out,
        "\n{bold}{}{bold:#} on {}  {dim}{number} of {total}{dim:#}",
        pending.id, pending.target
    )?;
    let is_case = |case: &&Case| case.id == pending.id;
    match library.map(|library| library.cases.iter().find(is_case)) {
        Some(Some(case)) => {
            let clauses: Vec<String> =
                case.head.spec.iter().map(|clause| clause.value.to_string()).collect();
            writeln!(out, "{}", case.head.title.value)?;
            writeln!(out, "{dim}{}{dim:#}", clauses.join(", "))?;
        }
        Some(None) => {
            writeln!(out, "{warning}the case no longer exists: reject this file{warning:#}")?
        }
        None => {}
    }
    let is_new = pending.is_new()?;
    if is_new {
        writeln!(out, "{warning}new: this case has no accepted snapshot yet{warning:#}")?;
    }
    let diff = pending.diff()?;
    let same = match is_new {
        true => "the same text as the reference client's\n",
        false => "the same text; only the head differs\n",
    };
    writeln!(out, "\n{}", if diff.is_empty() { same } else { &diff })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reviews three changed cases with the input `text`. Returns the number left, the output, and
    /// the files.
    fn typed(text: &str) -> (usize, String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let bind = root.join("snapshots/bind");
        std::fs::create_dir_all(&bind).unwrap();
        std::fs::create_dir_all(root.join("cases/bind")).unwrap();
        std::fs::create_dir_all(root.join("xtask/targets")).unwrap();
        let case = "+++\ntitle = \"the first\"\nspec = [\"RFC 6120 §7.1\", \"vendor\"]\nlevel = \"must\"\nroles = [\"server\"]\n+++\na == connect\n";
        std::fs::write(root.join("cases/bind/a.case"), case).unwrap();
        for name in ["a", "b", "c"] {
            std::fs::write(bind.join(format!("{name}.snap")), "---\nx: 1\n---\nold\n").unwrap();
            std::fs::write(bind.join(format!("{name}.snap.new")), "---\nx: 1\n---\nnew\n").unwrap();
        }
        let suite = Suite::find(root, None).unwrap();
        let library = suite.library().unwrap();
        let mut out = anstream::StripStream::new(Vec::new());
        let left =
            ask(&Pending::all(&suite), Some(&library), &mut text.as_bytes(), &mut out).unwrap();
        let mut files: Vec<String> = std::fs::read_dir(&bind)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let is_new = std::fs::read_to_string(&path).unwrap().ends_with("new\n");
                format!(
                    "{}={}",
                    path.file_name().unwrap().display(),
                    if is_new { "new" } else { "old" }
                )
            })
            .collect();
        files.sort();
        (left, String::from_utf8(out.into_inner()).unwrap(), files)
    }

    #[test]
    fn each_is_accepted_rejected_or_skipped() {
        let (left, shown, files) = typed("y\nno\ns\n");
        assert_eq!(left, 1);
        assert_eq!(files, ["a.snap=new", "b.snap=old", "c.snap.new=new", "c.snap=old"]);
        insta::assert_snapshot!(shown.split("accept?").next().unwrap(), @r"
        bind/a on mock  1 of 3
        the first
        RFC 6120 §7.1, vendor

        --- accepted
        +++ this run
        @@ -1 +1 @@
        -old
        +new
        ");
        assert!(shown.contains("the case no longer exists"), "{shown}");
        assert!(shown.ends_with("\n1 accepted, 1 rejected, 1 left\n"), "{shown}");
    }

    #[test]
    fn the_rest_is_accepted_without_asking() {
        let (left, shown, files) = typed("s\na\n");
        assert_eq!(left, 1);
        assert_eq!(files, ["a.snap.new=new", "a.snap=old", "b.snap=new", "c.snap=new"]);
        assert!(!shown.contains("bind/c on mock"), "{shown}");
    }

    #[test]
    fn quitting_and_the_end_of_input_leave_the_rest() {
        for text in ["q\n", "", "what?\nQ\n"] {
            let (left, _, files) = typed(text);
            assert_eq!((left, files.len()), (3, 6), "{text:?}");
        }
    }
}
