//! The steps of a fragment with the arguments of one use filled in.

use std::collections::BTreeMap;

use crate::visit::{steps, templates, tokens};
use crate::{
    Arg, Branch, Call, ChildPattern, ElementPattern, Fragment, FramePattern, HttpBody, HttpHead,
    Item, Payload, Piece, Report, Spanned, StartLine, Step, StepKind, Template, Token,
};

/// The arguments of one use, by the fragment's parameters.
pub(crate) struct Arguments<'a> {
    params: BTreeMap<&'a str, &'a Arg>,
    captures: BTreeMap<String, String>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(fragment: &'a Fragment, call: &'a Call, number: u32) -> Self {
        let params = fragment
            .params
            .iter()
            .zip(&call.args)
            .map(|(param, arg)| (param.value.as_str(), &arg.value))
            .collect();
        let mut captures = BTreeMap::new();
        steps(&fragment.body, &mut |step| {
            templates(&step.kind, &mut |template, _| {
                tokens(template, &mut |token| {
                    if let Token::Any { capture: Some(name) }
                    | Token::Call { capture: Some(name), .. } = &token.value
                    {
                        captures.insert(name.clone(), format!("{}-{number}.{name}", fragment.name));
                    }
                });
            });
        });
        Self { params, captures }
    }

    pub(crate) fn items(&self, items: &[Item]) -> Vec<Item> {
        items
            .iter()
            .map(|item| match item {
                Item::Step(step) => {
                    Item::Step(Step { kind: self.kind(&step.kind), ..step.clone() })
                }
                other => other.clone(),
            })
            .collect()
    }

    fn kind(&self, kind: &StepKind) -> StepKind {
        match kind {
            StepKind::Say { conn, arrow, within, payload } => StepKind::Say {
                conn: self.conn(conn),
                arrow: *arrow,
                within: *within,
                payload: self.payload(payload),
            },
            StepKind::Fact { conn, within, fact } => {
                StepKind::Fact { conn: self.conn(conn), within: *within, fact: fact.clone() }
            }
            StepKind::Reports { conn, within, report } => StepKind::Reports {
                conn: self.conn(conn),
                within: *within,
                report: Report {
                    event: report.event.clone(),
                    fields: report
                        .fields
                        .iter()
                        .map(|(key, value)| (key.clone(), self.template(value)))
                        .collect(),
                },
            },
            StepKind::Mark(_) | StepKind::Time(_) => kind.clone(),
            StepKind::Do(call) => StepKind::Do(self.call(call)),
            StepKind::Use(call) => StepKind::Use(self.call(call)),
            StepKind::Used { call, owner, body } => StepKind::Used {
                call: self.call(call),
                owner: owner.clone(),
                body: self.items(body),
            },
            StepKind::AnyOrder(body) => StepKind::AnyOrder(self.items(body)),
            StepKind::Finally(body) => StepKind::Finally(self.items(body)),
            StepKind::OneOf { short, branches } => StepKind::OneOf {
                short: short.as_ref().map(|conn| self.conn(conn)),
                branches: branches
                    .iter()
                    .map(|branch| Branch { body: self.items(&branch.body), ..branch.clone() })
                    .collect(),
            },
        }
    }

    fn conn(&self, conn: &Spanned<String>) -> Spanned<String> {
        let name = match self.params.get(conn.value.as_str()) {
            Some(Arg::Word(word)) => word.clone(),
            _ => conn.value.clone(),
        };
        Spanned::new(name, conn.span.clone())
    }

    /// A name with its parameter replaced: `conn` itself, `account` in `account.user`, `conn` in
    /// `conn.conn.jid`.
    fn name(&self, name: &str) -> String {
        if let Some(renamed) = self.captures.get(name) {
            return renamed.clone();
        }
        if let Some(Arg::Word(word)) = self.params.get(name) {
            return word.clone();
        }
        let (before, name) = match name.strip_prefix("conn.").filter(|rest| rest.contains('.')) {
            Some(rest) => ("conn.", rest),
            None => ("", name),
        };
        match name.split_once('.').map(|(first, rest)| (self.params.get(first), rest)) {
            Some((Some(Arg::Word(word)), rest)) => format!("{before}{word}.{rest}"),
            _ => format!("{before}{name}"),
        }
    }

    fn call(&self, call: &Call) -> Call {
        let args = call
            .args
            .iter()
            .map(|arg| Spanned::new(self.arg(&arg.value), arg.span.clone()))
            .collect();
        Call { name: call.name.clone(), args }
    }

    fn arg(&self, arg: &Arg) -> Arg {
        match arg {
            Arg::Word(word) => match self.params.get(word.as_str()) {
                Some(value) => (*value).clone(),
                None => Arg::Word(self.name(word)),
            },
            Arg::Text(text) => Arg::Text(self.template(text)),
            Arg::Number(number) => Arg::Number(*number),
            Arg::Xml(root) => Arg::Xml(Box::new(self.element(root))),
        }
    }

    fn template(&self, template: &Template) -> Template {
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in &template.pieces {
            match piece {
                Piece::Token(token) => match &token.value {
                    Token::Variable(name) => match self.params.get(name.as_str()) {
                        Some(value) => pieces.extend(value_of(value)),
                        None => pieces.push(Piece::Token(Spanned::new(
                            Token::Variable(self.name(name)),
                            token.span.clone(),
                        ))),
                    },
                    other => pieces
                        .push(Piece::Token(Spanned::new(self.token(other), token.span.clone()))),
                },
                other => pieces.push(other.clone()),
            }
        }
        Template { pieces: joined(pieces), span: template.span.clone() }
    }

    fn token(&self, token: &Token) -> Token {
        let renamed = |capture: &Option<String>| capture.as_ref().map(|name| self.name(name));
        match token {
            Token::Any { capture } => Token::Any { capture: renamed(capture) },
            Token::Call { capture, function, args } => Token::Call {
                capture: renamed(capture),
                function: function.clone(),
                args: args.iter().map(|arg| self.arg(arg)).collect(),
            },
            other => other.clone(),
        }
    }

    fn payload(&self, payload: &Payload) -> Payload {
        match payload {
            Payload::Xml { root, fragments } => {
                Payload::Xml { root: self.element(root), fragments: *fragments }
            }
            Payload::Http(head) => Payload::Http(self.http(head)),
            Payload::Text(text) => Payload::Text(self.template(text)),
            Payload::Binary(text) => Payload::Binary(self.template(text)),
            Payload::Bytes(text) => Payload::Bytes(self.template(text)),
            Payload::Ping(text) => Payload::Ping(self.template(text)),
            Payload::Pong(text) => Payload::Pong(self.template(text)),
            Payload::Frame(frame) => Payload::Frame(FramePattern {
                payload: frame.payload.as_ref().map(|payload| self.template(payload)),
                ..frame.clone()
            }),
            Payload::Close { code, reason } => Payload::Close {
                code: code.as_ref().map(|code| self.template(code)),
                reason: reason.as_ref().map(|reason| self.template(reason)),
            },
            Payload::Nothing => Payload::Nothing,
            Payload::Eof => Payload::Eof,
            Payload::Reset => Payload::Reset,
        }
    }

    fn element(&self, element: &ElementPattern) -> ElementPattern {
        let mut filled = element.clone();
        for attr in &mut filled.attrs {
            attr.value = self.template(&attr.value);
        }
        for child in &mut filled.children {
            *child = match child {
                ChildPattern::Element(child) => ChildPattern::Element(self.element(child)),
                ChildPattern::Text(text) => ChildPattern::Text(self.template(text)),
            };
        }
        filled
    }

    fn http(&self, head: &HttpHead) -> HttpHead {
        let mut filled = head.clone();
        filled.start = match &head.start {
            StartLine::Request { method, target, version } => StartLine::Request {
                method: self.template(method),
                target: self.template(target),
                version: self.template(version),
            },
            StartLine::Response { version, status, reason } => StartLine::Response {
                version: self.template(version),
                status: self.template(status),
                reason: reason.as_ref().map(|reason| self.template(reason)),
            },
        };
        for header in &mut filled.headers {
            header.value = self.template(&header.value);
        }
        filled.body = head.body.as_ref().map(|body| match body {
            HttpBody::Octets(octets) => HttpBody::Octets(self.template(octets)),
            HttpBody::Xml(root) => HttpBody::Xml(self.element(root)),
        });
        filled
    }
}

/// An argument in value position: a bare word is its own text.
fn value_of(arg: &Arg) -> Vec<Piece> {
    match arg {
        Arg::Word(word) => vec![Piece::Text(word.clone())],
        Arg::Number(number) => vec![Piece::Text(number.to_string())],
        Arg::Text(text) => text.pieces.clone(),
        // Refused before a fragment is filled in.
        Arg::Xml(_) => Vec::new(),
    }
}

/// Neighbouring texts joined, as the parser would have read them.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (_, piece) => out.push(piece),
        }
    }
    out
}
