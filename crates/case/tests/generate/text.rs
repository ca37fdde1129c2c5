//! Templates for each place where text can stand.

use case::{Arg, Piece, Template, Token};
use proptest::prelude::*;

use super::at;

/// Where a template stands, which decides what it can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// In quotes: anything, octets included.
    String,
    /// A text or attribute of an element.
    Xml,
    /// The rest of an HTTP line.
    Line,
    /// A part of a start line.
    Word,
}

/// Text with tokens, in the form of the parser: no empty pieces, no neighbours of one kind.
pub(crate) fn template(place: Use) -> BoxedStrategy<Template> {
    nested(place, 2).boxed()
}

/// A bare word that is no number.
pub(crate) fn word() -> BoxedStrategy<String> {
    "[a-z/][A-Za-z0-9._/@:+~%-]{0,10}".boxed()
}

/// Visible characters, quotes and braces included.
pub(crate) fn printable() -> BoxedStrategy<String> {
    "[ -~éΩ→]{1,8}".boxed()
}

fn nested(place: Use, depth: u32) -> BoxedStrategy<Template> {
    let literal = match place {
        Use::String => prop_oneof![
            3 => "[ -~é\n\r\t\u{0}\u{7f}\u{85}\u{a0}\u{feff}\u{1f600}]{1,8}".prop_map(Piece::Text),
            1 => prop::collection::vec(any::<u8>(), 1..4).prop_map(Piece::Bytes),
            1 => "[a-z>]{90,130}".prop_map(Piece::Text),
        ]
        .boxed(),
        Use::Xml => "[ -~é\n\t\r\u{85}\u{a0}\u{feff}]{1,8}".prop_map(Piece::Text).boxed(),
        Use::Line => printable().prop_map(Piece::Text).boxed(),
        Use::Word => "[!-Z^-~é]{1,8}".prop_map(Piece::Text).boxed(),
    };
    let piece =
        prop_oneof![2 => literal, 1 => token(depth).prop_map(|token| Piece::Token(at(token)))];
    prop::collection::vec(piece, 0..4)
        .prop_map(move |pieces| {
            let mut template = Template { pieces: joined(pieces), span: 0..0 };
            if place == Use::Line {
                trim(&mut template.pieces);
            }
            template
        })
        .boxed()
}

/// Blanks at the ends of a line are not part of it.
fn trim(pieces: &mut Vec<Piece>) {
    if let Some(Piece::Text(first)) = pieces.first_mut() {
        *first = first.trim_start_matches(' ').to_owned();
    }
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        *last = last.trim_end_matches(' ').to_owned();
    }
    pieces.retain(|piece| *piece != Piece::Text(String::new()));
}

fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (Some(Piece::Bytes(octets)), Piece::Bytes(more)) => octets.extend(more),
            (_, piece) => out.push(piece),
        }
    }
    out
}

fn name() -> BoxedStrategy<String> {
    "[a-z][a-z0-9_-]{0,5}(\\.[a-z][a-z-]{0,4}){0,2}"
        .prop_filter("a word of the notation", |name| name != "absent")
        .boxed()
}

fn token(depth: u32) -> BoxedStrategy<Token> {
    let pattern = prop::sample::select(vec![
        r"\d+",
        r"^(a|b)$",
        r"(?i)^x\/y$",
        r#"[{}]"<&>'"#,
        r"a{2,3}",
        r"\}\/}",
        r"\\",
        "",
    ]);
    let leaf = prop_oneof![
        3 => name().prop_map(Token::Variable),
        1 => prop::option::of(name()).prop_map(|capture| Token::Any { capture }),
        1 => pattern.prop_map(|pattern| Token::Regex(pattern.to_owned())),
        1 => (name(), 0..1000_u32).prop_map(|(kind, number)| Token::Placeholder { kind, number }),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let arg = prop_oneof![
        word().prop_map(Arg::Word),
        (0..2000_u64).prop_map(Arg::Number),
        nested(Use::String, depth - 1).prop_map(Arg::Text),
    ];
    let function = prop::sample::select(vec![
        ("accept", 1),
        ("base64", 3),
        ("jid", 2),
        ("pad", 1),
        ("plain", 2),
        ("repeat", 2),
    ]);
    let call = (prop::option::of(name()), function, prop::collection::vec(arg, 3)).prop_map(
        |(capture, (function, arity), mut args)| {
            args.truncate(arity);
            Token::Call { capture, function: function.to_owned(), args }
        },
    );
    prop_oneof![3 => leaf, 1 => call].boxed()
}
