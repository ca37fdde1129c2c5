//! Walks over steps, templates and tokens, in the order of the file.

use std::collections::BTreeSet;

use crate::{
    Arg, Call, ChildPattern, ElementPattern, FramePattern, HttpBody, Item, Payload, Piece, Span,
    Spanned, StartLine, Step, StepKind, Template, Token,
};

/// Visits every step; a block comes before its inner steps.
pub(crate) fn steps<'a>(items: &'a [Item], visit: &mut dyn FnMut(&'a Step)) {
    expanded(items, None, &mut |step, _| visit(step));
}

/// The names of all actions that an expanded body has after `do`, in blocks too.
pub fn actions(body: &[Item]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    steps(body, &mut |step| {
        if let StepKind::Do(call) = &step.kind {
            names.insert(call.name.value.as_str());
        }
    });
    names
}

/// [`steps`] for an expanded body. Each step comes with the span of its `use` in the case's file;
/// `used_at` is that of `items`.
pub(crate) fn expanded<'a>(
    items: &'a [Item],
    used_at: Option<&'a Span>,
    visit: &mut dyn FnMut(&'a Step, Option<&'a Span>),
) {
    for item in items {
        let Item::Step(step) = item else {
            continue;
        };
        visit(step, used_at);
        match &step.kind {
            StepKind::Used { call, body, .. } => {
                expanded(body, used_at.or(Some(&call.name.span)), visit)
            }
            StepKind::AnyOrder(body) | StepKind::Finally(body) => expanded(body, used_at, visit),
            StepKind::OneOf { branches, .. } => {
                for branch in branches {
                    expanded(&branch.body, used_at, visit);
                }
            }
            StepKind::Say { .. }
            | StepKind::Fact { .. }
            | StepKind::Reports { .. }
            | StepKind::Mark(_)
            | StepKind::Time(_)
            | StepKind::Do(_)
            | StepKind::Use(_) => {}
        }
    }
}

/// The place of a template in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The value of an attribute or header, which may be absent.
    Value,
    Other,
}

/// Visits the templates of a step, without those of inner steps.
pub(crate) fn templates<'a>(kind: &'a StepKind, visit: &mut dyn FnMut(&'a Template, Role)) {
    match kind {
        StepKind::Say { payload, .. } => payload_templates(payload, visit),
        StepKind::Do(call) | StepKind::Use(call) => call_templates(call, visit),
        StepKind::Reports { report, .. } => {
            report.fields.iter().for_each(|(_, value)| visit(value, Role::Other));
        }
        StepKind::Fact { .. }
        | StepKind::Mark(_)
        | StepKind::Time(_)
        | StepKind::Used { .. }
        | StepKind::AnyOrder(_)
        | StepKind::OneOf { .. }
        | StepKind::Finally(_) => {}
    }
}

/// Visits the tokens of a template, outer tokens first.
pub(crate) fn tokens<'a>(template: &'a Template, visit: &mut dyn FnMut(&'a Spanned<Token>)) {
    for piece in &template.pieces {
        let Piece::Token(token) = piece else {
            continue;
        };
        visit(token);
        if let Token::Call { args, .. } = &token.value {
            for arg in args {
                if let Arg::Text(text) = arg {
                    tokens(text, visit);
                }
            }
        }
    }
}

fn call_templates<'a>(call: &'a Call, visit: &mut dyn FnMut(&'a Template, Role)) {
    for arg in &call.args {
        match &arg.value {
            Arg::Text(text) => visit(text, Role::Other),
            Arg::Xml(root) => element_templates(root, visit),
            Arg::Word(_) | Arg::Number(_) => {}
        }
    }
}

fn payload_templates<'a>(payload: &'a Payload, visit: &mut dyn FnMut(&'a Template, Role)) {
    match payload {
        Payload::Xml { root, .. } => element_templates(root, visit),
        Payload::Http(head) => {
            let start: [Option<&Template>; 3] = match &head.start {
                StartLine::Request { method, target, version } => {
                    [Some(method), Some(target), Some(version)]
                }
                StartLine::Response { version, status, reason } => {
                    [Some(version), Some(status), reason.as_ref()]
                }
            };
            for word in start.into_iter().flatten() {
                visit(word, Role::Other);
            }
            for header in &head.headers {
                visit(&header.value, Role::Value);
            }
            match &head.body {
                None => {}
                Some(HttpBody::Octets(body)) => visit(body, Role::Other),
                Some(HttpBody::Xml(root)) => element_templates(root, visit),
            }
        }
        Payload::Text(text)
        | Payload::Binary(text)
        | Payload::Bytes(text)
        | Payload::Ping(text)
        | Payload::Pong(text) => {
            visit(text, Role::Other);
        }
        Payload::Frame(FramePattern { payload: Some(payload), .. }) => visit(payload, Role::Other),
        Payload::Close { code, reason } => {
            for text in [code, reason].into_iter().flatten() {
                visit(text, Role::Other);
            }
        }
        Payload::Frame(_) | Payload::Eof | Payload::Reset | Payload::Nothing => {}
    }
}

pub(crate) fn element_templates<'a>(
    element: &'a ElementPattern,
    visit: &mut dyn FnMut(&'a Template, Role),
) {
    for attr in &element.attrs {
        visit(&attr.value, Role::Value);
    }
    for child in &element.children {
        match child {
            ChildPattern::Element(child) => element_templates(child, visit),
            ChildPattern::Text(text) => visit(text, Role::Other),
        }
    }
}
