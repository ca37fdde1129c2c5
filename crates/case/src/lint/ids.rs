//! A client under test chooses its own ids, so cases for clients have no literal ones.

use std::sync::Arc;

use crate::visit::steps;
use crate::{
    Arrow, Case, Code, Diagnostic, Fragment, Item, Payload, Piece, Role, Source, StepKind,
};

/// Cases with the role client.
pub(super) fn check(case: &Case, found: &mut Vec<Diagnostic>) {
    if case.head.roles.iter().any(|role| role.value == Role::Client) {
        body(&case.source, &case.body, found);
    }
}

/// Every fragment: cases of both roles use it.
pub(super) fn check_fragment(fragment: &Fragment, found: &mut Vec<Diagnostic>) {
    body(&fragment.source, &fragment.body, found);
}

fn body(source: &Arc<Source>, items: &[Item], found: &mut Vec<Diagnostic>) {
    steps(items, &mut |step| {
        let StepKind::Say { arrow: Arrow::ToServer, payload: Payload::Xml { root, .. }, .. } =
            &step.kind
        else {
            return;
        };
        let literal = root.attrs.iter().find(|attr| {
            attr.name.ns.is_empty()
                && attr.name.local == "id"
                && matches!(attr.value.pieces.as_slice(), [Piece::Text(_)])
        });
        if let Some(id) = literal {
            found.push(
                Diagnostic::error(
                    Code::LiteralId,
                    source,
                    id.span.clone(),
                    "a literal id in a case for clients",
                )
                .label("the client chooses its own id")
                .help("write `id=\"{sub=random(8)}\"` here and `id=\"{sub}\"` in the answer"),
            );
        }
    });
}
