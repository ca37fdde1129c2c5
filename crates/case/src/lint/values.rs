//! A value is bound before it is used, and every capture is used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::needs::{ACCOUNTS, NODES, REST, names};
use crate::visit::{expanded, steps, templates, tokens};
use crate::{
    Case, Code, Comparison, Diagnostic, Fragment, Item, Source, Span, Spanned, Step, StepKind,
    Token, suggest,
};

/// Values that every target has.
const FIXED: &[&str] = &[
    "host",
    "port",
    "pair.port",
    "ws.path",
    "bosh.path",
    REST,
    "domain",
    "pubsub",
    "wrong",
    "team.id",
];

/// The parts of an account.
const OF_ACCOUNT: &[&str] = &["user", "id", "extension", "password"];

/// The parts of a connection: its full JID, and the id of its last stream.
const OF_CONNECTION: &[&str] = &["jid", "id"];

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    let mut seen = Seen::new(&case.source, &[]);
    for argument in case.head.asks.iter().filter_map(|ask| ask.value.argument()) {
        tokens(argument, &mut |token| seen.token(token, true));
    }
    expanded(body, None, &mut |step, used_at| seen.step(step, used_at.is_none()));
    seen.finish(found);
}

pub(super) fn check_fragment(fragment: &Fragment, found: &mut Vec<Diagnostic>) {
    let params: Vec<&str> = fragment.params.iter().map(|param| param.value.as_str()).collect();
    let mut seen = Seen::new(&fragment.source, &params);
    steps(&fragment.body, &mut |step| seen.step(step, true));
    seen.finish(found);
}

struct Seen<'a> {
    source: &'a Arc<Source>,
    /// Parameters may stand for accounts and connections, or alone.
    params: &'a [&'a str],
    connections: BTreeSet<&'a str>,
    /// Captures, with their places in this file. One without a place need not be used.
    captures: Vec<(&'a str, Option<Span>)>,
    used: BTreeSet<&'a str>,
    /// Marked moments, with their places in this file. One without a place need not be compared.
    moments: BTreeMap<&'a str, Option<Span>>,
    compared: BTreeSet<&'a str>,
    unknown: Vec<Diagnostic>,
}

impl<'a> Seen<'a> {
    fn new(source: &'a Arc<Source>, params: &'a [&'a str]) -> Self {
        Self {
            source,
            params,
            connections: BTreeSet::new(),
            captures: Vec::new(),
            used: BTreeSet::new(),
            moments: BTreeMap::new(),
            compared: BTreeSet::new(),
            unknown: Vec::new(),
        }
    }

    /// `own` steps are of this file. Steps of fragments only bind names.
    fn step(&mut self, step: &'a Step, own: bool) {
        if let StepKind::Say { conn, .. }
        | StepKind::Fact { conn, .. }
        | StepKind::Reports { conn, .. } = &step.kind
        {
            self.connections.insert(&conn.value);
        }
        match &step.kind {
            StepKind::Mark(name) => {
                let span = own.then(|| name.span.clone());
                self.moments.entry(&name.value).or_insert(span);
            }
            StepKind::Time(Comparison { what, than, .. }) => {
                for moment in [&what.from, &what.to, &than.from, &than.to] {
                    self.moment(moment, own);
                }
            }
            _ => {}
        }
        templates(&step.kind, &mut |template, _| {
            tokens(template, &mut |token| self.token(token, own))
        });
    }

    fn moment(&mut self, moment: &'a Spanned<String>, own: bool) {
        self.compared.insert(&moment.value);
        if own && !self.moments.contains_key(moment.value.as_str()) {
            let near = suggest::help_near(&moment.value, self.moments.keys().copied());
            self.unknown.push(
                Diagnostic::error(
                    Code::Moment,
                    self.source,
                    moment.span.clone(),
                    format!("no step above marks `{}`", moment.value),
                )
                .help(near),
            );
        }
    }

    fn token(&mut self, token: &'a Spanned<Token>, own: bool) {
        match &token.value {
            Token::Any { capture: Some(name) } => {
                self.captures.push((name, own.then(|| token.span.clone())))
            }
            // A value that our side makes need not be used again.
            Token::Call { capture: Some(name), .. } => self.captures.push((name, None)),
            _ => {}
        }
        for name in names(&token.value) {
            self.used.insert(name);
            if own && !self.is_known(name, &token.value) {
                let near = self.near(name);
                self.unknown.push(
                    Diagnostic::error(
                        Code::UnknownVariable,
                        self.source,
                        token.span.clone(),
                        format!("no step above binds `{name}`"),
                    )
                    .help(near),
                );
            }
        }
    }

    fn is_known(&self, name: &str, token: &Token) -> bool {
        let account = |first: &str| {
            first == "agent" || ACCOUNTS.contains(&first) || self.params.contains(&first)
        };
        let captured = self.captures.iter().any(|(known, _)| *known == name);
        if captured || FIXED.contains(&name) || self.params.contains(&name) {
            return true;
        }
        if matches!(token, Token::Call { function, .. } if function == "jid") {
            return account(name);
        }
        match name.split('.').collect::<Vec<_>>().as_slice() {
            ["node", node] => NODES.contains(node),
            ["conn", conn, part] => {
                (self.connections.contains(conn) || self.params.contains(conn))
                    && OF_CONNECTION.contains(part)
            }
            [first, part] => account(first) && OF_ACCOUNT.contains(part),
            _ => false,
        }
    }

    fn near(&self, name: &str) -> String {
        let mut known: Vec<String> = FIXED.iter().map(|name| (*name).to_owned()).collect();
        known.extend(NODES.iter().map(|node| format!("node.{node}")));
        for account in ["agent"].iter().chain(ACCOUNTS).chain(self.params) {
            known.extend(OF_ACCOUNT.iter().map(|part| format!("{account}.{part}")));
        }
        for conn in &self.connections {
            known.extend(OF_CONNECTION.iter().map(|part| format!("conn.{conn}.{part}")));
        }
        known.extend(
            self.captures
                .iter()
                .filter(|(name, _)| !name.contains('.'))
                .map(|(name, _)| (*name).to_owned()),
        );
        suggest::help_near(name, known.iter().map(String::as_str))
    }

    fn finish(self, found: &mut Vec<Diagnostic>) {
        found.extend(self.unknown);
        for (name, span) in self.moments {
            if let (Some(span), false) = (span, self.compared.contains(name)) {
                found.push(
                    Diagnostic::warning(
                        Code::Moment,
                        self.source,
                        span,
                        format!("the moment `{name}` is marked and never compared"),
                    )
                    .help("compare it: `time A..B >= 1.5 * C..D`"),
                );
            }
        }
        for (name, span) in self.captures {
            if let (Some(span), false) = (span, self.used.contains(name)) {
                found.push(
                    Diagnostic::warning(
                        Code::UnusedCapture,
                        self.source,
                        span,
                        format!("the value `{name}` is captured and never used"),
                    )
                    .help("write `{*}` to accept any text without keeping it"),
                );
            }
        }
    }
}
