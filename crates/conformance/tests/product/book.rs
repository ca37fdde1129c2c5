//! The sessions of the readme and of the book, played as a reader types them.
//!
//! `BLESS=1` writes what came into the pages, where it is not what they show.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use regex::Regex;
use tempfile::TempDir;

use crate::suite::{all_at_once, copy, project, reference_client};

/// Their sessions want a client or a server of the reader's, and have tests of their own.
const ELSEWHERE: [&str; 4] = ["bosh.md", "control-port.md", "openfire.md", "rest.md"];

/// The line by which a fake says that it is ready.
const READY: &str = "Press Ctrl-C to stop.";

/// `cargo xtask` without the build, which would wait for the one that runs this test.
const CARGO: &str = "cargo() {
    [ \"$1\" = xtask ] || return 0
    shift
    FINESSE_CONFORMANCE_CALLED='cargo xtask' finesse-conformance \"$@\"
}
";

/// A folder in which commands are run.
pub(crate) struct Shell {
    folder: TempDir,
    /// Servers that commands with `&` have started. They end with it.
    servers: RefCell<Vec<Child>>,
    /// The reader's command, and the one that is run: ports of this machine may be taken.
    names: RefCell<Vec<(String, String)>>,
}

impl Shell {
    /// A checkout, or for the installed program a project that is none.
    pub(crate) fn new(is_checkout: bool) -> Self {
        let shell = Self {
            folder: tempfile::tempdir().unwrap(),
            servers: RefCell::default(),
            names: RefCell::default(),
        };
        if is_checkout {
            for folder in ["cases", "snapshots", "xtask", "examples/lessons"] {
                copy(&project().join(folder), &shell.path(folder));
            }
        }
        for folder in ["bin", "target/debug"] {
            std::fs::create_dir_all(shell.path(folder)).unwrap();
        }
        let program = env!("CARGO_BIN_EXE_finesse-conformance");
        symlink(program, shell.path("bin/finesse-conformance")).unwrap();
        symlink(reference_client(), shell.path("driver")).unwrap();
        symlink(reference_client(), shell.path("target/debug/finesse-client")).unwrap();
        shell
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs commands with `run` in the place of `typed`.
    pub(crate) fn rename(&self, typed: &str, run: &str) {
        self.names.borrow_mut().push((typed.to_owned(), run.to_owned()));
    }

    /// The output of a command, as a terminal shows it; of a server that is started with `&`, up to
    /// where it is ready.
    pub(crate) fn run(&self, command: &str) -> String {
        let said = match command.strip_suffix(" &") {
            Some(server) => {
                for address in Regex::new(r"127\.0\.0\.1:\d+").unwrap().find_iter(server) {
                    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                    self.rename(address.as_str(), &free.local_addr().unwrap().to_string());
                }
                self.start(server)
            }
            None => {
                let output = self.shell(command).output().unwrap();
                String::from_utf8(output.stdout).unwrap()
            }
        };
        let names = self.names.borrow();
        names.iter().fold(said, |said, (typed, run)| said.replace(run, typed))
    }

    fn shell(&self, command: &str) -> Command {
        let names = self.names.borrow();
        let fold = |text: String, (typed, run): &(String, String)| text.replace(typed, run);
        let command = names.iter().fold(command.to_owned(), fold);
        let path = std::env::var("PATH").unwrap();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{CARGO}exec 2>&1\n{command}")])
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env_remove("CLICOLOR_FORCE")
            .current_dir(self.folder.path());
        shell
    }

    fn start(&self, server: &str) -> String {
        // The shell becomes the server, so that ending the one ends the other.
        let called = "FINESSE_CONFORMANCE_CALLED='cargo xtask' exec finesse-conformance";
        let server = match server.strip_prefix("cargo xtask") {
            Some(words) => format!("{called}{words}"),
            None => format!("exec {server}"),
        };
        let mut child = self.shell(&server).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !said.contains(READY) && lines.read_line(&mut said).unwrap() > 0 {}
        self.servers.borrow_mut().push(child);
        said
    }

    /// Writes the files that a page shows: blocks whose first line is `# PATH`.
    pub(crate) fn write_files(&self, page: &str) {
        let form = Regex::new(r"(?s)```(?:toml|sh)\n# (\S+\.\w+)\n(.*?)```").unwrap();
        let names = self.names.borrow();
        for file in form.captures_iter(page) {
            let fold = |text: String, (typed, run): &(String, String)| text.replace(typed, run);
            let text = names.iter().fold(file[2].to_owned(), fold);
            let path = self.path(&file[1]);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        for mut server in self.servers.take() {
            // It may have ended already.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The commands of a page's `console` blocks, each with the output that the page shows.
fn steps(text: &str) -> Vec<(&str, String)> {
    let mut steps: Vec<(&str, String)> = Vec::new();
    for block in text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push((command, String::new())),
                (None, Some((_, output))) => *output += &format!("{line}\n"),
                (None, None) => panic!("output of nothing: {line}"),
            }
        }
    }
    steps
}

/// Without what differs from run to run: how long it took, when it was.
fn tidied(text: &str) -> String {
    let forms = [
        (r" +\d+ ms", ""),
        (r"\d+\.\d s\b", "0.0 s"),
        (r"\d{4}-\d\d-\d\d(T[\d:]+Z)?", "DATE"),
        (r" {2,}", "  "),
        (r"(?m) +$", ""),
    ];
    let tidy = |text: String, (form, to): (&str, &str)| {
        Regex::new(form).unwrap().replace_all(&text, to).into_owned()
    };
    forms.into_iter().fold(text.trim_end().to_owned(), tidy)
}

/// Whether a text is as the page shows it, where `…` stands for anything.
fn is_like(text: &str, shown: &str) -> bool {
    let pieces: Vec<String> = shown.split('…').map(regex::escape).collect();
    Regex::new(&format!("(?s)^{}$", pieces.join(".*"))).unwrap().is_match(text)
}

/// The text that a page is to show: the output, and the lines of before where they are still right.
fn bless(said: &str, shown: &str) -> String {
    let (new, old): (Vec<&str>, Vec<&str>) =
        (said.trim_end().lines().collect(), shown.trim_end().lines().collect());
    let keep = |(at, new): (usize, &&str)| match old.get(at) {
        Some(old) if *old != "…" && is_like(&tidied(new), &tidied(old)) => format!("{old}\n"),
        _ => format!("{new}\n"),
    };
    new.iter().enumerate().map(keep).collect()
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project().join("docs")).unwrap();
    let pages = entries.map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = pages
        .filter(|path| path.is_file() && !ELSEWHERE.iter().any(|page| path.ends_with(page)))
        .collect();
    pages.push(project().join("README.md"));
    pages.sort();
    pages
}

/// Plays the sessions of a page in a folder of its own, and tells how many commands were run and
/// which came out otherwise.
fn play(page: &Path) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(page).unwrap();
    let steps = steps(&text);
    if steps.is_empty() {
        return (0, Vec::new());
    }
    let is_project = steps.iter().any(|(command, _)| command.contains("finesse-conformance init"));
    play_in(&Shell::new(!is_project), page)
}

/// [`play`], in a folder that is prepared.
pub(crate) fn play_in(shell: &Shell, page: &Path) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(page).unwrap();
    let steps = steps(&text);
    let (mut blessed, mut wrong) = (text.clone(), Vec::new());
    for (command, shown) in &steps {
        let said = shell.run(command);
        if !is_like(&tidied(&said), &tidied(shown)) {
            let head = format!("$ {command}\n");
            blessed = blessed
                .replace(&format!("{head}{shown}"), &format!("{head}{}", bless(&said, shown)));
            wrong.push(format!("{}: {head}{said}", page.display()));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(page, blessed).unwrap();
    }
    (steps.len(), wrong)
}

#[test]
fn the_sessions_of_the_book_go_as_it_shows_them() {
    let played = Mutex::new((0, Vec::new()));
    all_at_once(&pages(), |page| {
        let (count, wrong) = play(page);
        let mut played = played.lock().unwrap();
        played.0 += count;
        played.1.extend(wrong);
    });
    let (count, wrong) = played.into_inner().unwrap();
    assert!(wrong.is_empty(), "otherwise than on the page:\n\n{}", wrong.join("\n"));
    assert!(count > 10, "{count}");
}
