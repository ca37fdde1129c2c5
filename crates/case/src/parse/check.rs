//! Rules that depend on the side that speaks: our own lines must have definite values.

use std::sync::Arc;

use super::template::only_token;
use crate::visit::{Role, steps, templates, tokens};
use crate::{
    Arg, Arrow, ChildPattern, Code, Control, Diagnostic, ElementPattern, Fact, HttpBody, HttpHead,
    Item, Payload, Source, Span, Step, StepKind, TextRule, Token,
};

/// The kind of a body, which decides whose lines are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// A recording: no line is sent.
    Recorded,
    /// A case for clients only: `->` lines are received; only `do` and `use` are ours.
    Heard,
    /// A case for servers: our side sends the `->` lines.
    Ours,
}

pub(super) fn body(
    source: &Arc<Source>,
    items: &[Item],
    speech: Speech,
    diagnostics: &mut Vec<Diagnostic>,
) {
    steps(items, &mut |step| {
        only_where_clients_play(source, step, speech, diagnostics);
        if let StepKind::AnyOrder(items) = &step.kind
            && speech != Speech::Recorded
        {
            let steps = items.iter().filter_map(Item::step);
            let idle = steps.filter(|step| !comes_by_itself(&step.kind, speech));
            diagnostics.extend(idle.map(|step| {
                Diagnostic::error(
                    Code::Block,
                    source,
                    step.span.clone(),
                    "this step cannot stand in `any order`",
                )
                .help("`any order` takes what the side under test says, does or reports; of the facts `upgraded`, `never upgraded`, `closed`, `eof` and `reset`")
            }));
        }
        let said_by_us = match &step.kind {
            StepKind::Say { arrow: Arrow::ToServer, .. } => speech == Speech::Ours,
            StepKind::Say { arrow: Arrow::Injected, .. } => speech != Speech::Recorded,
            StepKind::Do(_) | StepKind::Use(_) => speech != Speech::Recorded,
            _ => false,
        };
        if said_by_us {
            for root in elements(&step.kind) {
                no_control(source, root, diagnostics);
            }
        }
        templates(&step.kind, &mut |template, role| {
            let absent_may_stand =
                role == Role::Value && only_token(template) == Some(&Token::Absent);
            tokens(template, &mut |token| {
                let span = token.span.clone();
                let kind = match &token.value {
                    Token::Any { .. } => "`{*}`",
                    Token::Regex(_) => "a regular expression",
                    Token::Absent => "`{absent}`",
                    Token::Placeholder { .. } => "a placeholder",
                    Token::Variable(_) | Token::Call { .. } => return,
                };
                if said_by_us {
                    diagnostics.push(
                        Diagnostic::error(Code::MatcherOnly, source, span, format!("{kind} where our side speaks"))
                            .label("there is nothing to match")
                            .help("write a value, a variable, or a function that makes a value: `{key=base64(16)}`, `{id=random(8)}`"),
                    );
                } else if token.value == Token::Absent && !absent_may_stand {
                    diagnostics.push(
                        Diagnostic::error(
                            Code::Token,
                            source,
                            span,
                            "`{absent}` must be the whole value of an attribute or header",
                        )
                        .help("for an element that must be absent, write `t:absent=\"yes\"`"),
                    );
                }
            });
        });
    });
}

/// Whether a step waits for the side under test, so that it may stand in `any order`.
fn comes_by_itself(kind: &StepKind, speech: Speech) -> bool {
    match kind {
        StepKind::Say { arrow: Arrow::ToServer, .. } => speech != Speech::Ours,
        StepKind::Say { arrow: Arrow::ToClient, .. } | StepKind::Reports { .. } => true,
        StepKind::Fact { fact, .. } => fact.comes_by_itself(),
        _ => false,
    }
}

/// Refuses steps that only a client under test can cause, and answers that only the fake can give.
fn only_where_clients_play(
    source: &Arc<Source>,
    step: &Step,
    speech: Speech,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let alone = "write `roles = [\"client\"]`: only a case for clients alone can have this";
    match &step.kind {
        StepKind::Say { conn, arrow: Arrow::Injected, .. } if speech == Speech::Ours => {
            diagnostics.push(
                Diagnostic::error(
                    Code::Arrow,
                    source,
                    conn.span.clone(),
                    "`<!` where a server can be under test",
                )
                .label("a server under test writes its own answers")
                .help(alone),
            );
        }
        StepKind::Fact {
            conn, fact: fact @ (Fact::Mute | Fact::ServerName | Fact::Caps), ..
        } if speech == Speech::Ours => {
            let (word, why) = match fact {
                Fact::Mute => ("mute", "a server under test cannot be silenced"),
                Fact::Caps => ("caps", "a server answers for its own capabilities"),
                _ => ("server name", "our side always sends the right server name"),
            };
            let message = format!("`{word}` where a server can be under test");
            diagnostics.push(
                Diagnostic::error(Code::Fact, source, conn.span.clone(), message)
                    .label(why)
                    .help(alone),
            );
        }
        StepKind::Reports { conn, .. } if speech == Speech::Ours => {
            diagnostics.push(
                Diagnostic::error(
                    Code::Report,
                    source,
                    conn.span.clone(),
                    "`reports` where a server can be under test",
                )
                .label("a server has no application that could report")
                .help(alone),
            );
        }
        StepKind::Say {
            arrow: Arrow::ToServer | Arrow::ToClient,
            payload: Payload::Nothing,
            ..
        } => {
            diagnostics.push(
                Diagnostic::error(
                    Code::Event,
                    source,
                    step.span.clone(),
                    "`[nothing]` is only for the fake's answer",
                )
                .help("write `NAME <! [nothing]` to leave a line without an answer, or `NAME == silent 300ms` to demand that nothing comes"),
            );
        }
        StepKind::OneOf { short: None, branches } if speech == Speech::Ours => {
            for branch in branches {
                if let Some(first) = branch.body.iter().find_map(Item::step)
                    && matches!(
                        first.kind,
                        StepKind::Say { arrow: Arrow::ToServer, .. }
                            | StepKind::Fact { fact: Fact::Connect { .. } | Fact::Silent(_), .. }
                    )
                {
                    diagnostics.push(branch_start(source, first.span.clone()));
                }
            }
        }
        _ => {}
    }
}

/// The diagnostic for a branch that no received message can choose.
pub(super) fn branch_start(source: &Arc<Source>, span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::BranchStart,
        source,
        span,
        "a branch must begin with something received",
    )
    .help("a branch is chosen by the first message that fits its first step")
}

/// The elements in the payload or the arguments of a step.
fn elements(kind: &StepKind) -> Vec<&ElementPattern> {
    match kind {
        StepKind::Say { payload: Payload::Xml { root, .. }, .. }
        | StepKind::Say {
            payload: Payload::Http(HttpHead { body: Some(HttpBody::Xml(root)), .. }),
            ..
        } => vec![root],
        StepKind::Do(call) | StepKind::Use(call) => call
            .args
            .iter()
            .filter_map(|arg| if let Arg::Xml(root) = &arg.value { Some(&**root) } else { None })
            .collect(),
        _ => Vec::new(),
    }
}

fn no_control(source: &Arc<Source>, element: &ElementPattern, diagnostics: &mut Vec<Diagnostic>) {
    // Text that is XML is made of the element, as it is matched with it.
    let is_xml_text = Control { text: TextRule::Xml, ..Control::default() };
    if element.control != Control::default() && element.control != is_xml_text {
        diagnostics.push(
            Diagnostic::error(
                Code::MatcherOnly,
                source,
                element.span.clone(),
                "a `t:` attribute where our side speaks",
            )
            .label("there is nothing to match")
            .help("`t:` attributes only say how a received element is matched"),
        );
    }
    for child in &element.children {
        if let ChildPattern::Element(child) = child {
            no_control(source, child, diagnostics);
        }
    }
}
