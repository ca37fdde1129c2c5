//! The parser. It collects all errors of a file; an error drops the step around it.

mod block;
mod branch;
mod call;
mod check;
mod cursor;
mod event;
mod fence;
mod head;
mod http;
mod line;
mod moment;
mod payload;
mod step;
mod table;
mod template;
mod token;
mod xml;

use std::sync::Arc;

use check::Speech;

use crate::{Case, Diagnostic, Fragment, Item, Role, Source, Transport};

pub(crate) use call::is_bare;
pub(crate) use fence::FENCE;
pub(crate) use template::has_token;
pub use xml::is_writable;

/// A part of a step, or the error that drops the step.
pub(crate) type Parsed<T> = Result<T, Box<Diagnostic>>;

/// Reads the text of one case.
///
/// # Errors
///
/// All diagnostics of the file, in the order of its lines.
pub fn parse_case(id: &str, source: Arc<Source>) -> Result<Case, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let (head, body_at) = match fence::split(&source) {
        Ok((inside, body_at)) => (head::case(&source, inside, &mut diagnostics), body_at),
        Err(error) => return Err(vec![*error]),
    };
    let body = block::body(&source, body_at, &mut diagnostics);
    // Against a server, our side sends the `->` lines, so their values must be definite. Without a
    // head, assume nothing that would add mistakes to those of the head.
    let for_servers =
        head.as_ref().is_some_and(|head| head.roles.iter().any(|role| role.value == Role::Server));
    check::body(
        &source,
        &body,
        if for_servers { Speech::Ours } else { Speech::Heard },
        &mut diagnostics,
    );
    match head {
        Some(head) if diagnostics.is_empty() => {
            let transport = head.transports.first().map_or(Transport::Ws, |first| first.value);
            Ok(Case { id: id.to_owned(), transport, source, head, body })
        }
        _ => Err(in_order(diagnostics)),
    }
}

/// Reads the text of one fragment.
///
/// # Errors
///
/// All diagnostics of the file, in the order of its lines.
pub fn parse_fragment(name: &str, source: Arc<Source>) -> Result<Fragment, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let (head, body_at) = match fence::split(&source) {
        Ok((inside, body_at)) => (head::fragment(&source, inside, &mut diagnostics), body_at),
        Err(error) => return Err(vec![*error]),
    };
    let body = block::body(&source, body_at, &mut diagnostics);
    check::body(&source, &body, Speech::Ours, &mut diagnostics);
    match head {
        Some(head) if diagnostics.is_empty() => Ok(Fragment {
            name: name.to_owned(),
            source,
            title: head.title,
            params: head.params,
            owner: head.owner,
            body,
        }),
        _ => Err(in_order(diagnostics)),
    }
}

/// Reads the body of a snapshot or transcript: steps alone, with placeholders on both sides.
///
/// # Errors
///
/// All diagnostics, in the order of the lines.
pub fn parse_body(source: Arc<Source>) -> Result<Vec<Item>, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let body = block::body(&source, 0, &mut diagnostics);
    check::body(&source, &body, Speech::Recorded, &mut diagnostics);
    if diagnostics.is_empty() { Ok(body) } else { Err(in_order(diagnostics)) }
}

fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics
}
