//! A head may not promise less than the steps do: targets allow cases by their effects.

use super::needs::names;
use crate::visit::{expanded, templates, tokens};
use crate::{Arrow, Case, Code, Diagnostic, Effects, Item, Role, Span, Step, StepKind};

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
    // A failed login may lock an account, and only `locks-account` includes that. A session is in
    // all but `none`.
    let enough = match effects {
        Effects::LocksAccount => claimed.value == Effects::LocksAccount,
        _ => claimed.value != Effects::None,
    };
    if !enough {
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

fn of(step: &Step) -> Option<(Effects, &'static str)> {
    let StepKind::Say { arrow: Arrow::ToServer, .. } = &step.kind else {
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
    right.then_some((Effects::Session, "this logs in"))
}
