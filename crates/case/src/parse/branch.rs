//! The branches of `one of`, in both forms.

use std::sync::Arc;
use std::time::Duration;

use super::Parsed;
use super::block::{Block, Reader};
use super::check::branch_start;
use super::cursor::Cursor;
use super::line::Line;
use super::payload::payload;
use super::template::{has_token, quoted};
use crate::{
    Arrow, Branch, Code, Diagnostic, Fact, Item, Label, Piece, Span, Spanned, Step, StepKind,
    suggest,
};

impl Reader<'_> {
    pub(super) fn branches(
        &mut self,
        line: Line,
        short: Option<(&Spanned<String>, Option<Duration>)>,
    ) -> Parsed<Vec<Branch>> {
        let errors = self.diagnostics.len();
        let mut branches: Vec<Branch> = Vec::new();
        let mut leading: Vec<Item> = Vec::new();
        let indent = self.indent_below(line);
        while let (Some(indent), Some((next, found))) = (indent, self.next_line()) {
            let comment = self.comment(found);
            let floor = if comment.is_some() { line.indent() + 1 } else { indent };
            if found.indent() < floor {
                break;
            }
            if next > self.at && !(branches.is_empty() && leading.is_empty()) {
                leading.push(Item::Blank);
            }
            self.at = next + 1;
            if let Some(comment) = comment {
                leading.push(Item::Comment(comment));
                continue;
            }
            let result = if found.indent() > indent {
                Err(self.indented(found, indent))
            } else {
                self.branch(found, short)
            };
            match result {
                Ok(mut branch) => {
                    branch.body.splice(0..0, leading.drain(..));
                    branches.push(branch);
                }
                Err(error) => self.recover(*error, indent),
            }
        }
        if let Some(last) = branches.last_mut() {
            last.body.append(&mut leading);
        } else if self.diagnostics.len() == errors {
            return Err(Box::new(
                Diagnostic::error(
                    Code::Block,
                    self.source,
                    line.text..line.end,
                    "`one of` without branches",
                )
                .help("write its branches below it, indented deeper, each with a label"),
            ));
        }
        Ok(branches)
    }

    fn branch(
        &mut self,
        line: Line,
        short: Option<(&Spanned<String>, Option<Duration>)>,
    ) -> Parsed<Branch> {
        let mut cursor = Cursor::over(self.source, line.text..line.end);
        let word = cursor.eat_while(|c| c != ' ');
        let Ok(label) = word.parse::<Label>() else {
            let error = cursor
                .error(Code::Label, 0, format!("there is no label `{word}`"))
                .help(suggest::help(word, Label::WORDS.iter().copied()));
            return Err(Box::new(error));
        };
        let label = Spanned::new(label, cursor.span(0));
        cursor.skip_blanks();
        let text = if cursor.peek() == Some('"') { Some(label_text(&mut cursor)?) } else { None };
        cursor.skip_blanks();
        let rest = cursor.here().start;
        let body = match short {
            Some((conn, limit)) => {
                let region = self.region(line, line.indent());
                let rest = self
                    .source
                    .text
                    .get(rest..region.end)
                    .map_or(region.end, |text| region.end - text.trim_start().len());
                vec![self.short_step(conn, limit, line.text..region.end, rest)?]
            }
            None if rest < line.end => {
                let extra = Diagnostic::error(Code::Block, self.source, rest..line.end, "a step on the line of its label")
                    .help("write the steps of a branch below its label; only the short form, `NAME <- one of`, has payloads beside labels");
                return Err(Box::new(extra));
            }
            None => {
                let errors = self.diagnostics.len();
                let items = self.inside(line, Block::Branch)?;
                if self.diagnostics.len() == errors {
                    self.check_start(&items)?;
                }
                items
            }
        };
        Ok(Branch { label, text, body })
    }

    /// The one step of a branch in the short form, whose payload begins at `rest`.
    fn short_step(
        &self,
        conn: &Spanned<String>,
        limit: Option<Duration>,
        region: Span,
        rest: usize,
    ) -> Parsed<Item> {
        if rest >= region.end {
            return Err(Box::new(
                Diagnostic::error(Code::Payload, self.source, region, "no payload")
                    .help("in the short form of `one of`, write the payload after the label"),
            ));
        }
        let payload = payload(self.source, rest..region.end)?;
        let kind =
            StepKind::Say { conn: conn.clone(), arrow: Arrow::ToClient, within: limit, payload };
        Ok(Item::Step(Step { kind, span: rest..region.end, source: Arc::clone(self.source) }))
    }

    /// A branch is chosen by what is received, so it begins with that.
    fn check_start(&self, items: &[Item]) -> Parsed<()> {
        let Some(step) = items
            .iter()
            .find_map(|item| if let Item::Step(step) = item { Some(step) } else { None })
        else {
            return Ok(());
        };
        let receives = match &step.kind {
            // The side that speaks is checked later, when the roles are known.
            StepKind::Say { arrow, .. } => *arrow != Arrow::Injected,
            StepKind::Fact { fact, .. } => {
                fact.comes_by_itself() || matches!(fact, Fact::Connect { .. } | Fact::Silent(_))
            }
            // Each may come first.
            StepKind::AnyOrder(items) => {
                return items
                    .iter()
                    .try_for_each(|item| self.check_start(std::slice::from_ref(item)));
            }
            _ => false,
        };
        if receives {
            return Ok(());
        }
        Err(Box::new(branch_start(self.source, step.span.clone())))
    }
}

/// The text after a label. It cannot hold tokens.
fn label_text(cursor: &mut Cursor<'_>) -> Parsed<Spanned<String>> {
    let from = cursor.pos();
    let text = quoted(cursor)?;
    if has_token(&text) || text.pieces.iter().any(|piece| matches!(piece, Piece::Bytes(_))) {
        return Err(Box::new(cursor.error(
            Code::Label,
            from,
            "the text of a label cannot hold tokens",
        )));
    }
    let plain = text
        .pieces
        .into_iter()
        .map(|piece| if let Piece::Text(text) = piece { text } else { String::new() });
    Ok(Spanned::new(plain.collect(), cursor.span(from)))
}
