//! Which of the values that a case has names for a snapshot shows by name, and where.

use std::collections::BTreeMap;

use transcript::{Known, Place};

/// What a snapshot shows by name, and where.
pub fn known(variables: &BTreeMap<String, String>) -> Vec<Known> {
    let value = |name: &str| variables.get(name).cloned().unwrap_or_default();
    let (host, port) = (value("host"), value("port"));
    let known = |name: &str, value: &str, place| Known {
        name: name.to_owned(),
        value: value.to_owned(),
        place,
    };
    variables
        .iter()
        .map(|(name, value)| {
            let place = match name.rsplit('.').next().unwrap_or_default() {
                "user" => Place::Before("@".to_owned()),
                "id" if name == "team.id" => Place::After("/finesse/api/Team/".to_owned()),
                "id" => Place::After("/finesse/api/User/".to_owned()),
                "host" => Place::Before(format!(":{port}")),
                "port" => Place::After(format!("{host}:")),
                _ => Place::Anywhere,
            };
            known(name, value, place)
        })
        // Paths are part of the request line only; as a word `/ws/` says more than its name.
        .filter(|known| known.name != "ws.path")
        .collect()
}
