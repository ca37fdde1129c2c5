//! Steps of one line and its continuation: payloads, facts, calls.

use std::sync::Arc;

use super::cursor::Cursor;
use super::{Parsed, call, payload, template};
use crate::{
    Arrow, Code, Diagnostic, Fact, Report, Source, Span, Spanned, StepKind, duration, function,
    suggest,
};

const FACTS: &[&str] = &[
    "connect",
    "connect tls",
    "server name",
    "caps",
    "upgraded",
    "never upgraded",
    "closed",
    "eof",
    "reset",
    "silent D",
    "manual",
    "deaf",
    "mute",
];

/// `NAME SIGN`, and where the text after it begins.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub(super) conn: Spanned<String>,
    /// The arrow, or the sign of facts.
    pub(super) sign: Sign,
    pub(super) sign_at: usize,
    /// Where the rest begins.
    pub(super) rest: usize,
}

/// The sign after the name of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `->`, `<-` or `<!`.
    Says(Arrow),
    /// `==`.
    Is,
    /// `reports`.
    Reports,
}

/// The first words of a line that is neither block nor call.
pub(super) fn opening(source: &Arc<Source>, line: Span) -> Parsed<Opening> {
    let mut cursor = Cursor::over(source, line.clone());
    let name = cursor.eat_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let name_span = cursor.span(0);
    let blanks = cursor.eat_while(|c| c == ' ');
    let from = cursor.pos();
    let sign = cursor.eat_while(|c| c != ' ');
    let sign_span = cursor.span(from);
    let found = match sign {
        "->" => Some(Sign::Says(Arrow::ToServer)),
        "<-" => Some(Sign::Says(Arrow::ToClient)),
        "<!" => Some(Sign::Says(Arrow::Injected)),
        "==" => Some(Sign::Is),
        "reports" => Some(Sign::Reports),
        _ => None,
    };
    if let (Some(sign), true, false) =
        (found, name.starts_with(|c: char| c.is_ascii_lowercase()), blanks.is_empty())
    {
        let rest = sign_span.end + cursor.eat_while(|c| c == ' ').len();
        return Ok(Opening {
            conn: Spanned::new(name.to_owned(), name_span),
            sign,
            sign_at: sign_span.start,
            rest,
        });
    }
    let looks_like_sign = !sign.is_empty() && sign.chars().all(|c| "-<>=!~:".contains(c));
    let diagnostic = if name.is_empty()
        || blanks.is_empty()
        || !(looks_like_sign || sign == "reports")
    {
        Diagnostic::error(Code::Step, source, line, "not a step").help(
            "a step is `NAME -> PAYLOAD`, `NAME <- PAYLOAD`, `NAME <! PAYLOAD`, `NAME == FACT`, `NAME reports EVENT`, `mark NAME`, `time A..B >= C..D`, `do ACTION(…)`, `use FRAGMENT(…)`, `any order`, `one of` or `finally`",
        )
    } else if found.is_some() {
        Diagnostic::error(
            Code::Step,
            source,
            name_span,
            format!("`{name}` is not a name of a connection"),
        )
        .help("begin the name with a lower-case letter")
    } else {
        Diagnostic::error(Code::Arrow, source, sign_span, format!("there is no sign `{sign}`"))
            .help(suggest::help(sign, ["->", "<-", "<!", "=="]))
    };
    Err(Box::new(diagnostic))
}

/// `within D` at the start of a text, and where the rest begins.
pub(super) fn within(
    source: &Arc<Source>,
    at: Span,
) -> Parsed<(Option<std::time::Duration>, usize)> {
    let mut cursor = Cursor::over(source, at.clone());
    if !cursor.eat("within ") {
        return Ok((None, at.start));
    }
    cursor.skip_blanks();
    let within = time(&mut cursor)?;
    cursor.skip_blanks();
    Ok((Some(within), cursor.here().start))
}

/// The text after the sign, up to the end of the region.
pub(super) fn said(source: &Arc<Source>, opening: Opening, region: Span) -> Parsed<StepKind> {
    let (within, start) = within(source, opening.rest.min(region.end)..region.end)?;
    let rest = start..region.end;
    let conn = opening.conn;
    match opening.sign {
        Sign::Is => Ok(StepKind::Fact { conn, within, fact: fact(source, rest)? }),
        Sign::Reports => Ok(StepKind::Reports { conn, within, report: report(source, rest)? }),
        Sign::Says(_) if rest.is_empty() => Err(Box::new(
            Diagnostic::error(
                Code::Payload,
                source,
                opening.sign_at..opening.sign_at + 2,
                "no payload",
            )
            .help("write the payload after the arrow"),
        )),
        Sign::Says(arrow) => {
            Ok(StepKind::Say { conn, arrow, within, payload: payload::payload(source, rest)? })
        }
    }
}

/// `do ACTION(…)` or `use FRAGMENT(…)`, from after the keyword.
pub(super) fn called(source: &Arc<Source>, keyword: &str, at: Span) -> Parsed<StepKind> {
    let mut cursor = Cursor::over(source, at);
    let call = call::step(&mut cursor)?;
    if keyword == "use" {
        return Ok(StepKind::Use(call));
    }
    let name = &call.name;
    let Some(action) = function::find(&name.value, function::ACTIONS) else {
        return Err(Box::new(
            Diagnostic::error(
                Code::Action,
                source,
                name.span.clone(),
                format!("there is no action `{}`", name.value),
            )
            .help(suggest::help(&name.value, function::names(function::ACTIONS))),
        ));
    };
    if !(action.arity.0..=action.arity.1).contains(&call.args.len()) {
        return Err(Box::new(
            Diagnostic::error(
                Code::Action,
                source,
                name.span.clone(),
                format!("`{}` does not take {}", name.value, function::count(call.args.len())),
            )
            .help(format!("write `do {}`", action.usage)),
        ));
    }
    Ok(StepKind::Do(call))
}

fn fact(source: &Arc<Source>, at: Span) -> Parsed<Fact> {
    let text = source.text.get(at.clone()).unwrap_or_default();
    Ok(match text {
        "connect" => Fact::Connect { tls: false },
        "connect tls" => Fact::Connect { tls: true },
        "server name" => Fact::ServerName,
        "caps" => Fact::Caps,
        "upgraded" => Fact::Upgraded,
        "never upgraded" => Fact::NeverUpgraded,
        "closed" => Fact::Closed,
        "eof" => Fact::Eof,
        "reset" => Fact::Reset,
        "manual" => Fact::Manual,
        "deaf" => Fact::Deaf,
        "mute" => Fact::Mute,
        _ => {
            let mut cursor = Cursor::over(source, at.clone());
            if cursor.eat("silent ") {
                cursor.skip_blanks();
                let silent = time(&mut cursor)?;
                if cursor.at_end() {
                    return Ok(Fact::Silent(silent));
                }
            }
            return Err(Box::new(
                Diagnostic::error(Code::Fact, source, at, format!("there is no fact `{text}`"))
                    .help(suggest::help(text, FACTS.iter().copied())),
            ));
        }
    })
}

/// `EVENT KEY="…" KEY="…"`.
fn report(source: &Arc<Source>, at: Span) -> Parsed<Report> {
    let mut cursor = Cursor::over(source, at);
    let word = |cursor: &mut Cursor<'_>| {
        let from = cursor.pos();
        let word = cursor.eat_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        Spanned::new(word.to_owned(), cursor.span(from))
    };
    let wanted = |cursor: &Cursor<'_>, what: &str| {
        let help = "as in `agent reports error condition=\"not-authorized\"`";
        Box::new(cursor.wanted(Code::Report, what).help(help))
    };
    let event = word(&mut cursor);
    if event.value.is_empty() {
        return Err(wanted(&cursor, "the name of an event"));
    }
    let mut fields = Vec::new();
    cursor.skip_blanks();
    while !cursor.at_end() {
        let key = word(&mut cursor);
        if key.value.is_empty() || !cursor.eat("=") {
            return Err(wanted(&cursor, "`KEY=\"…\"`"));
        }
        fields.push((key, template::quoted(&mut cursor)?));
        cursor.skip_blanks();
    }
    Ok(Report { event, fields })
}

fn time(cursor: &mut Cursor<'_>) -> Parsed<std::time::Duration> {
    let from = cursor.pos();
    let word = cursor.eat_while(|c| !super::cursor::is_blank(c));
    duration::parse(word).map_err(|error| {
        Box::new(
            cursor
                .error(Code::Duration, from, error.to_string())
                .help("as in `300ms`, `5s` or `2m`"),
        )
    })
}
