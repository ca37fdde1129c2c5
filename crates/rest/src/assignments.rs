//! Assignments to teams: the reasons, phone books and workflows that an administrator gives to a
//! team, its desktop, and what of it a user sees (Cisco DevNet, "Team", "TeamResource").

use contact::{Assignable, Kind, Tree, documents};

use crate::answer::Answer;
use crate::body::{Body, child_text};
use crate::call::Call;
use crate::desk::Desk;
use crate::problem::Problem;
use crate::{phone_books, reasons};

/// The element of a team's desktop.
const DESKTOP: &str = "TeamLayoutConfig";

/// An object that can be assigned.
struct Item {
    id: u32,
    is_for_all: bool,
    document: Tree,
}

/// The objects of a kind that are assigned to a team.
pub(crate) fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.team(call)?.id;
    let (what, names) = kind(call)?;
    let items = desk.items(what, call)?;
    let own = items.into_iter().filter(|it| desk.world.office.assignments.has(what, it.id, &team));
    let list = Tree::list(names.list, own.map(|it| it.document));
    Ok(Answer::document(match call.parameter("category") {
        Some(category) if what == Assignable::Reason => list.attr("category", category),
        _ => list,
    }))
}

/// An administrator says which objects of a kind are for a team, beside those for all.
pub(crate) fn change(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.assigned_team(call)?;
    let (what, names) = kind(call)?;
    let items = desk.items(what, call)?;
    let body = Body::read(call.body, names.list, &[names.one, "uri"])?;
    let mut wanted = Vec::new();
    for element in body.all(&[names.one]) {
        let uri = child_text(element, "uri").unwrap_or_default();
        let path = format!("/finesse/api/{}/", names.one);
        let id = uri.strip_prefix(&path).and_then(|id| id.parse::<u32>().ok());
        match items.iter().find(|item| Some(item.id) == id) {
            Some(item) if item.is_for_all => {
                let note = format!("{uri} is for all teams: it is assigned to none");
                return Err(Problem::api(&uri, "is global").note(note));
            }
            Some(item) => wanted.push(item.id),
            None => {
                let note = format!("<uri> is {path} and the number of an object, not {uri:?}");
                return Err(Problem::api(&uri, "does not exist").note(note));
            }
        }
    }
    let assignments = &mut desk.world.office.assignments;
    for item in &items {
        match wanted.contains(&item.id) {
            true => assignments.add(what, item.id, team.as_str()),
            false => assignments.take(what, item.id, &team),
        }
    }
    Ok(Answer::empty(200).noted(body.note))
}

/// The desktop of a team: its own, or the default one.
pub(crate) fn desktop(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.team(call)?.id;
    let own = desk.world.office.assignments.desktop(&team);
    let fields = [
        Tree::leaf("useDefault", if own.is_none() { "true" } else { "false" }),
        Tree::leaf("layoutxml", own.unwrap_or_else(|| desk.world.office.default_desktop())),
    ];
    Ok(Answer::document(Tree::branch(DESKTOP, fields)))
}

/// An administrator gives a team a desktop of its own, or the default one again. With `useDefault`,
/// the layout is passed over (Developer Guide 12.5, page 327).
pub(crate) fn change_desktop(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.assigned_team(call)?;
    let body = Body::read(call.body, DESKTOP, &["useDefault", "layoutxml"])?;
    let layout = match body.flag_or("useDefault", None)? {
        true => None,
        false => Some(body.needed(&["layoutxml"])?),
    };
    if let Some(layout) = &layout
        && let Err(reason) = contact::check_desktop(layout)
    {
        let note = format!("`layoutxml` is no layout: {reason}");
        return Err(Problem::invalid("layoutxml", "").note(note));
    }
    desk.world.office.assignments.set_desktop(&team, layout);
    Ok(Answer::empty(200).noted(body.note))
}

/// The elements of a kind.
struct Names {
    list: &'static str,
    one: &'static str,
}

/// The kind that the path names.
fn kind(call: &Call<'_>) -> Result<(Assignable, Names), Problem> {
    use Assignable::{PhoneBook, Reason, Workflow, WrapUpReason};
    Ok(match call.path.last().map(String::as_str) {
        Some("ReasonCodes") => (Reason, Names { list: "ReasonCodes", one: "ReasonCode" }),
        Some("WrapUpReasons") => {
            (WrapUpReason, Names { list: "WrapUpReasons", one: "WrapUpReason" })
        }
        Some("PhoneBooks") => (PhoneBook, Names { list: "PhoneBooks", one: "PhoneBook" }),
        Some("Workflows") => (Workflow, Names { list: "Workflows", one: "Workflow" }),
        _ => return Err(Problem::bare(404)),
    })
}

impl Desk<'_> {
    /// The team whose objects a request reads; none if it reads those of all teams.
    pub(crate) fn team_of(&self, call: &Call<'_>) -> Result<Option<String>, Problem> {
        Ok(match call.path.first().map(String::as_str) {
            Some("User") => Some(self.readable(call)?.team.id),
            Some("Team" | "TeamResource") => Some(self.team(call)?.id),
            _ => None,
        })
    }

    /// Whether an object is for a team, or for any.
    pub(crate) fn is_for(
        &self,
        team: Option<&str>,
        what: Assignable,
        id: u32,
        for_all: bool,
    ) -> bool {
        team.is_none_or(|team| self.world.office.is_for(team, what, id, for_all))
    }

    /// The team to which something is assigned.
    fn assigned_team(&self, call: &Call<'_>) -> Result<String, Problem> {
        let id = call.path.get(1).map(String::as_str).unwrap_or_default();
        self.team(call)
            .map(|team| team.id)
            .map_err(|_| Problem::no_team(id).note(format!("no team is named {id:?}")))
    }

    /// The objects of a kind; of reasons, those of the category that the request names.
    fn items(&self, what: Assignable, call: &Call<'_>) -> Result<Vec<Item>, Problem> {
        let office = &self.world.office;
        Ok(match what {
            Assignable::Reason => {
                let category = reasons::category(call)?;
                let own = office.reasons.iter().filter(|it| it.category.name() == category);
                let item = |it: &contact::Reason| {
                    let document = documents::reason_code("ReasonCode", it);
                    Item { id: it.id, is_for_all: it.for_all, document }
                };
                own.map(item).collect()
            }
            Assignable::WrapUpReason => {
                let item = |it: &contact::WrapUpReason| {
                    let document = reasons::wrap_up_document(it);
                    Item { id: it.id, is_for_all: it.for_all, document }
                };
                office.wrap_up_reasons.iter().map(item).collect()
            }
            Assignable::PhoneBook => {
                let item = |it: &contact::PhoneBook| Item {
                    id: it.id,
                    is_for_all: it.for_all,
                    document: phone_books::summary(it),
                };
                office.phone_books.iter().map(item).collect()
            }
            Assignable::Workflow => {
                let Some(kind) = Kind::named("Workflow") else { return Ok(Vec::new()) };
                let item = |it: &contact::Object| Item {
                    id: it.id,
                    is_for_all: false,
                    document: kind.document(it),
                };
                office.objects.of(kind).iter().map(item).collect()
            }
        })
    }
}
