//! Rules that need to know who speaks: what our side says must be sayable.

use std::sync::Arc;

use super::template::only_token;
use crate::visit::{Role, steps, templates, tokens};
use crate::{
    Arg, Arrow, ChildPattern, Code, Control, Diagnostic, ElementPattern, Fact, Item, Payload,
    Source, Span, Step, StepKind, Token,
};

/// Whose words a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// A recording: nothing is said because of it.
    Recorded,
    /// A case for clients under test alone: `->` lines are heard, only `do` and `use` are ours.
    Heard,
    /// `->` lines are said by us.
    Ours,
}

/// Checks every step.
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
                    "nothing that comes by itself, in `any order`",
                )
                .help("there stands what the side under test says, does or reports; a fact is `upgraded`, `never upgraded`, `closed`, `eof` or `reset`")
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
                            .help("say a value, a variable, or a function that makes one: `{key=base64(16)}`, `{id=random(8)}`"),
                    );
                } else if token.value == Token::Absent && !absent_may_stand {
                    diagnostics.push(
                        Diagnostic::error(
                            Code::Token,
                            source,
                            span,
                            "`{absent}` is the whole value of an attribute or header",
                        )
                        .help("an element that must not be there has `t:absent=\"yes\"`"),
                    );
                }
            });
        });
    });
}

/// Whether a step waits for something that may come sooner or later than something else.
fn comes_by_itself(kind: &StepKind, speech: Speech) -> bool {
    match kind {
        StepKind::Say { arrow: Arrow::ToServer, .. } => speech != Speech::Ours,
        StepKind::Say { arrow: Arrow::ToClient, .. } | StepKind::Reports { .. } => true,
        StepKind::Fact { fact, .. } => fact.comes_by_itself(),
        _ => false,
    }
}

/// What only a client under test can say, and what only a fake can answer it.
fn only_where_clients_play(
    source: &Arc<Source>,
    step: &Step,
    speech: Speech,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let alone = "such a case has `roles = [\"client\"]` alone";
    match &step.kind {
        StepKind::Say { conn, arrow: Arrow::Injected, .. } if speech == Speech::Ours => {
            diagnostics.push(
                Diagnostic::error(
                    Code::Arrow,
                    source,
                    conn.span.clone(),
                    "`<!` where a server can be under test",
                )
                .label("a server finds its own words")
                .help(alone),
            );
        }
        StepKind::Fact {
            conn, fact: fact @ (Fact::Mute | Fact::ServerName | Fact::Caps), ..
        } if speech == Speech::Ours => {
            let (word, why) = match fact {
                Fact::Mute => ("mute", "a server says what it likes"),
                Fact::Caps => ("caps", "a server's are served as they are"),
                _ => ("server name", "our side names the server as it should"),
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
                .label("a server has no application that could tell")
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
                    "`[nothing]` that is not the fake's answer",
                )
                .help("`NAME <! [nothing]` leaves a line without an answer; that nothing comes is a fact: `NAME == silent 300ms`"),
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

/// A branch that nothing received could choose.
pub(super) fn branch_start(source: &Arc<Source>, span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::BranchStart,
        source,
        span,
        "a branch that does not begin with something received",
    )
    .help("the first message that fits the first step of a branch chooses it")
}

/// The elements that a step says.
fn elements(kind: &StepKind) -> Vec<&ElementPattern> {
    match kind {
        StepKind::Say { payload: Payload::Xml { root, .. }, .. } => vec![root],
        StepKind::Do(call) | StepKind::Use(call) => call
            .args
            .iter()
            .filter_map(|arg| if let Arg::Xml(root) = &arg.value { Some(&**root) } else { None })
            .collect(),
        _ => Vec::new(),
    }
}

fn no_control(source: &Arc<Source>, element: &ElementPattern, diagnostics: &mut Vec<Diagnostic>) {
    if element.control != Control::default() {
        diagnostics.push(
            Diagnostic::error(
                Code::MatcherOnly,
                source,
                element.span.clone(),
                "a `t:` attribute where our side speaks",
            )
            .label("there is nothing to match")
            .help("`t:` attributes say how a received element is looked at"),
        );
    }
    for child in &element.children {
        if let ChildPattern::Element(child) = child {
            no_control(source, child, diagnostics);
        }
    }
}
