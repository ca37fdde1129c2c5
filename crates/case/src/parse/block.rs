//! Bodies: steps, and blocks of indented steps.

use std::sync::Arc;

use super::Parsed;
use super::line::{Line, lines};
use super::moment;
use super::step::{Opening, Sign, called, opening, said, within};
use crate::{Arrow, Code, Diagnostic, Item, Source, Span, Step, StepKind};

/// All items from `at` on.
pub(super) fn body(
    source: &Arc<Source>,
    at: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Item> {
    let lines = lines(source, at, diagnostics);
    let mut reader = Reader { source, lines, at: 0, diagnostics };
    reader.items(0, 0, Block::Top)
}

/// The block around the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Top,
    AnyOrder,
    Branch,
    Finally,
}

/// Goes through the lines of a body from top to bottom.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Arc<Source>,
    lines: Vec<Line>,
    pub(super) at: usize,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Items indented by exactly `indent`; comments may stand anywhere from `floor` on.
    pub(super) fn items(&mut self, indent: usize, floor: usize, place: Block) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some((next, line)) = self.next_line() {
            let comment = self.comment(line);
            if line.indent() < if comment.is_some() { floor } else { indent } {
                break;
            }
            if next > self.at && !items.is_empty() {
                items.push(Item::Blank);
            }
            self.at = next + 1;
            if let Some(comment) = comment {
                items.push(Item::Comment(comment));
                continue;
            }
            if let Some(Item::Step(Step { kind: StepKind::Finally(_), span, .. })) =
                items.iter().rev().find(|item| matches!(item, Item::Step(_)))
            {
                let after = Diagnostic::error(
                    Code::Block,
                    self.source,
                    line.text..line.end,
                    "a step after `finally`",
                )
                .also(span.start..span.start + "finally".len(), "the last block")
                .help("`finally` ends the case");
                self.diagnostics.push(after);
            }
            let result = if line.indent() > indent {
                Err(self.indented(line, indent))
            } else {
                self.step(line, place)
            };
            match result {
                Ok(step) => items.push(Item::Step(step)),
                Err(error) => self.recover(*error, indent),
            }
        }
        items
    }

    /// The next line that is not blank, and its number.
    pub(super) fn next_line(&self) -> Option<(usize, Line)> {
        let ahead = self.lines.get(self.at..)?.iter().position(|line| !line.is_blank())?;
        Some((self.at + ahead, self.lines[self.at + ahead]))
    }

    fn text(&self, line: Line) -> &str {
        self.source.text.get(line.text..line.end).unwrap_or_default()
    }

    pub(super) fn comment(&self, line: Line) -> Option<String> {
        let text = self.text(line).strip_prefix('#')?;
        Some(text.strip_prefix(' ').unwrap_or(text).to_owned())
    }

    fn step(&mut self, line: Line, place: Block) -> Parsed<Step> {
        let text = self.text(line).to_owned();
        let whole = line.text..line.end;
        let kind = match text.as_str() {
            "any order" if matches!(place, Block::AnyOrder) => {
                return Err(self.misplaced(whole, &text));
            }
            "one of" if matches!(place, Block::AnyOrder | Block::Branch) => {
                return Err(self.misplaced(whole, &text));
            }
            "finally" if place != Block::Top => return Err(self.misplaced(whole, &text)),
            "any order" => StepKind::AnyOrder(self.inside(line, Block::AnyOrder)?),
            "finally" => StepKind::Finally(self.inside(line, Block::Finally)?),
            "one of" => StepKind::OneOf { short: None, branches: self.branches(line, None)? },
            _ => match text.split_once(' ') {
                Some((keyword @ ("mark" | "time"), rest)) if !is_spoken(rest) => {
                    let after = line.text + keyword.len()..line.end;
                    if keyword == "mark" {
                        moment::mark(self.source, after)?
                    } else {
                        moment::time(self.source, after)?
                    }
                }
                Some((keyword @ ("do" | "use"), rest)) if !is_spoken(rest) => {
                    let region = self.region(line, line.indent());
                    called(self.source, keyword, line.text + keyword.len()..region.end)?
                }
                _ => self.spoken(line, whole, place)?,
            },
        };
        let end = self.lines.get(self.at.saturating_sub(1)).map_or(line.end, |last| last.end);
        Ok(Step { kind, span: line.text..end.max(line.end), source: Arc::clone(self.source) })
    }

    /// A step that begins with a connection.
    fn spoken(&mut self, line: Line, whole: Span, place: Block) -> Parsed<StepKind> {
        let Opening { conn, sign, sign_at, rest } = opening(self.source, whole)?;
        let on_line = within(self.source, rest.min(line.end)..line.end);
        if let Ok((limit, at)) = on_line
            && self.source.text.get(at..line.end) == Some("one of")
        {
            if sign != Sign::Says(Arrow::ToClient)
                || matches!(place, Block::AnyOrder | Block::Branch)
            {
                return Err(self.misplaced(at..line.end, "one of"));
            }
            let branches = self.branches(line, Some((&conn, limit)))?;
            return Ok(StepKind::OneOf { short: Some(conn), branches });
        }
        let region = match sign {
            Sign::Says(_) => self.region(line, sign_at - line.start),
            Sign::Is | Sign::Reports => line.text..line.end,
        };
        let opening = Opening { conn, sign, sign_at, rest };
        said(self.source, opening, region)
    }

    /// The line and its continuation: the following lines that are indented deeper than `column`.
    pub(super) fn region(&mut self, line: Line, column: usize) -> Span {
        let mut end = line.end;
        while let Some(next) =
            self.lines.get(self.at).filter(|next| !next.is_blank() && next.indent() > column)
        {
            end = next.end;
            self.at += 1;
        }
        line.text..end
    }

    /// The items of a block, indented deeper than its first line.
    pub(super) fn inside(&mut self, line: Line, place: Block) -> Parsed<Vec<Item>> {
        let errors = self.diagnostics.len();
        let items = match self.indent_below(line) {
            Some(indent) => self.items(indent, line.indent() + 1, place),
            None => Vec::new(),
        };
        if !items.iter().any(|item| matches!(item, Item::Step(_)))
            && self.diagnostics.len() == errors
        {
            return Err(Box::new(
                Diagnostic::error(
                    Code::Block,
                    self.source,
                    line.text..line.end,
                    "a block without steps",
                )
                .help("write its steps below it, indented deeper"),
            ));
        }
        Ok(items)
    }

    /// How deep the first step or label below `line` is indented, if it belongs to it.
    pub(super) fn indent_below(&self, line: Line) -> Option<usize> {
        let below = self.lines.get(self.at..)?;
        let first = below.iter().find(|next| !next.is_blank() && self.comment(**next).is_none())?;
        (first.indent() > line.indent()).then(|| first.indent())
    }

    pub(super) fn indented(&self, line: Line, indent: usize) -> Box<Diagnostic> {
        let diagnostic = Diagnostic::error(
            Code::Indent,
            self.source,
            line.text..line.end,
            "unexpected indentation",
        )
        .label(format!("indented by {}, wanted {indent}", line.indent()));
        let before = self.lines.iter().rev().find(|before| before.start < line.start);
        let blank_before = before.is_some_and(Line::is_blank);
        Box::new(if blank_before {
            diagnostic.help("an empty line ends a payload")
        } else {
            diagnostic
                .help("to continue a payload, indent its lines deeper than its arrow or label")
        })
    }

    fn misplaced(&self, span: Span, block: &str) -> Box<Diagnostic> {
        let rule = match block {
            "finally" => "write `finally` once, at the end, without indentation",
            "one of" => {
                "`one of` lists what may be received; write it after `NAME <-` or on a line of its own, outside `any order` and branches"
            }
            _ => "`any order` cannot be nested",
        };
        Box::new(
            Diagnostic::error(
                Code::Block,
                self.source,
                span,
                format!("`{block}` cannot stand here"),
            )
            .help(rule),
        )
    }

    /// Skips to the next line that may begin a step at `indent`, after an error.
    pub(super) fn recover(&mut self, error: Diagnostic, indent: usize) {
        self.diagnostics.push(error);
        while let Some((next, _)) = self.next_line().filter(|(_, line)| line.indent() > indent) {
            self.at = next + 1;
        }
    }
}

/// Whether the text begins with a sign, so that the word before it names a connection.
fn is_spoken(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.starts_with(['-', '<', '=']) || rest.starts_with("reports ")
}
