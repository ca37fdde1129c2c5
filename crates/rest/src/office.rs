//! Reasons, wrap-up reasons, phone books and layouts: users read them, administrators change them
//! (Cisco DevNet, the page of each). The table of routes says which caller may do which.

use contact::{AgentState, Contact, PhoneBook, Reason, Tree, WrapUpReason, documents};

use crate::answer::Answer;
use crate::api::Desk;
use crate::body::Body;
use crate::call::Call;
use crate::problem::Problem;
use crate::range::Part;

/// The most objects of a kind (Cisco DevNet, "PhoneBooks" and the like; the same for all here).
const MOST: usize = 1500;

/// The categories of reasons.
const CATEGORIES: [&str; 2] = ["NOT_READY", "LOGOUT"];

pub(crate) fn reasons(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let category = call.parameter("category").ok_or_else(|| Problem::missing("category"))?;
    if !CATEGORIES.contains(&category) {
        return Err(Problem::unknown("category", category, CATEGORIES));
    }
    let reasons = &desk.world.office.reasons;
    let own = reasons.iter().filter(|reason| reason.category.name() == category);
    let own = own.map(|reason| documents::reason_code("ReasonCode", reason));
    let list = Tree::branch("ReasonCodes", own).attr("category", category);
    Ok(Answer::document(&list))
}

pub(crate) fn reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = found(&desk.world.office.reasons, call, last(call), "reasonCode")?;
    Ok(Answer::document(&documents::reason_code("ReasonCode", reason)))
}

pub(crate) fn add_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = read_reason(call)?;
    let id = add(&mut desk.world.office.reasons, reason)?;
    Ok(desk.created(call, &format!("ReasonCode/{id}")))
}

pub(crate) fn change_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let changed = read_reason(call)?;
    replace(&mut desk.world.office.reasons, call, changed, "reasonCode")
}

pub(crate) fn remove_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    remove(&mut desk.world.office.reasons, call, "reasonCode")
}

pub(crate) fn wrap_up_reasons(desk: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    let reasons = desk.world.office.wrap_up_reasons.iter().map(wrap_up_document);
    Ok(Answer::document(&Tree::branch("WrapUpReasons", reasons)))
}

pub(crate) fn wrap_up_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = found(&desk.world.office.wrap_up_reasons, call, last(call), "wrapUpReason")?;
    Ok(Answer::document(&wrap_up_document(reason)))
}

pub(crate) fn add_wrap_up_reason(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = read_wrap_up_reason(call)?;
    let id = add(&mut desk.world.office.wrap_up_reasons, reason)?;
    Ok(desk.created(call, &format!("WrapUpReason/{id}")))
}

pub(crate) fn change_wrap_up_reason(
    desk: &mut Desk<'_>,
    call: &Call<'_>,
) -> Result<Answer, Problem> {
    let changed = read_wrap_up_reason(call)?;
    replace(&mut desk.world.office.wrap_up_reasons, call, changed, "wrapUpReason")
}

pub(crate) fn remove_wrap_up_reason(
    desk: &mut Desk<'_>,
    call: &Call<'_>,
) -> Result<Answer, Problem> {
    remove(&mut desk.world.office.wrap_up_reasons, call, "wrapUpReason")
}

/// Phone books with their contacts. The objects of a range are the contacts.
pub(crate) fn phone_books(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let books = &desk.world.office.phone_books;
    let count = books.iter().map(|book| book.contacts.len()).sum();
    let part = Part::of(call.head, count)?;
    let range = part.map_or(0..count, |part| part.from..part.to);
    let mut before = 0;
    let documents: Vec<Tree> = books
        .iter()
        .map(|book| {
            let length = book.contacts.len();
            let from = range.start.saturating_sub(before).min(length);
            let to = range.end.saturating_sub(before).clamp(from, length);
            before += length;
            book_document(book, &book.contacts[from..to])
        })
        .collect();
    let list = Tree::branch("PhoneBooks", documents);
    Ok(match part {
        Some(part) if part.is_partial() => {
            Answer::with_document(206, &list).header("Content-Range", part.header())
        }
        _ => Answer::document(&list),
    })
}

pub(crate) fn phone_book(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found(&desk.world.office.phone_books, call, 1, "phoneBook")?;
    Ok(Answer::document(&book_document(book, &book.contacts)))
}

pub(crate) fn add_phone_book(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let name = read_book_name(call)?;
    let book = PhoneBook { id: 0, name, contacts: Vec::new() };
    let id = add(&mut desk.world.office.phone_books, book)?;
    Ok(desk.created(call, &format!("PhoneBook/{id}")))
}

pub(crate) fn change_phone_book(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let name = read_book_name(call)?;
    found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?.name = name;
    Ok(Answer::empty(200))
}

pub(crate) fn remove_phone_book(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    remove(&mut desk.world.office.phone_books, call, "phoneBook")
}

pub(crate) fn contacts(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found(&desk.world.office.phone_books, call, 1, "phoneBook")?;
    let contacts = book.contacts.iter().map(|contact| contact_document(book.id, contact));
    Ok(Answer::document(&Tree::branch("Contacts", contacts)))
}

pub(crate) fn contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found(&desk.world.office.phone_books, call, 1, "phoneBook")?;
    let contact = found(&book.contacts, call, 3, "contact")?;
    Ok(Answer::document(&contact_document(book.id, contact)))
}

pub(crate) fn add_contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let contact = read_contact(call)?;
    let all = desk.world.office.phone_books.iter().flat_map(|book| &book.contacts);
    let id = all.map(|contact| contact.id).max().unwrap_or(0) + 1;
    let book = found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?;
    if book.contacts.len() >= MOST {
        return Err(too_many());
    }
    book.contacts.push(Contact { id, ..contact });
    let path = format!("PhoneBook/{}/Contact/{id}", book.id);
    Ok(desk.created(call, &path))
}

pub(crate) fn change_contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let changed = read_contact(call)?;
    let book = found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?;
    let contact = found_mut(&mut book.contacts, call, 3, "contact")?;
    *contact = Contact { id: contact.id, ..changed };
    Ok(Answer::empty(200))
}

pub(crate) fn remove_contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?;
    let id = found(&book.contacts, call, 3, "contact")?.id;
    book.contacts.retain(|contact| contact.id != id);
    Ok(Answer::empty(200))
}

pub(crate) fn layout(_: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::document(&layout_document()))
}

pub(crate) fn layouts(_: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::document(&Tree::branch("MediaPropertiesLayouts", [layout_document()])))
}

pub(crate) fn workflows(_: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::document(&Tree::branch("Workflows", [])))
}

// Bodies.

fn read_reason(call: &Call<'_>) -> Result<Reason, Problem> {
    let known = ["category", "code", "label", "forAll", "uri", "systemCode", "id"];
    let body = Body::read(call.body, "ReasonCode", &known)?;
    let category = body.needed(&["category"])?;
    let code = body.needed(&["code"])?;
    let label = body.needed(&["label"])?;
    let for_all = flag(&body, "forAll")?;
    let state = match category.as_str() {
        "NOT_READY" => AgentState::NotReady,
        "LOGOUT" => AgentState::Logout,
        _ => return Err(Problem::unknown("category", &category, CATEGORIES)),
    };
    let code = code.parse().map_err(|_| Problem::invalid("code", &code))?;
    Ok(Reason { id: 0, code, label, category: state, for_all, system: false })
}

fn read_wrap_up_reason(call: &Call<'_>) -> Result<WrapUpReason, Problem> {
    let body = Body::read(call.body, "WrapUpReason", &["label", "forAll", "uri"])?;
    let label = body.needed(&["label"])?;
    let for_all = flag(&body, "forAll")?;
    Ok(WrapUpReason { id: 0, label, for_all })
}

/// A value that is `true` or `false`.
fn flag(body: &Body, name: &str) -> Result<bool, Problem> {
    let text = body.needed(&[name])?;
    text.parse().map_err(|_| Problem::unknown(name, &text, ["true", "false"]))
}

fn read_book_name(call: &Call<'_>) -> Result<String, Problem> {
    Body::read(call.body, "PhoneBook", &["name", "type", "uri"])?.needed(&["name"])
}

fn read_contact(call: &Call<'_>) -> Result<Contact, Problem> {
    let known = ["firstName", "lastName", "phoneNumber", "description", "uri"];
    let body = Body::read(call.body, "Contact", &known)?;
    let number = body.needed(&["phoneNumber"])?;
    let text = |name: &str| body.text(&[name]).unwrap_or_default();
    Ok(Contact {
        id: 0,
        first_name: text("firstName"),
        last_name: text("lastName"),
        number,
        note: text("description"),
    })
}

// Documents.

fn wrap_up_document(reason: &WrapUpReason) -> Tree {
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/WrapUpReason/{}", reason.id)),
        Tree::leaf("label", reason.label.as_str()),
        Tree::leaf("forAll", if reason.for_all { "true" } else { "false" }),
    ];
    Tree::branch("WrapUpReason", fields)
}

fn book_document(book: &PhoneBook, contacts: &[Contact]) -> Tree {
    let contacts = contacts.iter().map(|contact| contact_document(book.id, contact));
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/PhoneBook/{}", book.id)),
        Tree::leaf("name", book.name.as_str()),
        Tree::leaf("type", "GLOBAL"),
        Tree::branch("contacts", contacts),
    ];
    Tree::branch("PhoneBook", fields)
}

fn contact_document(book: u32, contact: &Contact) -> Tree {
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/PhoneBook/{book}/Contact/{}", contact.id)),
        Tree::leaf("firstName", contact.first_name.as_str()),
        Tree::leaf("lastName", contact.last_name.as_str()),
        Tree::leaf("phoneNumber", contact.number.as_str()),
        Tree::leaf("description", contact.note.as_str()),
    ];
    Tree::branch("Contact", fields)
}

/// The layout of a fresh installation: the first call variable in the head, all ten below.
fn layout_document() -> Tree {
    let entry = |name: String| {
        let fields = [
            Tree::leaf("displayName", name.as_str()),
            Tree::leaf("mediaProperty", name.as_str()),
            Tree::leaf("showInPopOver", "false"),
            Tree::leaf("uiEditable", "false"),
        ];
        Tree::branch("entry", fields)
    };
    let column = |numbers: std::ops::RangeInclusive<u32>| {
        Tree::branch("column", numbers.map(|number| entry(format!("callVariable{number}"))))
    };
    let fields = [
        Tree::leaf("uri", "/finesse/api/MediaPropertiesLayout/1"),
        Tree::leaf("name", "Default Layout"),
        Tree::leaf("description", "Layout used when no other layout matches"),
        Tree::leaf("type", "DEFAULT"),
        Tree::branch("header", [entry("callVariable1".to_owned())]),
        column(1..=5),
        column(6..=10),
    ];
    Tree::branch("MediaPropertiesLayout", fields)
}

// Lists of objects with ids.

trait Numbered {
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
fn found<'l, T: Numbered>(
    list: &'l [T],
    call: &Call<'_>,
    part: usize,
    kind: &str,
) -> Result<&'l T, Problem> {
    let id = path_id(call, part);
    list.iter().find(|it| Some(it.id()) == id).ok_or_else(|| unknown(kind))
}

fn found_mut<'l, T: Numbered>(
    list: &'l mut [T],
    call: &Call<'_>,
    part: usize,
    kind: &str,
) -> Result<&'l mut T, Problem> {
    let id = path_id(call, part);
    list.iter_mut().find(|it| Some(it.id()) == id).ok_or_else(|| unknown(kind))
}

/// The last part of the path.
fn last(call: &Call<'_>) -> usize {
    call.path.len().saturating_sub(1)
}

fn path_id(call: &Call<'_>, part: usize) -> Option<u32> {
    call.path.get(part)?.parse().ok()
}

fn unknown(kind: &str) -> Problem {
    Problem::not_found(&format!("{kind}Id"), kind)
}

fn too_many() -> Problem {
    Problem::limit("", "Maximum Exceeded").note(format!("{MOST} is the most"))
}

/// Adds an object under the next id.
fn add<T: Numbered>(list: &mut Vec<T>, mut object: T) -> Result<u32, Problem> {
    if list.len() >= MOST {
        return Err(too_many());
    }
    let id = list.iter().map(Numbered::id).max().unwrap_or(0) + 1;
    object.set_id(id);
    list.push(object);
    Ok(id)
}

fn replace<T: Numbered>(
    list: &mut [T],
    call: &Call<'_>,
    mut changed: T,
    kind: &str,
) -> Result<Answer, Problem> {
    let object = found_mut(list, call, 1, kind)?;
    changed.set_id(object.id());
    *object = changed;
    Ok(Answer::empty(200))
}

fn remove<T: Numbered>(list: &mut Vec<T>, call: &Call<'_>, kind: &str) -> Result<Answer, Problem> {
    let id = found(list, call, 1, kind)?.id();
    list.retain(|object| object.id() != id);
    Ok(Answer::empty(200))
}

impl Desk<'_> {
    /// Developer Guide 12.5, page 241: 200, no body, and where the new object is.
    fn created(&self, call: &Call<'_>, path: &str) -> Answer {
        Answer::empty(200).header("location", self.location(call, path))
    }

    /// The absolute URL of an object.
    pub(crate) fn location(&self, call: &Call<'_>, path: &str) -> String {
        let host = call.host().unwrap_or(self.site.domain);
        format!("https://{host}/finesse/api/{path}")
    }
}
