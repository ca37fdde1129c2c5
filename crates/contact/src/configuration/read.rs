//! Reads the fields of an object as its schema says.

use stanza::{Element, Rules};
use textual::Position;

use super::schema::{Content, DESKTOP, Field, URI};
use super::unfit::{Mistake, Unfit};
use crate::tree::Tree;

/// The longest document in a field, in octets.
const LONGEST_DOCUMENT: usize = 256 * 1024;

/// The longest name of a host, in octets (RFC 1035 §2.3.4).
const LONGEST_HOST: usize = 255;

/// Reads the fields of an element of this name. Where `is_change`, none of them is needed.
pub(super) fn fields(
    element: &Element,
    place: &'static str,
    fields: &'static [Field],
    is_change: bool,
) -> Result<Vec<Tree>, Unfit> {
    let known = |name: &str| name == URI || fields.iter().any(|field| field.name == name);
    if let Some(stranger) = element.children().find(|child| !known(&child.name.local)) {
        return Err(unknown(stranger, place, fields));
    }
    let mut trees = Vec::new();
    for Field { name, is_needed, content } in fields {
        let unfit = |mistake| Unfit { name: (*name).to_owned(), place, mistake };
        let own: Vec<&Element> =
            element.children().filter(|child| child.name.local == *name).collect();
        let Some(last) = own.last() else {
            match *is_needed && !is_change {
                true => return Err(unfit(Mistake::Missing)),
                false => continue,
            }
        };
        match content {
            Content::Group(_, most @ 2..) if own.len() > *most => {
                return Err(unfit(Mistake::TooMany(*most)));
            }
            Content::Group(inner, 2..) => {
                for own in own {
                    trees.push(group(name, inner, self::fields(own, name, inner, false)?));
                }
            }
            // The last of several counts (Developer Guide 12.5, page 241).
            Content::Group(inner, _) => {
                trees.push(group(name, inner, self::fields(last, name, inner, false)?));
            }
            content => {
                if let Some(stranger) = last.children().next() {
                    return Err(unknown(stranger, name, &[]));
                }
                let text = last.text().trim().to_owned();
                if text.is_empty() && *is_needed {
                    return Err(unfit(Mistake::Missing));
                }
                check(content, &text).map_err(unfit)?;
                if let Content::Host(other) = content
                    && !text.is_empty()
                    && element
                        .children()
                        .any(|it| it.name.local == *other && it.text().trim() == text)
                {
                    return Err(unfit(Mistake::Same(other)));
                }
                let is_shown = !matches!(content, Content::Secret(_));
                trees.push(Tree::leaf(name, if is_shown { text } else { String::new() }));
            }
        }
    }
    Ok(trees)
}

fn unknown(stranger: &Element, place: &'static str, fields: &[Field]) -> Unfit {
    let known = fields.iter().map(|field| field.name).collect();
    Unfit { name: stranger.name.local.clone(), place, mistake: Mistake::Unknown(known) }
}

/// An element that holds nothing but elements of one name is a list.
fn group(name: &'static str, fields: &[Field], trees: Vec<Tree>) -> Tree {
    match fields {
        [Field { content: Content::Group(_, 2..), .. }] => Tree::list(name, trees),
        _ => Tree::branch(name, trees),
    }
}

fn check(content: &Content, text: &str) -> Result<(), Mistake> {
    match content {
        Content::Text(most) | Content::Secret(most) if text.chars().count() > *most => {
            Err(Mistake::TooLong(*most))
        }
        Content::Word(words) if !words.contains(&text) => {
            Err(Mistake::NoWord(text.to_owned(), words))
        }
        Content::Number(least, most) if !text.is_empty() => {
            let is_within = |number: u32| (*least..=*most).contains(&number);
            let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse().is_ok_and(is_within) && is_digits {
                true => Ok(()),
                false => Err(Mistake::NoNumber(text.to_owned(), *least, *most)),
            }
        }
        Content::Host(_) if text.len() > LONGEST_HOST => Err(Mistake::TooLong(LONGEST_HOST)),
        Content::Host(_) if !text.bytes().all(is_of_host) => Err(Mistake::NoHost(text.to_owned())),
        Content::Document(root) => document(text, root).map_err(Mistake::NoDocument),
        _ => Ok(()),
    }
}

/// No other marks are allowed (Cisco DevNet, "SystemConfig API Parameters").
fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// Checks that a text is the layout of a desktop.
///
/// # Errors
///
/// The text is no document, or another; in words.
pub fn check_desktop(text: &str) -> Result<(), String> {
    document(text, DESKTOP)
}

/// Checks that a text is a document with this root.
fn document(text: &str, root: &str) -> Result<(), String> {
    if text.len() > LONGEST_DOCUMENT {
        return Err(format!("it is longer than {LONGEST_DOCUMENT} octets"));
    }
    let (element, _) = stanza::parse_with(text, &Rules::DOCUMENT).map_err(|error| {
        let Position { line, column } = Position::of(text, error.offset);
        format!("line {line}, column {column}: {}", error.kind)
    })?;
    match element.name.local == root {
        true => Ok(()),
        false => Err(format!("its root is <{}>, not <{root}>", element.name.local)),
    }
}
