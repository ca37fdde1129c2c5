//! The values that a snapshot shows by name.

use std::collections::BTreeMap;

use transcript::{KnownValue, ValueContext};

use crate::targets::BOSH_PATH;

/// Which of a scene's variables a snapshot shows by name, and where. The name is looked for only
/// where the value can stand, for a short value such as `1` stands elsewhere by chance.
pub fn known(variables: &BTreeMap<String, String>) -> Vec<KnownValue> {
    let value = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let (host, port) = (value("host"), value("port"));
    let place = |name: &str| match name.rsplit('.').next().unwrap_or_default() {
        "user" => ValueContext::Before("@".to_owned()),
        "id" if name == "team.id" => ValueContext::After("/finesse/api/Team/".to_owned()),
        "id" => ValueContext::After("/finesse/api/User/".to_owned()),
        "host" => ValueContext::Before(format!(":{port}")),
        "port" => ValueContext::After(format!("{host}:")),
        _ => ValueContext::Anywhere,
    };
    variables
        .iter()
        // As words, the paths say more than their names.
        .filter(|(name, _)| !["ws.path", BOSH_PATH, "rest"].contains(&name.as_str()))
        .map(|(name, value)| KnownValue {
            name: name.clone(),
            value: value.clone(),
            place: place(name),
        })
        .collect()
}
