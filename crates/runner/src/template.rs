//! Tokens in both directions: a template makes a value when our side speaks, and checks one when
//! the other side does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use case::{Arg, Piece, Span, Template, Token};

use crate::bindings::Bindings;
use crate::compiled::compiled;

/// Largest text that a function may make.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Why a template cannot be turned into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateError {
    pub(crate) message: String,
    pub(crate) span: Span,
}

/// Makes the value of a template, and remembers what it captured.
pub(crate) fn make(template: &Template, bindings: &mut Bindings) -> Result<Vec<u8>, TemplateError> {
    let mut out = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Bytes(octets) => out.extend_from_slice(octets),
            Piece::Token(token) => {
                let value = make_token(&token.value, bindings)
                    .map_err(|message| TemplateError { message, span: token.span.clone() })?;
                out.extend_from_slice(&value);
            }
        }
    }
    Ok(out)
}

/// [`make`], where only text will do.
pub(crate) fn make_text(
    template: &Template,
    bindings: &mut Bindings,
) -> Result<String, TemplateError> {
    let octets = make(template, bindings)?;
    String::from_utf8(octets).map_err(|_| TemplateError {
        message: "not UTF-8 text".to_owned(),
        span: template.span.clone(),
    })
}

/// The value of an argument.
pub(crate) fn make_arg(arg: &Arg, bindings: &mut Bindings) -> Result<Vec<u8>, String> {
    match arg {
        Arg::Word(name) => match bindings.value(name) {
            Some(value) => Ok(value.as_bytes().to_vec()),
            None => Err(format!("no variable `{name}`")),
        },
        Arg::Text(template) => make(template, bindings).map_err(|error| error.message),
        Arg::Number(number) => Ok(number.to_string().into_bytes()),
        Arg::Xml(_) => Err("an element is no value".to_owned()),
    }
}

fn make_token(token: &Token, bindings: &mut Bindings) -> Result<Vec<u8>, String> {
    match token {
        Token::Variable(name) => make_arg(&Arg::Word(name.clone()), bindings),
        Token::Call { capture, function, args } => {
            let value = call(function, args, bindings)?;
            if let Ok(text) = std::str::from_utf8(&value)
                && (capture.is_some() || is_random(function, args))
            {
                bindings.made_up(capture.as_deref().unwrap_or(function), text);
                if let Some(name) = capture {
                    bindings.capture(name, text);
                }
            }
            Ok(value)
        }
        Token::Any { .. } | Token::Regex(_) | Token::Absent | Token::Placeholder { .. } => {
            Err("this token only checks what the other side says".to_owned())
        }
    }
}

/// Whether a call has another value each time.
fn is_random(function: &str, args: &[Arg]) -> bool {
    matches!((function, args), ("base64", [Arg::Number(_)]) | ("random", _))
}

/// The value of a function.
fn call(function: &str, args: &[Arg], bindings: &mut Bindings) -> Result<Vec<u8>, String> {
    match (function, args) {
        ("base64", [Arg::Number(len)]) => {
            Ok(STANDARD.encode(bindings.random(size(*len)?)).into_bytes())
        }
        ("base64", args) => Ok(STANDARD.encode(joined(args, bindings)?).into_bytes()),
        ("plain", [user, password]) => plain(&[], user, password, bindings),
        ("plain", [authzid, user, password]) => {
            let authzid = make_arg(authzid, bindings)?;
            plain(&authzid, user, password, bindings)
        }
        ("basic", [user, password]) => {
            let pair = [make_arg(user, bindings)?, make_arg(password, bindings)?];
            // RFC 7617 §2
            Ok(STANDARD.encode(pair.join(&b':')).into_bytes())
        }
        ("accept", [key]) => {
            let key = make_arg(key, bindings)?;
            Ok(wire::accept_value(&String::from_utf8_lossy(&key)).into_bytes())
        }
        ("jid", [Arg::Word(account)]) => jid(account, None, bindings),
        ("jid", [Arg::Word(account), resource]) => {
            let resource = match resource {
                // A bare word that names no variable is its own text.
                Arg::Word(word) if bindings.value(word).is_none() => word.clone().into_bytes(),
                other => make_arg(other, bindings)?,
            };
            jid(account, Some(&String::from_utf8_lossy(&resource)), bindings)
        }
        ("next", [number]) => {
            let number = make_arg(number, bindings)?;
            let number = String::from_utf8_lossy(&number).into_owned();
            let next = number.parse::<u64>().ok().and_then(|number| number.checked_add(1));
            let next = next.ok_or_else(|| format!("{number:?} is no number with a next one"))?;
            Ok(next.to_string().into_bytes())
        }
        ("repeat", [text, Arg::Number(times)]) => {
            let text = make_arg(text, bindings)?;
            size(times.saturating_mul(text.len() as u64))?;
            Ok(text.repeat(size(*times)?))
        }
        ("pad", [Arg::Number(to)]) => {
            bindings.pad_to = Some(*to);
            Ok(vec![b'x'; bindings.pad])
        }
        ("random", [Arg::Number(len)]) => {
            const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
            let octets = bindings.random(size(*len)?);
            Ok(octets.iter().map(|octet| DIGITS[usize::from(octet % 32)]).collect())
        }
        _ => Err(format!("no function `{function}` with {} arguments", args.len())),
    }
}

fn size(number: u64) -> Result<usize, String> {
    match usize::try_from(number) {
        Ok(size) if number <= LARGEST => Ok(size),
        _ => Err(format!("{number} octets are more than the {LARGEST} that a token may make")),
    }
}

fn joined(args: &[Arg], bindings: &mut Bindings) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for arg in args {
        out.extend(make_arg(arg, bindings)?);
    }
    Ok(out)
}

/// RFC 4616 §2, in base64 as RFC 6120 §6.4.2 wants it.
fn plain(
    authzid: &[u8],
    user: &Arg,
    password: &Arg,
    bindings: &mut Bindings,
) -> Result<Vec<u8>, String> {
    let user = make_arg(user, bindings)?;
    let password = make_arg(password, bindings)?;
    Ok(STANDARD.encode([authzid, &user, &password].join(&0)).into_bytes())
}

/// A pattern for PLAIN without an authorization identity, and with that of the account itself.
fn plain_forms(args: &[Arg], bindings: &mut Bindings) -> Option<String> {
    let [user, password] = args else { return None };
    let name = make_arg(user, bindings).ok()?;
    let own = format!("{}@{}", String::from_utf8_lossy(&name), bindings.value("domain")?);
    let forms = [&[][..], own.as_bytes()].map(|authzid| plain(authzid, user, password, bindings));
    let [bare, with_own] = forms;
    let text = |octets: Vec<u8>| regex::escape(&String::from_utf8_lossy(&octets));
    Some(format!("{}|{}", text(bare.ok()?), text(with_own.ok()?)))
}

/// The JID of an account.
fn jid(account: &str, resource: Option<&str>, bindings: &Bindings) -> Result<Vec<u8>, String> {
    let value = |name: &str| bindings.value(name).ok_or_else(|| format!("no variable `{name}`"));
    let mut jid = format!("{}@{}", value(&format!("{account}.user"))?, value("domain")?);
    if let Some(resource) = resource {
        jid.push('/');
        jid.push_str(resource);
    }
    Ok(jid.into_bytes())
}

/// Whether `value` fits the template. Captures are bound only when all of it fits.
pub(crate) fn fits(template: &Template, value: &[u8], bindings: &mut Bindings) -> bool {
    if let [Piece::Token(token)] = template.pieces.as_slice() {
        match &token.value {
            // A regex that is the whole value searches.
            Token::Regex(regex) => {
                return compiled(regex).is_some_and(|regex| regex.is_match(value));
            }
            Token::Any { capture } if !value.is_empty() => {
                if let Some(name) = capture {
                    bindings.capture(name, &String::from_utf8_lossy(value));
                }
                return true;
            }
            _ => {}
        }
    }
    match fixed(template, bindings) {
        Some(octets) => octets == value,
        None => fits_pattern(template, value, bindings),
    }
}

/// The only value that fits the template, if there is only one: it takes no regex to compare.
fn fixed(template: &Template, bindings: &Bindings) -> Option<Vec<u8>> {
    let mut fixed = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => fixed.extend_from_slice(text.as_bytes()),
            Piece::Bytes(octets) => fixed.extend_from_slice(octets),
            Piece::Token(token) => match &token.value {
                Token::Any { .. } | Token::Regex(_) | Token::Absent => return None,
                placeholder @ Token::Placeholder { .. } => {
                    fixed.extend_from_slice(bindings.value(&placeholder.to_string())?.as_bytes());
                }
                Token::Call { function, args, .. } if is_random(function, args) => return None,
                Token::Call { function, .. } if function == "plain" => return None,
                made => fixed.extend(make_token(made, &mut bindings.clone()).ok()?),
            },
        }
    }
    Some(fixed)
}

/// The check and the name of a group of the pattern.
struct Group {
    capture: Option<String>,
    base64_of: Option<u64>,
}

fn fits_pattern(template: &Template, value: &[u8], bindings: &mut Bindings) -> bool {
    // Most values that do not fit begin otherwise.
    if let Some(Piece::Text(text)) = template.pieces.first()
        && !value.starts_with(text.as_bytes())
    {
        return false;
    }
    // A value that is no text is looked at octet by octet.
    let any = if std::str::from_utf8(value).is_ok() { ".+?" } else { "(?-u:.)+?" };
    let mut pattern = String::from(r"(?s)\A");
    let mut groups: Vec<Group> = Vec::new();
    // Groups have names, so that those of a regex in the case do not count among them.
    let mut group = |pattern: &mut String, inside: &str, capture, base64_of| {
        pattern.push_str(&format!("(?<__{}>{inside})", groups.len()));
        groups.push(Group { capture, base64_of });
    };
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => pattern.push_str(&regex::escape(text)),
            Piece::Bytes(octets) => push_octets(&mut pattern, octets),
            Piece::Token(token) => match &token.value {
                Token::Any { capture } => group(&mut pattern, any, capture.clone(), None),
                Token::Placeholder { .. } => {
                    // Equal numbers of one kind mean equal values.
                    let name = token.value.to_string();
                    match bindings.value(&name) {
                        Some(value) => pattern.push_str(&regex::escape(value)),
                        None => group(&mut pattern, any, Some(name), None),
                    }
                }
                Token::Regex(regex) => pattern.push_str(&format!("(?:{regex})")),
                Token::Call { capture, function, args } if is_random(function, args) => {
                    let Some(Arg::Number(len)) = args.first() else { return false };
                    let capture = capture.clone();
                    if function == "base64" {
                        group(&mut pattern, "[A-Za-z0-9+/=]+?", capture, Some(*len));
                    } else {
                        // The speaker makes up a text of its own.
                        group(&mut pattern, any, capture, None);
                    }
                }
                Token::Call { capture: None, function, args }
                    if function == "plain" && args.len() == 2 =>
                {
                    // RFC 4616 §2: an authzid equal to the account may be written or omitted.
                    let Some(own) = plain_forms(args, &mut bindings.clone()) else { return false };
                    pattern.push_str(&format!("(?:{own})"));
                }
                Token::Absent => return false,
                made => match make_token(made, &mut bindings.clone()) {
                    Ok(octets) => push_octets(&mut pattern, &octets),
                    Err(_) => return false,
                },
            },
        }
    }
    pattern.push_str(r"\z");
    let Some(regex) = compiled(&pattern) else { return false };
    let Some(found) = regex.captures(value) else { return false };
    let mut captured: Vec<(&str, &[u8])> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let text = found.name(&format!("__{number}")).map_or(&b""[..], |text| text.as_bytes());
        let is_long = |len| STANDARD.decode(text).is_ok_and(|octets| octets.len() as u64 == len);
        if !group.base64_of.is_none_or(is_long) {
            return false;
        }
        if let Some(name) = &group.capture {
            if captured.iter().any(|(other, value)| other == name && *value != text) {
                return false;
            }
            captured.push((name, text));
        }
    }
    for (name, text) in captured {
        bindings.capture(name, &String::from_utf8_lossy(text));
    }
    true
}

fn push_octets(pattern: &mut String, octets: &[u8]) {
    match std::str::from_utf8(octets) {
        Ok(text) => pattern.push_str(&regex::escape(text)),
        Err(_) => {
            octets.iter().for_each(|octet| pattern.push_str(&format!(r"(?-u:\x{octet:02x})")))
        }
    }
}
