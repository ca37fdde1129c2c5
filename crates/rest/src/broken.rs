//! Rules of the API broken on purpose, for tests of the conformance suite: a request is changed
//! before it is read, and its answer before it is sent. A server without broken rules does not come
//! here.

use contact::World;
use stanza::{Element, Node, Rules};
use wire::{Headers, RequestHead};

use crate::answer::Answer;
use crate::call::Call;
use crate::caller::Caller;

/// A rule of the API that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A password is the account's own.
    Passwords,
    /// Objects are for certain callers.
    Owners,
    /// A request that writes has an effect.
    Writes,
    /// A call that is answered is answered.
    Answers,
    /// Any other action in a call has an effect.
    Actions,
    /// A request that was accepted is answered with 202.
    Accepted,
    /// A request that cannot be carried out is refused.
    Refusals,
    /// A refusal has a document.
    Errors,
    /// Answers have the headers that belong to them.
    Headers,
    /// An answer says of what type its document is.
    Types,
    /// The id of a request comes back in events and refusals.
    RequestIds,
    /// The answer to a GET has no id.
    IdsOfReads,
    /// Documents have content.
    Documents,
    /// Elements of documents begin with a capital where Finesse has one.
    Capitals,
    /// Empty elements are there.
    EmptyElements,
    /// Parameters of the query count.
    Parameters,
    /// Unknown parameters of the query do not count.
    UnknownParameters,
    /// The header `Range` counts.
    Ranges,
    /// The last of equal elements counts.
    LastElement,
    /// White space around values does not count.
    Blanks,
    /// The body of a GET does not count.
    BodiesOfReads,
    /// The login name stands for a user.
    LoginNames,
    /// A path may end with a slash.
    Slashes,
    /// A server that is out of service serves nothing.
    Service,
    /// `SystemInfo` names the domain.
    Domain,
}

/// The parameters of the query that have a meaning.
const PARAMETERS: [&str; 2] = ["category", "includeLoggedOutAgents"];

/// Breaks the rules that are about requests. An answer is one that the request gets unread.
pub(crate) fn request(
    broken: &[Rule],
    world: &World,
    head: &mut RequestHead,
    body: &mut Vec<u8>,
) -> Option<Answer> {
    let is_read = head.method == "GET";
    for rule in broken {
        match rule {
            Rule::Writes if !is_read => return Some(Answer::accepted()),
            Rule::Answers if asks_in_dialog(head, body) == Some(true) => {
                return Some(Answer::accepted());
            }
            Rule::Actions if asks_in_dialog(head, body) == Some(false) => {
                return Some(Answer::accepted());
            }
            Rule::BodiesOfReads if is_read && !body.is_empty() => return Some(Answer::empty(400)),
            Rule::UnknownParameters if has_unknown_parameter(&head.target) => {
                return Some(Answer::empty(400));
            }
            Rule::Slashes if head.target.ends_with('/') => return Some(Answer::empty(404)),
            Rule::LoginNames if names_user_by_login(world, head) => {
                return Some(Answer::empty(404));
            }
            Rule::RequestIds => without(&mut head.headers, "requestId"),
            Rule::Ranges => without(&mut head.headers, "Range"),
            Rule::Parameters => {
                let path = head.target.find('?').unwrap_or(head.target.len());
                head.target.truncate(path);
            }
            Rule::LastElement => rewrite(body, &first_of_equals),
            Rule::Blanks => rewrite(body, &doubtful_blanks),
            _ => {}
        }
    }
    None
}

/// Breaks the rules that are about answers.
pub(crate) fn answer(broken: &[Rule], head: &RequestHead, mut answer: Answer) -> Answer {
    let is_refusal = (400..500).contains(&answer.status) && answer.status != 401;
    for rule in broken {
        match rule {
            Rule::Accepted if answer.status == 202 => answer.status = 200,
            Rule::Refusals if is_refusal => answer = Answer::accepted(),
            Rule::Errors if answer.status >= 400 => answer.body.clear(),
            Rule::Headers => answer.headers.retain(|(name, _)| *name == "Content-Type"),
            Rule::Types => answer.headers.retain(|(name, _)| *name != "Content-Type"),
            Rule::IdsOfReads => {
                let id = head.headers.first("requestId").map(str::to_owned);
                answer.headers.extend(id.map(|id| ("requestId", id)));
            }
            Rule::Documents if answer.status < 400 => rewritten(&mut answer, &|root| {
                root.nodes.clear();
            }),
            Rule::Capitals => rewritten(&mut answer, &lower_case),
            Rule::EmptyElements => rewritten(&mut answer, &without_empty),
            _ => {}
        }
    }
    answer
}

/// The caller to whom an object belongs, in the place of the one who asks.
pub(crate) fn owner(world: &World, call: &Call<'_>, caller: Caller) -> Caller {
    let named = call.path.get(1).and_then(|name| world.agent_named(name));
    let lead = || world.view().agents.into_iter().find(|agent| !agent.supervises.is_empty());
    let agent = match call.path.first().map(String::as_str) {
        Some("User") => named,
        Some("Team" | "TeamMessage" | "TeamMessages") => lead(),
        Some("Dialog") => return caller,
        _ => return Caller::Administrator(caller.name().to_owned()),
    };
    agent.map_or(caller, |agent| Caller::Agent(Box::new(agent)))
}

fn without(headers: &mut Headers, name: &str) {
    headers.0.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
}

fn has_unknown_parameter(target: &str) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').filter_map(|pair| pair.split('=').next());
    names.filter(|name| !name.is_empty()).any(|name| !PARAMETERS.contains(&name))
}

/// Whether a request asks for an answer; none if it asks for nothing in a call.
fn asks_in_dialog(head: &RequestHead, body: &[u8]) -> Option<bool> {
    let is_dialog = Call::new(head, &[]).path.first().is_some_and(|kind| kind == "Dialog");
    (head.method == "PUT" && is_dialog).then(|| String::from_utf8_lossy(body).contains(">ANSWER<"))
}

fn names_user_by_login(world: &World, head: &RequestHead) -> bool {
    let call = Call::new(head, &[]);
    let name = call.path.get(1).filter(|_| call.path.first().is_some_and(|it| it == "User"));
    name.is_some_and(|name| world.agent_named(name).is_some_and(|agent| agent.id != *name))
}

/// Changes a body that is a document.
fn rewrite(body: &mut Vec<u8>, change: &dyn Fn(&mut Element)) {
    let text = String::from_utf8_lossy(body);
    if let Ok((mut root, _)) = stanza::parse_with(&text, &Rules::DOCUMENT) {
        change(&mut root);
        *body = stanza::print(&root).into_bytes();
    }
}

fn rewritten(answer: &mut Answer, change: &dyn Fn(&mut Element)) {
    let mut body = std::mem::take(&mut answer.body).into_bytes();
    rewrite(&mut body, change);
    answer.body = String::from_utf8_lossy(&body).into_owned();
}

/// Takes out all but the first of equal elements.
fn first_of_equals(root: &mut Element) {
    let mut seen = Vec::new();
    root.nodes.retain(|node| match node {
        Node::Element(child) => {
            let is_new = !seen.contains(&child.name);
            seen.push(child.name.clone());
            is_new
        }
        Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => true,
    });
}

/// Makes a value with white space around it another one.
fn doubtful_blanks(root: &mut Element) {
    for node in &mut root.nodes {
        let Node::Element(child) = node else { continue };
        let text = child.text();
        if child.children().next().is_none() && text.trim() != text {
            child.nodes = vec![Node::Text(format!("?{text}?"))];
        }
    }
}

fn lower_case(element: &mut Element) {
    if let Some(first) = element.name.local.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    each_child(element, &lower_case);
}

fn without_empty(element: &mut Element) {
    element.nodes.retain(|node| !matches!(node, Node::Element(child) if child.nodes.is_empty()));
    each_child(element, &without_empty);
}

fn each_child(element: &mut Element, change: &dyn Fn(&mut Element)) {
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            change(child);
        }
    }
}
