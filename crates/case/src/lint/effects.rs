//! A head may not promise less than the steps do: targets allow cases by their effects.

use super::needs::names;
use crate::visit::{expanded, templates, tokens};
use crate::{
    Arrow, Case, ChildPattern, Code, Diagnostic, Effects, ElementPattern, HttpBody, HttpHead, Item,
    Payload, Role, Span, StartLine, Step, StepKind, Template,
};

/// The variable that is a wrong password for every account.
const WRONG: &str = "wrong";

/// The end of the names of right passwords.
const PASSWORD: &str = ".password";

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    // A client under test only affects the fake.
    if case.head.roles.iter().all(|role| role.value == Role::Client) {
        return;
    }
    let claimed = &case.head.effects;
    let mut needed: Option<(Effects, Span, &str)> = None;
    expanded(body, None, &mut |step, used_at| {
        let Some((effects, why)) = of(step) else {
            return;
        };
        if needed.as_ref().is_none_or(|(known, ..)| *known < effects) {
            needed = Some((effects, used_at.unwrap_or(&step.span).clone(), why));
        }
    });
    let Some((effects, span, why)) = needed else {
        return;
    };
    if !includes(claimed.value, effects) {
        found.push(
            Diagnostic::error(
                Code::Effects,
                &case.source,
                span,
                format!("the steps have more effects than the `{}` in the head", claimed.value),
            )
            .label(why)
            .help(format!("write `effects = \"{effects}\"` in the head")),
        );
    }
}

/// Whether a head that claims one effect allows for another. A failed login may lock an account,
/// which only `locks-account` says.
fn includes(claimed: Effects, effects: Effects) -> bool {
    match effects {
        Effects::None => true,
        Effects::Session => claimed != Effects::None,
        Effects::State => matches!(claimed, Effects::State | Effects::Calls),
        Effects::Calls | Effects::LocksAccount => claimed == effects,
    }
}

fn of(step: &Step) -> Option<(Effects, &'static str)> {
    let StepKind::Say { arrow: Arrow::ToServer, payload, .. } = &step.kind else {
        return None;
    };
    let (mut wrong, mut right) = (false, false);
    templates(&step.kind, &mut |template, _| {
        tokens(template, &mut |token| {
            for name in names(&token.value) {
                wrong |= name == WRONG;
                right |= name.ends_with(PASSWORD);
            }
        });
    });
    if wrong {
        return Some((Effects::LocksAccount, "this login fails"));
    }
    match payload {
        Payload::Http(head) if right && acts_in_call(head) => {
            Some((Effects::Calls, "this makes a call or acts in one"))
        }
        Payload::Http(head) if right && writes(head) => {
            Some((Effects::State, "this request changes something"))
        }
        _ => right.then_some((Effects::Session, "this logs in")),
    }
}

/// Whether a request has a method that is not safe (RFC 9110 §9.2.1). A body of BOSH carries
/// stanzas (XEP-0124 §5), and logs in as they do.
fn writes(head: &HttpHead) -> bool {
    let is_bosh = |root: &ElementPattern| root.name.ns == stanza::ns::HTTP_BIND;
    if matches!(&head.body, Some(HttpBody::Xml(root)) if is_bosh(root)) {
        return false;
    }
    let StartLine::Request { method, .. } = &head.start else { return false };
    ["GET", "HEAD", "OPTIONS", "TRACE"].map(Template::from).iter().all(|safe| safe != method)
}

/// Whether a request asks for an action of Finesse in a call.
fn acts_in_call(head: &HttpHead) -> bool {
    let is_action = |child: &ChildPattern| matches!(child, ChildPattern::Element(child) if child.name.local == "requestedAction");
    writes(head)
        && matches!(&head.body, Some(HttpBody::Xml(root)) if root.children.iter().any(is_action))
}
