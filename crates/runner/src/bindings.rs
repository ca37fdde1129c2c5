//! The values that tokens stand for while a case is played: the scene's variables, and what was
//! captured on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};
use transcript::Generated;

use crate::scene::Scene;

/// Names and their values. A copy is made for each comparison, so the part that grows with the case
/// is shared.
#[derive(Clone)]
pub(crate) struct Bindings {
    scene: Arc<BTreeMap<String, String>>,
    captured: BTreeMap<String, String>,
    generated: Arc<Vec<Generated>>,
    random: SystemRandom,
    /// How many `x` a `{pad(…)}` makes just now.
    pub(crate) pad: usize,
    /// The size that a `{pad(…)}` asked for.
    pub(crate) pad_to: Option<u64>,
}

impl Bindings {
    /// The variables of a scene.
    pub(crate) fn new(scene: &Scene) -> Self {
        let mut variables = scene.variables.clone();
        variables.extend(scene.passwords.clone());
        Self {
            scene: Arc::new(variables),
            captured: BTreeMap::new(),
            generated: Arc::default(),
            random: SystemRandom::new(),
            pad: 0,
            pad_to: None,
        }
    }

    /// The value of a name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.captured.get(name).or_else(|| self.scene.get(name)).map(String::as_str)
    }

    /// Remembers a value under a name; the last one counts.
    pub(crate) fn capture(&mut self, name: &str, value: &str) {
        self.captured.insert(name.to_owned(), value.to_owned());
    }

    /// Remembers a value that our side made up, so that a snapshot does not depend on it.
    pub(crate) fn made_up(&mut self, name: &str, value: &str) {
        let generated = Generated { name: name.to_owned(), value: value.to_owned() };
        Arc::make_mut(&mut self.generated).push(generated);
    }

    /// All that our side made up.
    pub(crate) fn generated(&self) -> &[Generated] {
        &self.generated
    }

    /// Random octets.
    pub(crate) fn random(&self, len: usize) -> Vec<u8> {
        let mut octets = vec![0; len];
        // Filling a buffer fails only where the system has no randomness at all; zeros then still
        // make a valid case.
        let _ = self.random.fill(&mut octets);
        octets
    }
}
