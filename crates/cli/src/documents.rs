//! The documents of the repository: readmes, the book, and other Markdown for readers.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// All documents below `root`, in order: those of the root, the places of changes, the pages of the
/// book, the readmes of examples, packages and recipes.
///
/// # Errors
///
/// A folder cannot be read.
pub(crate) fn documents(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "crates/README.md"]
            .map(|name| root.join(name))
            .into_iter()
            .filter(|path| path.is_file())
            .collect();
    let mut folders: Vec<PathBuf> = ["docs", "examples", "packages", "recipes"]
        .map(|name| root.join(name))
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "md") {
                found.push(path);
            } else if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target")
            {
                folders.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

    use clap::CommandFactory as _;

    use super::*;
    use crate::command_line::Cli;
    use crate::recipes::check;

    /// The first folders of paths that documents mention.
    const TOP: [&str; 8] =
        ["crates/", "cases/", "examples/", "packages/", "recipes/", "xtask/", "docs/", ".ci/"];

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
    }

    /// The parts of a document that are checked.
    #[derive(Default)]
    struct Page {
        /// From the root of the repository.
        name: String,
        anchors: BTreeSet<String>,
        links: Vec<String>,
        /// Code in running text and tables.
        code: Vec<String>,
        /// Lines of code blocks, of any language but `text`.
        commands: Vec<String>,
    }

    fn page(path: &Path) -> Page {
        let root = root();
        let name = path.strip_prefix(&root).expect("it is below the root").display().to_string();
        let text = std::fs::read_to_string(path).expect("it can be read");
        let mut page = Page { name, ..Page::default() };
        let mut heading: Option<String> = None;
        let mut is_code = false;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    page.anchors.extend(heading.take().map(|title| anchor(&title)));
                }
                Event::Start(Tag::Link { dest_url, .. }) => page.links.push(dest_url.into_string()),
                Event::Start(Tag::CodeBlock(kind)) => {
                    is_code =
                        !matches!(kind, CodeBlockKind::Fenced(language) if &*language == "text");
                }
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::Code(code) => {
                    if let Some(title) = &mut heading {
                        title.push_str(&code);
                    }
                    page.code.push(code.into_string());
                }
                Event::Text(text) => {
                    if let Some(title) = &mut heading {
                        title.push_str(&text);
                    } else if is_code {
                        page.commands.extend(text.lines().map(str::to_owned));
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The anchor of a heading, as GitHub and mdBook make it.
    fn anchor(title: &str) -> String {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    }

    fn pages() -> Vec<Page> {
        documents(&root()).expect("the documents").iter().map(|path| page(path)).collect()
    }

    #[test]
    fn every_link_leads_somewhere() {
        let root = root();
        let mut dead = Vec::new();
        for page in pages() {
            let folder = root.join(&page.name).parent().expect("a folder").to_owned();
            for link in page.links.iter().filter(|link| !link.contains("://")) {
                let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
                let path = if file.is_empty() { root.join(&page.name) } else { folder.join(file) };
                let is_there = path.exists()
                    && (fragment.is_empty()
                        || self::page(&path.canonicalize().expect("a path"))
                            .anchors
                            .contains(fragment));
                // The book is also published without the repository.
                let is_inside = !page.name.starts_with("docs/")
                    || path.canonicalize().is_ok_and(|path| path.starts_with(root.join("docs")));
                if !is_there || !is_inside {
                    dead.push(format!("{}: {link}", page.name));
                }
            }
        }
        assert!(dead.is_empty(), "dead links, or links out of the book:\n{}", dead.join("\n"));
    }

    #[test]
    fn every_path_in_running_text_is_there() {
        let root = root();
        let mut gone = Vec::new();
        for page in pages().iter().filter(|page| !page.name.starts_with("docs/decisions/2")) {
            let paths = page.code.iter().filter(|code| TOP.iter().any(|top| code.starts_with(top)));
            // `NAME` stands for a name, `*` for any.
            let paths = paths.map(|path| path.split(['*', '{', ' ']).next().unwrap_or_default());
            for path in paths {
                let known: PathBuf = path
                    .split('/')
                    .take_while(|part| {
                        !part.contains(|c: char| c.is_ascii_uppercase()) || part.ends_with(".md")
                    })
                    .collect();
                if !root.join(&known).exists() {
                    gone.push(format!("{}: {path}", page.name));
                }
            }
        }
        assert!(gone.is_empty(), "no such file:\n{}", gone.join("\n"));
    }

    #[test]
    fn every_command_is_one_that_the_program_takes() {
        let mut count = 0;
        for page in pages() {
            let lines: Vec<String> = page.commands.into_iter().chain(page.code).collect();
            count += check(&page.name, &lines);
        }
        assert!(count > 100, "only {count} commands are found");
    }

    #[test]
    fn the_page_of_exit_codes_and_the_help_list_the_codes_of_the_program() {
        let text = std::fs::read_to_string(root().join("docs/exit-codes.md")).expect("the page");
        let known = verdict::Exit::ALL.map(|exit| exit.code().to_string());
        let first = |line: &str| line.split('|').nth(1).map(|cell| cell.trim().to_owned());
        let cells: Vec<String> = text.lines().filter_map(first).collect();
        let listed: Vec<&String> = cells.iter().filter(|cell| cell.parse::<u8>().is_ok()).collect();
        assert_eq!(listed, known.iter().collect::<Vec<_>>());

        let commands: Vec<String> =
            Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let is_command = |name: &str| commands.iter().any(|known| known == name);
        let named =
            cells.iter().flat_map(|cell| cell.split(", ")).filter(|cell| cell.contains('`'));
        for name in named.map(|name| name.trim_matches('`')) {
            let command = name.split(' ').next().unwrap_or_default();
            assert!(is_command(command), "no command `{name}`");
        }
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let Some((_, codes)) = help.split_once("Exit codes: ") else { continue };
            let codes = codes.split([' ', '\n']).filter(|word| word.parse::<u8>().is_ok());
            for code in codes {
                assert!(known.iter().any(|known| known == code), "{}: {code}", command.get_name());
            }
        }
    }

    #[test]
    fn every_page_is_in_the_summary() {
        let summary = page(&root().join("docs/SUMMARY.md"));
        let listed: BTreeSet<String> =
            summary.links.iter().map(|link| format!("docs/{link}")).collect();
        let pages = pages().into_iter().map(|page| page.name);
        let pages: BTreeSet<String> =
            pages.filter(|name| name.starts_with("docs/") && name != "docs/SUMMARY.md").collect();
        let only_one: Vec<&String> = listed.symmetric_difference(&pages).collect();
        assert!(only_one.is_empty(), "only in the summary, or only in the folder: {only_one:?}");
    }

    #[test]
    fn no_document_has_the_marks_of_a_merge() {
        for path in documents(&root()).expect("the documents") {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let mark = text.lines().position(|line| {
                ["<<<<<<< ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark))
            });
            assert_eq!(mark, None, "{}", path.display());
        }
    }

    #[test]
    fn comments_wrap_at_100_columns() {
        let mut found = ["cases", "crates", "xtask"].map(|name| root().join(name)).to_vec();
        while let Some(path) = found.pop() {
            if path.is_dir() && !path.ends_with("target") {
                let entries = std::fs::read_dir(&path).expect("it can be read");
                found.extend(entries.map(|entry| entry.expect("it can be read").path()));
            }
            if !path.is_file() || path.extension().is_none_or(|ending| ending != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let mut is_code = false;
            for (number, line) in text.lines().enumerate() {
                let comment = line.trim_start().trim_start_matches(['/', '!']).trim_start();
                is_code ^= comment.starts_with("```");
                let is_comment = line.trim_start().starts_with("//");
                let may_be_long = is_code || comment.starts_with('|');
                let is_long = is_comment && !may_be_long && line.chars().count() > 100;
                assert!(!is_long, "{}:{}", path.display(), number + 1);
            }
        }
    }
}
