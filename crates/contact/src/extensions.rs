//! The extensions that agents have, found without a look at every agent.

use std::collections::{BTreeSet, HashMap};

use crate::agent::Agent;

/// The agents of each extension, signed in or not: several may have the same one, and one of them
/// uses it at a time.
#[derive(Debug, Default)]
pub(crate) struct Extensions(HashMap<String, BTreeSet<String>>);

impl Extensions {
    /// Those of these agents.
    pub(crate) fn of<'a>(agents: impl IntoIterator<Item = &'a Agent>) -> Self {
        let mut extensions = Self::default();
        agents.into_iter().for_each(|agent| extensions.add(&agent.extension, &agent.id));
        extensions
    }

    /// The ids of the agents who have this extension, in order.
    pub(crate) fn agents_at(&self, extension: &str) -> impl Iterator<Item = &str> {
        self.0.get(extension).into_iter().flatten().map(String::as_str)
    }

    /// An agent has another extension from now on.
    pub(crate) fn change(&mut self, agent: &str, from: &str, to: &str) {
        if let Some(agents) = self.0.get_mut(from) {
            agents.remove(agent);
            if agents.is_empty() {
                self.0.remove(from);
            }
        }
        self.add(to, agent);
    }

    fn add(&mut self, extension: &str, agent: &str) {
        self.0.entry(extension.to_owned()).or_default().insert(agent.to_owned());
    }
}
