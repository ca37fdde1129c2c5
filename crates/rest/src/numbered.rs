//! Lists of objects with numbers, which paths name.

use contact::{Contact, PhoneBook, Reason, WrapUpReason};

use crate::answer::Answer;
use crate::call::Call;
use crate::desk::Desk;
use crate::problem::Problem;

/// The most objects of a kind (Cisco DevNet, "PhoneBooks" and the like; the same for all here).
pub(crate) const MOST: usize = 1500;

/// An object with a number.
pub(crate) trait Numbered {
    fn id(&self) -> u32;
    fn set_id(&mut self, id: u32);
}

macro_rules! numbered {
    ($($type:ty)*) => {$(
        impl Numbered for $type {
            fn id(&self) -> u32 {
                self.id
            }

            fn set_id(&mut self, id: u32) {
                self.id = id;
            }
        }
    )*};
}

numbered!(Reason WrapUpReason PhoneBook Contact);

/// The object whose id is this part of the path.
pub(crate) fn found<'l, T: Numbered>(
    list: &'l [T],
    call: &Call<'_>,
    part: usize,
    kind: &str,
) -> Result<&'l T, Problem> {
    let id = path_id(call, part);
    list.iter().find(|it| Some(it.id()) == id).ok_or_else(|| unknown(kind))
}

pub(crate) fn found_mut<'l, T: Numbered>(
    list: &'l mut [T],
    call: &Call<'_>,
    part: usize,
    kind: &str,
) -> Result<&'l mut T, Problem> {
    let id = path_id(call, part);
    list.iter_mut().find(|it| Some(it.id()) == id).ok_or_else(|| unknown(kind))
}

/// The last part of the path.
pub(crate) fn last(call: &Call<'_>) -> usize {
    call.path.len().saturating_sub(1)
}

fn path_id(call: &Call<'_>, part: usize) -> Option<u32> {
    call.path.get(part)?.parse().ok()
}

pub(crate) fn unknown(kind: &str) -> Problem {
    Problem::not_found(&format!("{kind}Id"), kind)
}

pub(crate) fn too_many() -> Problem {
    Problem::limit("", "Maximum Exceeded").note(format!("{MOST} is the most"))
}

/// Adds an object under the next id.
pub(crate) fn add<T: Numbered>(list: &mut Vec<T>, mut object: T) -> Result<u32, Problem> {
    if list.len() >= MOST {
        return Err(too_many());
    }
    let id = list.iter().map(Numbered::id).max().unwrap_or(0) + 1;
    object.set_id(id);
    list.push(object);
    Ok(id)
}

/// Removes the object that the path names. Returns its number.
pub(crate) fn remove<T: Numbered>(
    list: &mut Vec<T>,
    call: &Call<'_>,
    kind: &str,
) -> Result<u32, Problem> {
    let id = found(list, call, 1, kind)?.id();
    list.retain(|object| object.id() != id);
    Ok(id)
}

impl Desk<'_> {
    /// Developer Guide 12.5, page 241: 200, no body, and where the new object is.
    pub(crate) fn created(&self, call: &Call<'_>, path: &str) -> Answer {
        Answer::empty(200).header("location", self.location(call, path))
    }

    /// The absolute URL of an object.
    pub(crate) fn location(&self, call: &Call<'_>, path: &str) -> String {
        let host = call.host().unwrap_or(self.site.domain);
        format!("https://{host}/finesse/api/{path}")
    }
}
