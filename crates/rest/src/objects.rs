//! Configuration objects of every kind that a schema describes: the list, one of them, and the
//! changes of administrators (Cisco DevNet, the page of each). The path names the kind; the table
//! of routes says which callers may do which.

use contact::{Assignable, Conflict, Kind, Mistake, Object, Tree, Unfit};

use crate::answer::Answer;
use crate::body;
use crate::call::Call;
use crate::desk::Desk;
use crate::problem::Problem;

/// The most objects of a kind. The number is chosen here.
const MOST: usize = 200;

/// The longest body with one of many objects, in octets. The number is chosen here: it bounds the
/// memory of all objects.
const LONGEST: usize = 64 * 1024;

/// The objects of a kind: all of them, or those of a team.
pub(crate) fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = kind(call)?;
    let (assignable, team) = (Assignable::of(kind), desk.team_of(call)?);
    let objects = desk.world.office.objects.of(kind).iter();
    let objects = objects
        .filter(|object| {
            assignable.is_none_or(|what| desk.is_for(team.as_deref(), what, object.id, false))
        })
        .map(|object| kind.document(object));
    Ok(Answer::document(Tree::list(kind.path, objects)))
}

/// One object.
pub(crate) fn one(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = desk.kind(call)?;
    Ok(Answer::document(kind.document(desk.object(kind, call)?)))
}

/// The layout of users that no other layout is for.
pub(crate) fn default_layout(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = kind(call)?;
    let layout = desk.world.office.objects.default_of(kind);
    layout.map(|layout| Answer::document(kind.document(layout))).ok_or_else(|| unknown(kind))
}

/// An administrator adds an object.
pub(crate) fn add(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = kind(call)?;
    let object = read(kind, call, None)?;
    let objects = desk.world.office.objects.of(kind);
    if objects.len() >= MOST {
        return Err(Problem::limit("", "Maximum Exceeded").note(format!("{MOST} is the most")));
    }
    let added = desk.world.office.objects.add(kind, object);
    let id = added.map_err(|conflict| conflicting(kind, &conflict))?;
    let location = desk.location(call, &format!("{}/{id}", kind.one));
    // Developer Guide 12.5, page 241: 200, no body, and where the new object is.
    Ok(Answer::empty(200).header("location", location))
}

/// An administrator changes fields of an object.
pub(crate) fn change(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = desk.kind(call)?;
    let before = match desk.object(kind, call) {
        Ok(object) => Some(object.clone()),
        // The one object of a kind begins with its first change.
        Err(_) if kind.is_single => None,
        Err(problem) => return Err(problem),
    };
    let object = read(kind, call, before.as_ref())?;
    let objects = &mut desk.world.office.objects;
    let changed = match before {
        Some(_) => objects.replace(kind, object),
        None => objects.add(kind, object).map(|_| ()),
    };
    changed.map_err(|conflict| conflicting(kind, &conflict))?;
    Ok(Answer::empty(200))
}

/// An administrator removes an object that no other needs.
pub(crate) fn remove(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let kind = kind(call)?;
    let object = desk.object(kind, call)?;
    let id = object.id;
    if object.is_default() {
        // Cisco DevNet, "MediaPropertiesLayout API Errors".
        let note = format!("<{}> {id} is the default one, which stays", kind.one);
        return Err(Problem::forbidden().note(note));
    }
    if let Some(user) = desk.world.office.objects.user_of(kind, id) {
        let note = format!("<{}> {id} is in use: {user} names it", kind.one);
        return Err(Problem::in_use(kind.one).note(note));
    }
    desk.world.office.objects.remove(kind, id);
    if let Some(what) = Assignable::of(kind) {
        desk.world.office.assignments.forget(what, id);
    }
    Ok(Answer::empty(200))
}

/// The kind that the path names.
fn kind(call: &Call<'_>) -> Result<&'static Kind, Problem> {
    call.path.iter().rev().find_map(|part| Kind::named(part)).ok_or_else(|| Problem::bare(404))
}

fn read(kind: &Kind, call: &Call<'_>, before: Option<&Object>) -> Result<Object, Problem> {
    if !kind.is_single && call.body.len() > LONGEST {
        let note = format!("a body with <{}> has at most {LONGEST} octets", kind.one);
        return Err(Problem::invalid(kind.one, "").note(note));
    }
    let element = body::element(call.body, kind.one)?;
    kind.read(&element, before).map_err(|unfit| {
        let Unfit { name, mistake, .. } = &unfit;
        let (problem, near) = match mistake {
            Mistake::Missing => (Problem::missing(name), None),
            Mistake::Unknown(known) => (Problem::invalid(name, ""), body::near(name, known)),
            _ => (Problem::invalid(name, ""), None),
        };
        problem.note(unfit.to_string()).and(near)
    })
}

fn conflicting(kind: &Kind, conflict: &Conflict) -> Problem {
    let problem = match conflict {
        Conflict::Name(_) => Problem::duplicate(kind.one),
        Conflict::SecondDefault(_) | Conflict::NoDefault => Problem::invalid("type", ""),
    };
    problem.note(format!("<{}> cannot be kept: {conflict}", kind.one))
}

fn unknown(kind: &Kind) -> Problem {
    let mut parameter = kind.one.to_owned();
    parameter[..1].make_ascii_lowercase();
    Problem::not_found(&format!("{parameter}Id"), &parameter)
}

impl Desk<'_> {
    /// The kind that the path names, if the deployment has it.
    fn kind(&self, call: &Call<'_>) -> Result<&'static Kind, Problem> {
        let kind = kind(call)?;
        match kind.is_of_cce {
            true => self.need_cce(kind.one).map(|()| kind),
            false => Ok(kind),
        }
    }

    /// The object that the path names: by its number, as the default one, or as the only one.
    fn object(&self, kind: &Kind, call: &Call<'_>) -> Result<&Object, Problem> {
        let objects = &self.world.office.objects;
        let name = call.path.last().map(String::as_str).unwrap_or_default();
        let found = match name.parse::<u32>() {
            _ if kind.is_single => objects.of(kind).first(),
            Ok(id) => objects.of(kind).iter().find(|object| object.id == id),
            // Cisco DevNet, "MediaPropertiesLayout: Get Default Layout".
            Err(_) if name == "default" => objects.default_of(kind),
            Err(_) => None,
        };
        found.ok_or_else(|| unknown(kind))
    }
}
