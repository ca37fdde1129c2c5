//! `like = "NAME"`: the deviations and snapshots of another target hold for this one too.

use std::collections::BTreeMap;

use super::{Deviation, Endpoint, Target, TargetError, is_glob};
use crate::layers::Layers;

/// Deeds of a real server now and then, which the fake of its kind does by a fault alone. Targets
/// that are like the fake take them over.
#[derive(Debug, Clone, Default)]
pub struct RealServer {
    /// As [`Target::volatile`].
    pub volatile: BTreeMap<String, String>,
    /// As [`Target::deviations`].
    pub deviations: Vec<Deviation>,
}

/// Loads a target and all that it is like; `before` holds the names on the way to it.
pub(super) fn load(layers: &Layers, name: &str, before: &[&str]) -> Result<Target, TargetError> {
    let (mut target, path) = Target::load_alone(layers, name)?;
    let Some(like) = target.like.first().cloned() else { return Ok(target) };
    let wrong = |why: String| TargetError::Like { path: path.clone(), like: like.clone(), why };
    if like == target.name || before.contains(&like.as_str()) {
        return Err(wrong("a target cannot be like itself".to_owned()));
    }
    let way: Vec<&str> = before.iter().copied().chain([target.name.as_str()]).collect();
    let model = load(layers, &like, &way).map_err(|error| wrong(error.to_string()))?;
    if is_fake(&target) && !is_fake(&model) {
        return Err(wrong("a fake is like another fake, not like a server".to_owned()));
    }
    target.take_over(model);
    Ok(target)
}

fn is_fake(target: &Target) -> bool {
    matches!(target.endpoint, Endpoint::Fake { .. })
}

impl Target {
    /// Takes over the facts about a target that this one is like. Entries of its own file count
    /// first.
    fn take_over(&mut self, model: Self) {
        let globs = model.rules_out.into_iter().filter(|(key, _)| is_glob(key));
        add(&mut self.rules_out, globs);
        add(&mut self.volatile, model.volatile);
        self.like.extend(model.like);
        if is_fake(self) {
            // A fake does all of it, each time.
            self.deviations.extend(model.deviations);
            add(&mut self.real.volatile, model.real.volatile);
            self.real.deviations.extend(model.real.deviations);
            return;
        }
        add(&mut self.volatile, model.real.volatile);
        let name = model.name;
        let taken = model.deviations.into_iter().chain(model.real.deviations).map(|mut taken| {
            taken.about.like.get_or_insert_with(|| name.clone());
            taken
        });
        self.deviations.extend(taken);
    }
}

fn add(own: &mut BTreeMap<String, String>, taken: impl IntoIterator<Item = (String, String)>) {
    for (key, reason) in taken {
        own.entry(key).or_insert(reason);
    }
}
