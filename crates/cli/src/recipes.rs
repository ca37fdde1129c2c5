//! The recipes and what `init` writes say nothing that this program does not take.

use clap::CommandFactory as _;
use saphyr::{LoadableYamlNode as _, Yaml};

use crate::command_line::Cli;

const GITHUB: &str = include_str!("../../../recipes/github-actions.yml");
const GITLAB: &str = include_str!("../../../recipes/gitlab-ci.yml");
const HOME: &str = include_str!("commands/init/README.md");

fn document(text: &str) -> Yaml<'_> {
    Yaml::load_from_str(text).expect("it is YAML").remove(0)
}

/// All strings below the key, a line each.
fn lines(yaml: &Yaml<'_>) -> Vec<String> {
    if let Some(text) = yaml.as_str() {
        return text.lines().map(str::to_owned).collect();
    }
    if let Some(all) = yaml.as_sequence() {
        return all.iter().flat_map(lines).collect();
    }
    yaml.as_mapping().into_iter().flatten().flat_map(|(_, value)| lines(value)).collect()
}

/// Holds the command lines of this program to what it takes, and tells how many there are.
#[track_caller]
fn check(lines: &[String]) -> usize {
    let ours = lines.iter().filter(|line| line.starts_with("finesse-conformance "));
    let check = |line: &String| {
        let line = line.split(" # ").next().unwrap_or_default();
        let words = line.split_whitespace().map(|word| word.replace('"', ""));
        if let Err(error) = Cli::command().try_get_matches_from(words) {
            panic!("{line}\n{error}");
        }
    };
    ours.map(check).count()
}

#[test]
fn the_workflow_of_github_runs_commands_that_there_are() {
    let workflow = document(GITHUB);
    let steps = workflow["jobs"]["gate"]["steps"].as_sequence().expect("it has steps");
    for step in steps {
        let kinds = ["uses", "run"].map(|key| step.as_mapping_get(key).is_some());
        assert_eq!(kinds.iter().filter(|is| **is).count(), 1, "{step:?}");
    }
    assert_eq!(check(&lines(&workflow)), 1);
}

#[test]
fn the_job_of_gitlab_runs_commands_that_there_are() {
    let job = document(GITLAB);
    let script = &job["conformance"]["script"];
    assert_eq!(check(&lines(script)), 1);
    // What it uploads as JUnit is what is written as JUnit.
    let junit = job["conformance"]["artifacts"]["reports"]["junit"].as_str().expect("a file");
    assert!(lines(script)[0].contains(&format!("--report junit={junit} ")));
}

#[test]
fn the_readme_of_a_home_names_commands_that_there_are() {
    assert_eq!(check(&HOME.lines().map(str::to_owned).collect::<Vec<_>>()), 3);
}
