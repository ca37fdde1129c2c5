//! All objects of configuration, and the rules between them.

use std::collections::BTreeMap;
use std::fmt;

use super::object::Object;
use super::schema::Kind;

/// All objects, by the name of their kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects(BTreeMap<&'static str, Vec<Object>>);

/// Why an object cannot stand beside the others of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// Another one has its name (Developer Guide 12.5, page 296).
    Name(String),
    /// Another one is the default one.
    SecondDefault(u32),
    /// It was the default one, and would be no longer.
    NoDefault,
}

impl Objects {
    /// The objects of a kind, in their order.
    pub fn of(&self, kind: &Kind) -> &[Object] {
        self.0.get(kind.one).map(Vec::as_slice).unwrap_or_default()
    }

    /// The object of a kind that counts where no other does.
    pub fn default_of(&self, kind: &Kind) -> Option<&Object> {
        self.of(kind).iter().find(|object| object.is_default())
    }

    /// Adds an object under the next number; that of a single kind takes the place of the one that
    /// there is. Returns its number.
    ///
    /// # Errors
    ///
    /// It cannot stand beside the others.
    pub fn add(&mut self, kind: &'static Kind, mut object: Object) -> Result<u32, Conflict> {
        self.check(kind, &object)?;
        let list = self.0.entry(kind.one).or_default();
        if kind.is_single {
            list.clear();
        } else {
            object.id = list.iter().map(|other| other.id).max().unwrap_or(0) + 1;
        }
        let id = object.id;
        list.push(object);
        Ok(id)
    }

    /// Puts an object in the place of the one of its number.
    ///
    /// # Errors
    ///
    /// It cannot stand beside the others.
    pub fn replace(&mut self, kind: &Kind, object: Object) -> Result<(), Conflict> {
        self.check(kind, &object)?;
        let list = self.0.get_mut(kind.one);
        if let Some(own) = list.and_then(|list| list.iter_mut().find(|own| own.id == object.id)) {
            *own = object;
        }
        Ok(())
    }

    /// Removes the object of this number, if it is there.
    pub fn remove(&mut self, kind: &Kind, id: u32) {
        if let Some(list) = self.0.get_mut(kind.one) {
            list.retain(|object| object.id != id);
        }
    }

    /// The object of another kind that names this one by its path, in words.
    pub fn user_of(&self, kind: &Kind, id: u32) -> Option<String> {
        let path = format!("/finesse/api/{}/{id}", kind.one);
        let all = self.0.iter().flat_map(|(one, list)| list.iter().map(move |it| (one, it)));
        let mut users = all.filter(|(_, object)| object.fields.iter().any(|it| it.holds(&path)));
        users.next().map(|(one, object)| format!("<{one}> {}", object.text("name")))
    }

    fn check(&self, kind: &Kind, object: &Object) -> Result<(), Conflict> {
        let list = self.of(kind);
        let others = || list.iter().filter(|other| other.id != object.id);
        let name = object.text("name");
        if !name.is_empty() && others().any(|other| other.text("name") == name) {
            return Err(Conflict::Name(name.to_owned()));
        }
        let was_default = list.iter().any(|own| own.id == object.id && own.is_default());
        match others().find(|other| other.is_default()) {
            Some(other) if object.is_default() => Err(Conflict::SecondDefault(other.id)),
            None if was_default && !object.is_default() => Err(Conflict::NoDefault),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "the name {name:?} is taken"),
            Self::SecondDefault(id) => {
                write!(f, "number {id} is the default one, and there is one of them")
            }
            Self::NoDefault => f.write_str("it is the default one, and has to stay it"),
        }
    }
}
