//! Tests that recipes, and files written by `init`, use only options of this program.

use std::path::Path;

use case::{Step, StepKind};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, ValueEnum as _};
use gate::{EVENTS, VERBS};
use saphyr::{LoadableYamlNode as _, Yaml};

use crate::Suite;
use crate::command_line::Cli;
use crate::commands::init::Driver;

const GITHUB: &str = include_str!("../../../recipes/github-actions.yml");
const GITLAB: &str = include_str!("../../../recipes/gitlab-ci.yml");
const HOME: &str = include_str!("commands/init/README.md");

fn document(text: &str) -> Yaml<'_> {
    Yaml::load_from_str(text).expect("it is YAML").remove(0)
}

/// The lines of all strings below the key, with values for what the build server fills in.
fn lines(yaml: &Yaml<'_>) -> Vec<String> {
    if let Some(text) = yaml.as_str() {
        let filled =
            [("${{ matrix.shard }}", "1"), ("$CI_NODE_INDEX", "1"), ("$CI_NODE_TOTAL", "3")]
                .iter()
                .fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        return filled.lines().map(str::to_owned).collect();
    }
    if let Some(all) = yaml.as_sequence() {
        return all.iter().flat_map(lines).collect();
    }
    yaml.as_mapping().into_iter().flatten().flat_map(|(_, value)| lines(value)).collect()
}

/// Parses all command lines of this program in a text, and counts them. They may follow a prompt,
/// environment variables or another command.
#[track_caller]
pub(crate) fn check(place: &str, lines: &[String]) -> usize {
    let mut count = 0;
    for line in lines {
        let Some(words) = shlex::split(line) else {
            assert!(!line.contains("cargo xtask "), "{place}: {line}: a quote that does not end");
            continue;
        };
        let is_variable = |word: &str| {
            word.split_once('=')
                .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        };
        for words in words.split(|word| word == "&&" || word == "do" || word == "|") {
            let words = words.iter().map(|word| word.trim_end_matches(';'));
            let words = words.skip_while(|word| *word == "$" || is_variable(word));
            let words: Vec<&str> =
                words.take_while(|word| !matches!(*word, "&" | "done" | ">")).collect();
            let arguments = match words[..] {
                // The one command of xtask itself, which has no program to ask.
                ["cargo", "xtask", "dist", ..] => continue,
                ["cargo", "xtask", "--release", ..] => &words[3..],
                ["cargo", "xtask", ..] => &words[2..],
                ["finesse-conformance", ..] => &words[1..],
                _ => continue,
            };
            if matches!(arguments, [] | ["…"]) {
                continue;
            }
            let taken =
                Cli::command().try_get_matches_from([&["finesse-conformance"], arguments].concat());
            // A text may name a subcommand alone.
            let is_name = |error: &clap::Error| {
                arguments.len() == 1 && error.kind() == ErrorKind::MissingRequiredArgument
            };
            if let Err(error) = taken
                && error.use_stderr()
                && !is_name(&error)
            {
                panic!("{place}: {line}\n{error}");
            }
            count += 1;
        }
    }
    count
}

#[test]
fn the_workflow_of_github_runs_commands_that_there_are() {
    let workflow = document(GITHUB);
    for job in ["gate", "report"] {
        let steps = workflow["jobs"][job]["steps"].as_sequence().expect("it has steps");
        for step in steps {
            let kinds = ["uses", "run"].map(|key| step.as_mapping_get(key).is_some());
            assert_eq!(kinds.iter().filter(|is| **is).count(), 1, "{step:?}");
        }
    }
    assert_eq!(check("github-actions.yml", &lines(&workflow)), 2);
    // As many machines as parts, which the report waits for.
    let shards = &workflow["jobs"]["gate"]["strategy"]["matrix"]["shard"];
    assert_eq!(shards.as_sequence().map(Vec::len), Some(3));
    assert!(GITHUB.contains("--shard \"${{ matrix.shard }}/3\""));
    assert_eq!(workflow["jobs"]["report"]["needs"].as_str(), Some("gate"));
}

#[test]
fn the_jobs_of_gitlab_run_commands_that_there_are() {
    let jobs = document(GITLAB);
    assert_eq!(check("gitlab-ci.yml", &lines(&jobs["gate"]["script"])), 1);
    let script = &jobs["conformance"]["script"];
    assert_eq!(check("gitlab-ci.yml", &lines(script)), 1);
    // The uploaded JUnit file is the one that the command writes.
    let junit = jobs["conformance"]["artifacts"]["reports"]["junit"].as_str().expect("a file");
    assert!(lines(script)[0].contains(&format!("--report junit={junit} ")));
}

#[test]
fn the_drivers_know_every_verb_and_event() {
    for driver in Driver::value_variants() {
        let text = driver.text();
        let quoted = |word: &str| {
            ["\"", "'", "`"].iter().any(|quote| text.contains(&format!("{quote}{word}{quote}")))
                || text.contains(&format!("    {word}: "))
        };
        for (usage, ..) in VERBS {
            let verb = usage.split(' ').next().unwrap_or_default();
            assert!(quoted(verb), "{driver:?} has no {verb}");
        }
        for event in EVENTS {
            assert!(quoted(event.name), "{driver:?} has no {}", event.name);
            for (member, _) in event.members {
                assert!(text.contains(member), "{driver:?} has no {member} of {}", event.name);
            }
        }
    }
}

/// A case must not ask for anything that the page does not explain.
#[test]
fn cases_ask_for_no_report_that_the_contract_does_not_have() {
    let suite = Suite::find(Path::new(env!("CARGO_MANIFEST_DIR")), None).expect("a checkout");
    let library = suite.library().expect("it parses");
    let mut count = 0;
    for case in &library.cases {
        for item in library.expand(case).expect("it expands") {
            let Some(Step { kind: StepKind::Reports { report, .. }, .. }) = item.step() else {
                continue;
            };
            let event = EVENTS.iter().find(|event| event.name == report.event.value);
            let event = event.unwrap_or_else(|| panic!("{}: {}", case.id, report.event.value));
            for (key, _) in &report.fields {
                let is_its = event.members.iter().any(|(member, _)| *member == key.value);
                assert!(is_its, "{}: {} has no {}", case.id, event.name, key.value);
            }
            count += 1;
        }
    }
    assert!(count > 10, "only {count} steps ask for reports");
}

#[test]
fn the_readme_of_a_home_names_commands_that_there_are() {
    assert_eq!(check("README.md", &HOME.lines().map(str::to_owned).collect::<Vec<_>>()), 3);
}
