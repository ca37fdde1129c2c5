//! Placeholders of a transcript as names that a player can make or remember.

use std::collections::HashSet;

use case::{
    Arg, ChildPattern, ElementPattern, HttpBody, Item, Payload, Piece, Spanned, StartLine,
    StepKind, Template, Token,
};

/// The names that earlier lines have given values to.
#[derive(Default)]
pub(super) struct GivenNames(HashSet<String>);

/// Replaces the placeholders of a payload: those of the client that are new are made, those of the
/// server remembered, and the others refer to the first.
pub(super) fn filled(payload: &mut Payload, is_of_client: bool, given: &mut GivenNames) {
    each(payload, &mut |template| {
        for piece in &mut template.pieces {
            let Piece::Token(token) = piece else { continue };
            if let Token::Placeholder { kind, number } = &token.value {
                token.value = made(kind, *number, is_of_client, given);
            }
        }
    });
}

fn made(kind: &str, number: u32, is_of_client: bool, given: &mut GivenNames) -> Token {
    let name = format!("{kind}{number}");
    let call = |capture, function: &str, args| Token::Call {
        capture,
        function: function.to_owned(),
        args,
    };
    if kind == "accept" {
        return call(None, "accept", vec![Arg::Word(format!("key{number}"))]);
    }
    if kind.starts_with("long-") {
        return Token::Any { capture: None };
    }
    if !given.0.insert(name.clone()) {
        return Token::Variable(name);
    }
    match (is_of_client, kind) {
        (true, "key") => call(Some(name), "base64", vec![Arg::Number(16)]),
        (true, _) => call(Some(name), "random", vec![Arg::Number(8)]),
        (false, _) => Token::Any { capture: Some(name) },
    }
}

/// Values of the server to which nothing later refers need no name.
pub(super) fn forgotten(items: &mut [Item]) {
    let mut used = HashSet::new();
    templates(items, &mut |template| {
        for piece in &template.pieces {
            match piece {
                Piece::Token(Spanned { value: Token::Variable(name), .. }) => {
                    used.insert(name.clone());
                }
                Piece::Token(Spanned { value: Token::Call { args, .. }, .. }) => {
                    used.extend(args.iter().filter_map(|arg| match arg {
                        Arg::Word(name) => Some(name.clone()),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
    });
    templates(items, &mut |template| {
        for piece in &mut template.pieces {
            if let Piece::Token(Spanned { value: Token::Any { capture }, .. }) = piece {
                capture.take_if(|name| !used.contains(name));
            }
        }
    });
}

fn templates(items: &mut [Item], with: &mut impl FnMut(&mut Template)) {
    for item in items {
        if let Item::Step(step) = item
            && let StepKind::Say { payload, .. } = &mut step.kind
        {
            each(payload, with);
        }
    }
}

/// Whether a payload has text that a transcript shows by its length alone.
pub(super) fn has_long(payload: &Payload) -> bool {
    let mut payload = payload.clone();
    let mut is_long = false;
    each(&mut payload, &mut |template| {
        is_long |= template.pieces.iter().any(|piece| {
            matches!(piece, Piece::Token(Spanned { value: Token::Placeholder { kind, .. }, .. }) if kind.starts_with("long-"))
        });
    });
    is_long
}

/// Calls a function for each template of a payload.
fn each(payload: &mut Payload, with: &mut impl FnMut(&mut Template)) {
    match payload {
        Payload::Xml { root, .. } => element(root, with),
        Payload::Http(head) => {
            if let StartLine::Request { target, .. } = &mut head.start {
                with(target);
            }
            head.headers.iter_mut().for_each(|header| with(&mut header.value));
            match &mut head.body {
                Some(HttpBody::Xml(root)) => element(root, with),
                Some(HttpBody::Octets(octets)) => with(octets),
                None => {}
            }
        }
        Payload::Text(text)
        | Payload::Binary(text)
        | Payload::Bytes(text)
        | Payload::Ping(text)
        | Payload::Pong(text) => with(text),
        _ => {}
    }
}

fn element(pattern: &mut ElementPattern, with: &mut impl FnMut(&mut Template)) {
    pattern.attrs.iter_mut().for_each(|attr| with(&mut attr.value));
    for child in &mut pattern.children {
        match child {
            ChildPattern::Element(child) => element(child, with),
            ChildPattern::Text(text) => with(text),
        }
    }
}
