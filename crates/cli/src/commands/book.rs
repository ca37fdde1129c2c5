//! `book`: the pages of the book, which the program has inside.

use anyhow::Context as _;
use runner::Kind;
use textual::program;
use verdict::Exit;

use super::{complain, say};
use crate::Suite;

/// The page that lists all others.
const CONTENTS: &str = "SUMMARY.md";

/// Show a page of the book, or list the pages.
///
/// The pages are those of this version. They are printed as Markdown.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask book                        all pages
  cargo xtask book faults | less          one page
  cargo xtask book --search 'close code'  the lines with these words, and their pages

Exit codes: 0 shown · 4 no such page, or no such words · 64 usage error")]
pub(crate) struct Args {
    /// The name of a page [default: a list of all]
    #[arg(value_name = "PAGE")]
    page: Option<String>,

    /// Show the lines that have these words, in capitals or not
    #[arg(long, value_name = "WORDS", conflicts_with = "page")]
    search: Option<String>,
}

/// Stands in the help of commands that work only in the suite's own repository.
const IN_A_CLONE: &str = "in a clone of the suite";

/// A line of the contents.
#[derive(Debug, PartialEq, Eq)]
enum Entry<'a> {
    Part(&'a str),
    Page { title: &'a str, name: &'a str },
}

/// Runs the command. The command line has the commands that pages
/// name.
pub(crate) fn run(
    args: &Args,
    suite: &Suite,
    command_line: &clap::Command,
) -> anyhow::Result<Exit> {
    let contents = read(suite, CONTENTS)?.context("this program has no book inside")?;
    let entries = entries(&contents);
    if let Some(words) = &args.search {
        return search(suite, &entries, words);
    }
    let Some(page) = &args.page else {
        say(list(&entries).trim_end())?;
        return Ok(Exit::Green);
    };
    let name = page.trim_start_matches("docs/").trim_end_matches(".md");
    let Some(text) = read(suite, &format!("{name}.md"))?.filter(|_| is_name(name)) else {
        let all = textual::there_are(name, entries.iter().filter_map(Entry::name));
        complain(&format!("no page {page:?}; {all}"));
        return Ok(Exit::Nothing);
    };
    say(shown(&text, command_line).trim_end())?;
    Ok(Exit::Green)
}

/// The text of a page, from the checkout or from the program.
fn read(suite: &Suite, file: &str) -> anyhow::Result<Option<String>> {
    Ok(suite.layers().read(Kind::Pages, file)?.map(|found| found.text))
}

/// Whether a name leads nowhere else.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The parts and pages of the contents.
fn entries(contents: &str) -> Vec<Entry<'_>> {
    let lines = contents.lines().map(str::trim).filter(|line| *line != "# Summary");
    let entry = |line| match str::strip_prefix(line, "# ") {
        Some(part) => Some(Entry::Part(part)),
        None => {
            let (title, file) =
                line.trim_start_matches("- ").strip_prefix('[')?.split_once("](")?;
            Some(Entry::Page { title, name: file.strip_suffix(".md)")? })
        }
    };
    lines.filter_map(entry).collect()
}

impl<'a> Entry<'a> {
    /// The name of the page; none for a part, and for the record of a decision, which is found
    /// through the page of all.
    fn name(&self) -> Option<&'a str> {
        match self {
            Self::Page { name, .. } if !name.starts_with("decisions/2") => Some(name),
            _ => None,
        }
    }
}

fn list(entries: &[Entry<'_>]) -> String {
    let width = entries.iter().filter_map(Entry::name).map(str::len).max().unwrap_or_default();
    let lines = entries.iter().filter_map(|entry| match entry {
        Entry::Part(part) => Some(format!("\n{part}\n")),
        Entry::Page { title, .. } => entry.name().map(|name| format!("  {name:width$}  {title}\n")),
    });
    lines.collect()
}

/// A page without its comments, which are for authors. Headings stand out in a terminal.
fn shown(text: &str, command_line: &clap::Command) -> String {
    let style = anstyle::Style::new().bold();
    let (mut shown, mut is_code) = (String::new(), false);
    for line in called(text, command_line).lines().filter(|line| !line.starts_with("<!--")) {
        is_code ^= line.starts_with("```");
        if line.starts_with('#') && !is_code {
            shown.push_str(&format!("{style}{line}{style:#}\n"));
        } else {
            shown.push_str(&format!("{line}\n"));
        }
    }
    shown
}

/// A text in which the program is called as its reader calls it. Commands that only the suite's own
/// repository has keep the name that they have there.
fn called(text: &str, command_line: &clap::Command) -> String {
    let mut parts = text.split("cargo xtask ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-').unwrap_or(part.len());
        let is_here = command_line.find_subcommand(&part[..end]).is_some_and(|command| {
            !command.get_about().is_some_and(|about| about.to_string().contains(IN_A_CLONE))
        });
        out.push_str(if is_here { program() } else { "cargo xtask" });
        out.push(' ');
        out.push_str(part);
    }
    out
}

/// The lines of all pages that have the words.
fn search(suite: &Suite, entries: &[Entry<'_>], words: &str) -> anyhow::Result<Exit> {
    let words = words.to_lowercase();
    let mut found = String::new();
    for name in entries.iter().filter_map(Entry::name) {
        let text = read(suite, &format!("{name}.md"))?.unwrap_or_default();
        let lines = text.lines().filter(|line| line.to_lowercase().contains(&words));
        found.extend(lines.map(|line| format!("{name}: {}\n", line.trim())));
    }
    if found.is_empty() {
        complain(&format!("no page has {words:?}"));
        return Ok(Exit::Nothing);
    }
    say(found.trim_end())?;
    Ok(Exit::Green)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::command_line::Cli;

    #[test]
    fn contents_have_parts_and_pages_and_records_are_not_listed() {
        let contents = "# Summary\n\n[About](README.md)\n\n# Use\n\n- [Try it](fake.md)\n  - [A \
                        choice](decisions/2026-11-22-a.md)\n";
        let entries = entries(contents);
        let page = |title, name| Entry::Page { title, name };
        let choice = page("A choice", "decisions/2026-11-22-a");
        let wanted = [page("About", "README"), Entry::Part("Use"), page("Try it", "fake"), choice];
        assert_eq!(entries, wanted);
        assert_eq!(list(&entries), "  README  About\n\nUse\n  fake    Try it\n");
    }

    #[test]
    fn a_page_is_shown_without_comments_and_no_name_leads_out_of_the_book() {
        let text = "# Faults\n<!-- made from x -->\n```sh\ncargo xtask book\n# no heading\n```\n";
        let plain = anstream::adapter::strip_str(&shown(text, &Cli::command())).to_string();
        assert_eq!(plain, format!("# Faults\n```sh\n{} book\n# no heading\n```\n", program()));
        let texts =
            ["cargo xtask lab prosody run", "cargo xtask dist", "cargo xtask --release mock"];
        for text in texts {
            assert_eq!(called(text, &Cli::command()), text, "it does not work elsewhere");
        }
        assert!(is_name("fake") && is_name("decisions/README"));
        assert!(!is_name("../README") && !is_name("/etc/x") && !is_name(""));
    }
}
