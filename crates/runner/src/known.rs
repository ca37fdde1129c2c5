//! The values that a snapshot shows by name.

use std::collections::BTreeMap;

use transcript::{Known, Place};

use crate::targets::BOSH_PATH;

/// Which of a scene's variables a snapshot shows by name, and where. The name is looked for only
/// where the value can stand, for a short value such as `1` stands elsewhere by chance.
pub fn known(variables: &BTreeMap<String, String>) -> Vec<Known> {
    let value = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let (host, port) = (value("host"), value("port"));
    let place = |name: &str| match name.rsplit('.').next().unwrap_or_default() {
        "user" => Place::Before("@".to_owned()),
        "id" if name == "team.id" => Place::After("/finesse/api/Team/".to_owned()),
        "id" => Place::After("/finesse/api/User/".to_owned()),
        "host" => Place::Before(format!(":{port}")),
        "port" => Place::After(format!("{host}:")),
        _ => Place::Anywhere,
    };
    variables
        .iter()
        // As words, the paths say more than their names.
        .filter(|(name, _)| !["ws.path", BOSH_PATH, "rest"].contains(&name.as_str()))
        .map(|(name, value)| Known { name: name.clone(), value: value.clone(), place: place(name) })
        .collect()
}
