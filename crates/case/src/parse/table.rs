//! The TOML of a head: values by key, with places and diagnostics.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::cursor::Cursor;
use super::template;
use crate::{Ask, Clause, Code, Diagnostic, Factor, Source, Span, Spanned, duration, suggest};

struct Entry<'a> {
    key: String,
    key_span: Span,
    value: DeValue<'a>,
    span: Span,
}

/// The keys of a head. Errors are reported while they are read.
pub(super) struct Table<'a> {
    source: &'a Arc<Source>,
    /// Offset of the head; the spans inside a list count from it.
    base: usize,
    entries: Vec<Entry<'a>>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Table<'a> {
    pub(super) fn new(
        source: &'a Arc<Source>,
        inside: Range<usize>,
        keys: &[&str],
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let base = inside.start;
        let text = source.text.get(inside).unwrap_or_default();
        let shift = |span: Range<usize>| base + span.start..base + span.end;
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let span = error.span().map_or(base..base, shift);
            let message = error.message().lines().next().unwrap_or_default();
            diagnostics.push(
                Diagnostic::error(Code::HeadSyntax, source, span, "the head is not TOML")
                    .label(message),
            );
        }
        if !errors.is_empty() {
            return None;
        }
        if let Some(at) = comment(text) {
            diagnostics.push(
                Diagnostic::error(Code::HeadComment, source, shift(at), "a comment in the head")
                    .help(
                        "move it into the body, below the second `+++`; write reasons into `why`",
                    ),
            );
        }
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for (key, value) in table.into_inner() {
            let (key_span, span) = (shift(key.span()), shift(value.span()));
            entries.push(Entry {
                key: key.into_inner().into_owned(),
                key_span,
                value: value.into_inner(),
                span,
            });
        }
        for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            diagnostics.push(
                Diagnostic::error(
                    Code::HeadKey,
                    source,
                    entry.key_span.clone(),
                    format!("there is no key `{}` in heads", entry.key),
                )
                .help(suggest::help(&entry.key, keys.iter().copied())),
            );
        }
        Some(Self { source, base, entries, diagnostics })
    }

    fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    fn report(&mut self, code: Code, span: Span, message: String, help: String) {
        self.diagnostics.push(Diagnostic::error(code, self.source, span, message).help(help));
    }

    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.entry(key).is_none() {
            let fence = 0..super::FENCE.len();
            self.report(
                Code::HeadMissing,
                fence,
                format!("the head has no `{key}`"),
                format!("add `{}`", example(key)),
            );
            return None;
        }
        read(self)
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<Spanned<String>> {
        let entry = self.entry(key)?;
        let span = entry.span.clone();
        match entry.value.as_str() {
            Some(text) if !text.trim().is_empty() && !text.contains('\n') => {
                Some(Spanned::new(text.to_owned(), span))
            }
            _ => {
                self.report(
                    Code::HeadValue,
                    span,
                    format!("`{key}` must be one line of text"),
                    format!("as in `{}`", example(key)),
                );
                None
            }
        }
    }

    pub(super) fn strings(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        let entry = self.entry(key)?;
        let span = entry.span.clone();
        let start = self.base;
        let read: Option<Vec<_>> = entry.value.as_array().and_then(|values| {
            values
                .iter()
                .map(|value| {
                    let span = start + value.span().start..start + value.span().end;
                    let text = value
                        .get_ref()
                        .as_str()
                        .filter(|text| !text.trim().is_empty() && !text.contains('\n'))?;
                    Some(Spanned::new(text.to_owned(), span))
                })
                .collect()
        });
        if read.is_none() {
            self.report(
                Code::HeadValue,
                span,
                format!("`{key}` must be a list of strings"),
                format!("as in `{}`", example(key)),
            );
        }
        read
    }

    pub(super) fn filled(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        let list = self.strings(key)?;
        if list.is_empty() {
            let span = self.entry(key)?.span.clone();
            self.report(
                Code::HeadValue,
                span,
                format!("`{key}` is empty"),
                format!("as in `{}`", example(key)),
            );
            return None;
        }
        Some(list)
    }

    /// [`Table::filled`] of a key that may be left out.
    pub(super) fn filled_if_there(&mut self, key: &'static str) -> Option<Vec<Spanned<String>>> {
        self.entry(key)?;
        self.filled(key)
    }

    /// The words of the list `key`, each at most once.
    pub(super) fn different<T: FromStr + PartialEq>(
        &mut self,
        key: &'static str,
        list: Vec<Spanned<String>>,
        words: &'static [&'static str],
    ) -> Vec<Spanned<T>> {
        let mut values: Vec<Spanned<T>> = Vec::new();
        for text in list {
            let (word, span) = (text.value.clone(), text.span.clone());
            let Some(value) = self.known(key.trim_end_matches('s'), text, words) else { continue };
            if values.contains(&value) {
                let message = format!("`{word}` stands twice in `{key}`");
                self.report(Code::HeadValue, span, message, "remove one of them".to_owned());
            } else {
                values.push(value);
            }
        }
        values
    }

    pub(super) fn word<T: FromStr>(
        &mut self,
        key: &'static str,
        words: &'static [&'static str],
    ) -> Option<Spanned<T>> {
        let text = self.string(key)?;
        self.known(key, text, words)
    }

    pub(super) fn known<T: FromStr>(
        &mut self,
        what: &str,
        text: Spanned<String>,
        words: &'static [&'static str],
    ) -> Option<Spanned<T>> {
        if let Ok(value) = text.value.parse() {
            return Some(Spanned::new(value, text.span));
        }
        let help = suggest::help(&text.value, words.iter().copied());
        self.report(
            Code::HeadValue,
            text.span,
            format!("there is no {what} `{}`", text.value),
            help,
        );
        None
    }

    pub(super) fn clause(&mut self, text: Spanned<String>) -> Option<Spanned<Clause>> {
        match text.value.parse() {
            Ok(clause) => Some(Spanned::new(clause, text.span)),
            Err(error) => {
                let help = "write `RFC 6455 §4.2.1`, `RFC 6455 §4.2.1 item 3`, `XEP-0060 §6.1`, `vendor` or `robustness`";
                self.report(Code::ClauseSyntax, text.span, error.to_string(), help.to_owned());
                None
            }
        }
    }

    pub(super) fn duration(
        &mut self,
        text: Spanned<String>,
    ) -> Option<Spanned<std::time::Duration>> {
        match duration::parse(&text.value) {
            Ok(value) => Some(Spanned::new(value, text.span)),
            Err(error) => {
                self.report(
                    Code::Duration,
                    text.span,
                    error.to_string(),
                    "as in `300ms`, `5s` or `2m`".to_owned(),
                );
                None
            }
        }
    }

    /// One request of `do` in the head; its node may hold tokens.
    pub(super) fn ask(&mut self, text: Spanned<String>) -> Option<Spanned<Ask>> {
        let (verb, rest) = text.value.split_once(' ').unwrap_or((&text.value, ""));
        let ask = match (verb, rest) {
            ("login", "") => Ask::Login,
            ("login-wrong-password", "") => Ask::LoginWrongPassword,
            ("wait", "") => Ask::Wait,
            ("sign-in", "") => Ask::SignIn,
            ("ready", "") => Ask::Ready,
            ("not-ready", "") => Ask::NotReady,
            ("answer", "") => Ask::Answer,
            ("hold", "") => Ask::Hold,
            ("retrieve", "") => Ask::Retrieve,
            ("hang-up", "") => Ask::HangUp,
            ("sign-out", "") => Ask::SignOut,
            ("stay", time) if !time.is_empty() => {
                let time = Spanned::new(time.to_owned(), text.span.clone());
                Ask::Stay(self.duration(time)?.value)
            }
            ("subscribe" | "unsubscribe" | "call" | "transfer", argument)
                if !argument.is_empty() && !argument.contains(' ') =>
            {
                // Inside the quotes of the head, where neither a node nor a number has anything to
                // escape.
                let end = text.span.end.saturating_sub(1);
                let mut cursor = Cursor::over(self.source, end - argument.len().min(end)..end);
                match template::plain(&mut cursor, |_| false) {
                    Ok(node) if verb == "subscribe" => Ask::Subscribe(node),
                    Ok(node) if verb == "unsubscribe" => Ask::Unsubscribe(node),
                    Ok(number) if verb == "call" => Ask::Call(number),
                    Ok(number) => Ask::Transfer(number),
                    Err(diagnostic) => {
                        self.diagnostics.push(*diagnostic);
                        return None;
                    }
                }
            }
            _ => {
                let message = format!("a client cannot be asked to `{}`", text.value);
                let help = suggest::help(&text.value, Ask::USAGES.iter().copied());
                self.report(Code::HeadValue, text.span, message, help);
                return None;
            }
        };
        Some(Spanned::new(ask, text.span))
    }

    /// A number from 2 to 16; more clients would overload a small machine.
    pub(super) fn several(&mut self, key: &'static str) -> Option<Spanned<u32>> {
        let entry = self.entry(key)?;
        let span = entry.span.clone();
        let number = match &entry.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        };
        match number.filter(|number| (2..=16).contains(number)) {
            Some(number) => Some(Spanned::new(number, span)),
            None => {
                let help = format!("as in `{}`", example(key));
                let message = format!("`{key}` must be a number from 2 to 16");
                self.report(Code::HeadValue, span, message, help);
                None
            }
        }
    }

    pub(super) fn factor(&mut self, key: &'static str) -> Option<Spanned<Factor>> {
        let entry = self.entry(key)?;
        let span = entry.span.clone();
        let written = match &entry.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => "",
        };
        match thousandths(written) {
            Some(factor) => Some(Spanned::new(Factor(factor), span)),
            None => {
                let help = format!("as in `{}`; at most three decimals", example(key));
                self.report(
                    Code::HeadValue,
                    span,
                    format!("`{key}` must be a factor above 0"),
                    help,
                );
                None
            }
        }
    }
}

/// A decimal number with at most three decimals, in thousandths.
fn thousandths(written: &str) -> Option<u32> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let fraction: u32 = format!("{fraction:0<3}").parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(fraction).filter(|factor| *factor > 0)
}

/// The place of the first comment outside strings.
fn comment(head: &str) -> Option<Range<usize>> {
    let mut rest = head;
    let mut at = 0;
    while let Some(found) = rest.find(['"', '\'', '#']) {
        let tail = &rest[found..];
        if tail.starts_with('#') {
            return Some(at + found..at + found + tail.lines().next().unwrap_or_default().len());
        }
        let len = string_len(tail);
        at += found + len;
        rest = &tail[len..];
    }
    None
}

/// Octets of the TOML string at the start of `text`, which is known to be well-formed.
fn string_len(text: &str) -> usize {
    let (quote, basic) = match text.get(..3) {
        Some(three @ ("\"\"\"" | "'''")) => (three, three == "\"\"\""),
        _ => (&text[..1], text.starts_with('"')),
    };
    let mut at = quote.len();
    while let Some(next) = text[at..].chars().next() {
        if basic && next == '\\' {
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if text[at..].starts_with(quote) {
            return at + quote.len();
        } else {
            at += next.len_utf8();
        }
    }
    at
}

fn example(key: &str) -> &'static str {
    match key {
        "title" => "title = \"a request without Upgrade is not switched\"",
        "spec" => "spec = [\"RFC 6455 §4.2.1 item 3\"]",
        "level" => "level = \"must\"",
        "roles" => "roles = [\"server\"]",
        "transports" => "transports = [\"ws\", \"bosh\"]",
        "do" => "do = [\"login\", \"wait\"]",
        "certificate" => "certificate = \"expired\"",
        "host" => "host = \"name\"",
        "password" => "password = \"non-ascii\"",
        "servers" => "servers = \"pair\"",
        "clients" => "clients = 8",
        "needs" => "needs = [\"account other\"]",
        "effects" => "effects = \"session\"",
        "timeout" => "timeout = \"2s\"",
        "time" => "time = 10",
        "tags" => "tags = [\"slow\"]",
        "volatile" => "volatile = [\"agent reports notification\"]",
        "params" => "params = [\"conn\", \"account\"]",
        "owner" => "owner = \"stream/open-ok\"",
        _ => "why = \"agents are logged out\"",
    }
}
