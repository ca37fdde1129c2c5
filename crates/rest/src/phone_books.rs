//! Phone books: users read those for their team, administrators change them (Cisco DevNet,
//! "PhoneBook", "Contact"). The table of routes says which caller may do which.

use contact::{Assignable, Contact, PhoneBook, Tree};

use crate::answer::Answer;
use crate::body::Body;
use crate::call::Call;
use crate::desk::Desk;
use crate::numbered::{MOST, add, found, found_mut, remove, too_many};
use crate::problem::Problem;
use crate::range::Part;

/// The types of phone books: for all, or for the teams to which they are assigned.
const GLOBAL: &str = "GLOBAL";
const TEAM: &str = "TEAM";

/// All phone books, each with the path of its contacts.
pub(crate) fn all(desk: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    let books = desk.world.office.phone_books.iter().map(summary);
    Ok(Answer::document(Tree::list("PhoneBooks", books)))
}

/// The phone books for a team, with their contacts. The objects of a range are the contacts.
pub(crate) fn with_contacts(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let team = desk.team_of(call)?;
    let books = desk.world.office.phone_books.iter();
    let books: Vec<&PhoneBook> = books
        .filter(|it| desk.is_for(team.as_deref(), Assignable::PhoneBook, it.id, it.for_all))
        .collect();
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
            with(book, &book.contacts[from..to])
        })
        .collect();
    let list = Tree::list("PhoneBooks", documents);
    Ok(match part {
        Some(part) if part.is_partial() => {
            Answer::with_document(206, list).header("Content-Range", part.header())
        }
        _ => Answer::document(list),
    })
}

pub(crate) fn one(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found(&desk.world.office.phone_books, call, 1, "phoneBook")?;
    Ok(Answer::document(summary(book)))
}

pub(crate) fn add_book(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = read_book(call, None)?;
    let id = add(&mut desk.world.office.phone_books, book)?;
    Ok(desk.created(call, &format!("PhoneBook/{id}")))
}

pub(crate) fn change(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?;
    *book = read_book(call, Some(book))?;
    Ok(Answer::empty(200))
}

pub(crate) fn remove_book(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let id = remove(&mut desk.world.office.phone_books, call, "phoneBook")?;
    desk.world.office.assignments.forget(Assignable::PhoneBook, id);
    Ok(Answer::empty(200))
}

pub(crate) fn contacts(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found(&desk.world.office.phone_books, call, 1, "phoneBook")?;
    let contacts = book.contacts.iter().map(|contact| contact_document(book.id, contact));
    Ok(Answer::document(Tree::list("Contacts", contacts)))
}

pub(crate) fn contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found(&desk.world.office.phone_books, call, 1, "phoneBook")?;
    let contact = found(&book.contacts, call, 3, "contact")?;
    Ok(Answer::document(contact_document(book.id, contact)))
}

pub(crate) fn add_contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let contact = read_contact(call, None)?;
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
    let book = found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?;
    let contact = found_mut(&mut book.contacts, call, 3, "contact")?;
    *contact = read_contact(call, Some(contact))?;
    Ok(Answer::empty(200))
}

pub(crate) fn remove_contact(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let book = found_mut(&mut desk.world.office.phone_books, call, 1, "phoneBook")?;
    let id = found(&book.contacts, call, 3, "contact")?.id;
    book.contacts.retain(|contact| contact.id != id);
    Ok(Answer::empty(200))
}

/// The phone book of a request: a new one, or a changed one, whose other fields stay as they are.
/// Without `type` it is for all; the guide demands the element, and published tools leave it out.
fn read_book(call: &Call<'_>, before: Option<&PhoneBook>) -> Result<PhoneBook, Problem> {
    let body = Body::read(call.body, "PhoneBook", &["name", "type", "uri"])?;
    if before.is_some() {
        body.any_of(&["name", "type"])?;
    }
    let name = body.text_or("name", before.map(|it| it.name.clone()))?;
    let for_all = match body.text(&["type"]).as_deref() {
        None => before.is_none_or(|it| it.for_all),
        Some(GLOBAL) => true,
        Some(TEAM) => false,
        Some(other) => return Err(Problem::unknown("type", other, [GLOBAL, TEAM])),
    };
    let (id, contacts) = before.map(|it| (it.id, it.contacts.clone())).unwrap_or_default();
    Ok(PhoneBook { id, name, for_all, contacts })
}

/// The same of a contact, which needs a number.
fn read_contact(call: &Call<'_>, before: Option<&Contact>) -> Result<Contact, Problem> {
    let known = ["firstName", "lastName", "phoneNumber", "description", "uri"];
    let body = Body::read(call.body, "Contact", &known)?;
    if before.is_some() {
        body.any_of(&known[..4])?;
    }
    let number = body.text_or("phoneNumber", before.map(|it| it.number.clone()))?;
    let before = before.cloned().unwrap_or_default();
    let text = |name: &str, before| body.text(&[name]).unwrap_or(before);
    Ok(Contact {
        id: before.id,
        first_name: text("firstName", before.first_name),
        last_name: text("lastName", before.last_name),
        number,
        note: text("description", before.note),
    })
}

/// A phone book with these of its contacts.
fn with(book: &PhoneBook, contacts: &[Contact]) -> Tree {
    let contacts = contacts.iter().map(|contact| contact_document(book.id, contact));
    document(book, Tree::list("contacts", contacts))
}

/// A phone book with the path of its contacts (Cisco DevNet, "PhoneBook").
pub(crate) fn summary(book: &PhoneBook) -> Tree {
    document(book, Tree::leaf("contacts", format!("/finesse/api/PhoneBook/{}/Contacts", book.id)))
}

fn document(book: &PhoneBook, contacts: Tree) -> Tree {
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/PhoneBook/{}", book.id)),
        Tree::leaf("name", book.name.as_str()),
        Tree::leaf("type", if book.for_all { GLOBAL } else { TEAM }),
        contacts,
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
