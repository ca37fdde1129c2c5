//! `needs` in a head must list what the steps use and not every target has.

use stanza::ns;

use crate::function::{ACTIONS, acts_for_account};
use crate::visit::{expanded, templates, tokens};
use crate::{
    Arg, Arrow, Case, ChildPattern, Code, Diagnostic, ElementPattern, Item, Payload, Span, Spanned,
    StepKind, Token, suggest,
};

/// Accounts besides `agent`, which every target has.
pub(super) const ACCOUNTS: &[&str] = &["other", "supervisor", "administrator"];

/// Accounts of agents, which have an extension if the target says so.
const WITH_EXTENSION: &[&str] = &["agent", "other", "supervisor"];

/// The base path of the REST API, and the need of it.
pub(super) const REST: &str = "rest";

/// The part of an account that is its extension.
const EXTENSION: &str = "extension";

/// Nodes of the pubsub service that targets map to their own.
pub(super) const NODES: &[&str] = &[
    "open",
    "whitelist",
    "outcast",
    "no-subscribe",
    "absent",
    "publish",
    "kept",
    "transient",
    "authorize",
    "team",
];

/// The target can publish items on request.
const STIMULUS: &str = "stimulus";

/// The target has a contact centre that a case can change.
const WORLD: &str = "world";

/// The target can misbehave on request.
const FAULTS: &str = "faults";

/// The client under test reports the events in its application.
const REPORTS: &str = "reports";

/// Several clients under test can run at once.
const CLIENTS: &str = "clients";

/// The client under test accepts two servers.
const PAIR: &str = "pair";

/// The resource of real desktops may be bound, which ends the session of the person who uses it.
const DESKTOP: &str = "resource.desktop";

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    let known = known();
    for need in case.head.needs.iter().filter(|need| !known.contains(&need.value)) {
        found.push(
            Diagnostic::error(
                Code::UnknownNeed,
                &case.source,
                need.span.clone(),
                format!("no target can provide `{}`", need.value),
            )
            .help(suggest::help(&need.value, known.iter().map(String::as_str))),
        );
    }
    let mut missing: Vec<(String, Span)> = Vec::new();
    expanded(body, None, &mut |step, used_at| {
        let mut need = |need: String, span: &Span| {
            let declared = case.head.needs.iter().any(|known| known.value == need);
            if !declared && !missing.iter().any(|(known, _)| *known == need) {
                missing.push((need, used_at.unwrap_or(span).clone()));
            }
        };
        if let StepKind::Do(call) = &step.kind
            && ACTIONS.iter().any(|action| action.name == call.name.value)
        {
            let wanted = match call.name.value.as_str() {
                "publish" => STIMULUS,
                "fault" => FAULTS,
                _ => WORLD,
            };
            need(wanted.to_owned(), &call.name.span);
            if let Some(Spanned { value: Arg::Word(account), span }) = call.args.first()
                && acts_for_account(&call.name.value)
                && ACCOUNTS.contains(&account.as_str())
            {
                need(format!("account {account}"), span);
            }
        }
        if let StepKind::Say { arrow: Arrow::ToServer, payload: Payload::Xml { root, .. }, .. } =
            &step.kind
            && binds_desktop(root)
        {
            need(DESKTOP.to_owned(), &root.span);
        }
        if let StepKind::Reports { conn, .. } = &step.kind {
            need(REPORTS.to_owned(), &conn.span);
        }
        templates(&step.kind, &mut |template, _| {
            tokens(template, &mut |token| {
                for wanted in names(&token.value).into_iter().flat_map(wanted) {
                    need(wanted, &token.span);
                }
            });
        });
    });
    for ask in &case.head.asks {
        let Some(argument) = ask.value.argument() else { continue };
        tokens(argument, &mut |token| {
            for wanted in names(&token.value).into_iter().flat_map(wanted) {
                if !case.head.needs.iter().any(|known| known.value == wanted) {
                    missing.push((wanted, token.span.clone()));
                }
            }
        });
    }
    let clients = case.head.clients.as_ref().map(|clients| (CLIENTS, &clients.span));
    let servers = case.head.servers.as_ref().map(|servers| (PAIR, &servers.span));
    for (need, span) in [clients, servers].into_iter().flatten() {
        if !case.head.needs.iter().any(|known| known.value == need) {
            missing.push((need.to_owned(), span.clone()));
        }
    }
    for (need, span) in missing {
        found.push(
            Diagnostic::error(
                Code::MissingNeed,
                &case.source,
                span,
                format!("this step needs `{need}`, and the head does not say so"),
            )
            .help(format!("add `\"{need}\"` to `needs`")),
        );
    }
}

/// Every need that a head may name.
pub fn known() -> Vec<String> {
    let accounts = ["agent"].iter().chain(ACCOUNTS).map(|account| format!("account {account}"));
    let extensions = WITH_EXTENSION.iter().map(|account| format!("{account}.extension"));
    let nodes = NODES.iter().map(|node| format!("node.{node}"));
    let others =
        [REST, DESKTOP, REPORTS, CLIENTS, PAIR, STIMULUS, FAULTS, WORLD].map(str::to_owned);
    accounts.chain(extensions).chain(nodes).chain(others).collect()
}

/// Whether an element asks for the resource `desktop` (RFC 6120 §7.7.1), at any depth.
fn binds_desktop(element: &ElementPattern) -> bool {
    let is_text = |child: &ChildPattern| matches!(child, ChildPattern::Text(text) if text.to_string().trim() == "desktop");
    let asks = element.name.ns == ns::BIND && element.name.local == "resource";
    asks && element.children.iter().any(is_text)
        || element
            .children
            .iter()
            .any(|child| matches!(child, ChildPattern::Element(child) if binds_desktop(child)))
}

/// The needs behind a value of this name.
fn wanted(name: &str) -> Vec<String> {
    let (first, part) = name.split_once('.').unwrap_or((name, ""));
    let is_itself = name == REST
        || (first == "node" && NODES.contains(&part))
        || (part == EXTENSION && WITH_EXTENSION.contains(&first));
    let itself = is_itself.then(|| name.to_owned());
    let team = (name == "team.id").then(|| "node.team".to_owned());
    let account = ACCOUNTS.contains(&first).then(|| format!("account {first}"));
    [itself, team, account].into_iter().flatten().collect()
}

/// The names of values in a token.
pub(super) fn names(token: &Token) -> Vec<&str> {
    match token {
        Token::Variable(name) => vec![name],
        Token::Call { function, args, .. } => args
            .iter()
            .enumerate()
            .filter_map(|(index, arg)| match (arg, function.as_str(), index) {
                // The first argument of `jid` is an account, the second text; the others take no
                // names.
                (Arg::Word(word), "accept" | "plain" | "basic" | "base64" | "next", _)
                | (Arg::Word(word), "jid", 0) => Some(word.as_str()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
