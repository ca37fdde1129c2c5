//! Heads: TOML with a closed list of keys.

use std::ops::Range;
use std::sync::Arc;

use super::table::Table;
use crate::{
    Certificate, Diagnostic, Effects, Head, HostForm, Level, PasswordForm, Role, Servers, Source,
    Spanned, Transport,
};

/// Keys of a case's head, in the order of the formatter.
pub(crate) const CASE_KEYS: &[&str] = &[
    "title",
    "spec",
    "level",
    "roles",
    "transports",
    "do",
    "certificate",
    "host",
    "password",
    "servers",
    "clients",
    "needs",
    "effects",
    "timeout",
    "time",
    "tags",
    "why",
    "volatile",
];

/// Keys of a fragment's head, in the order of the formatter.
pub(crate) const FRAGMENT_KEYS: &[&str] = &["title", "params", "owner"];

/// The head of a fragment.
#[derive(Debug)]
pub(super) struct FragmentHead {
    pub(super) title: Spanned<String>,
    pub(super) params: Vec<Spanned<String>>,
    pub(super) owner: Spanned<String>,
}

/// Reads the head of a case. Errors are reported; `None` if a value is missing.
pub(super) fn case(
    source: &Arc<Source>,
    inside: Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Head> {
    let mut table = Table::new(source, inside, CASE_KEYS, diagnostics)?;
    let title = table.required("title", |table| table.string("title"));
    let spec = table.required("spec", |table| table.filled("spec"));
    let level = table.required("level", |table| table.word::<Level>("level", Level::WORDS));
    let roles = table.required("roles", |table| table.filled("roles"));
    let transports = table.filled_if_there("transports");
    let asks = table.strings("do").unwrap_or_default();
    let certificate = table.word::<Certificate>("certificate", Certificate::WORDS);
    let host = table.word::<HostForm>("host", HostForm::WORDS);
    let password = table.word::<PasswordForm>("password", PasswordForm::WORDS);
    let servers = table.word::<Servers>("servers", Servers::WORDS);
    let clients = table.several("clients");
    let needs = table.strings("needs").unwrap_or_default();
    let effects = table.word::<Effects>("effects", Effects::WORDS);
    let timeout = table.string("timeout").and_then(|text| table.duration(text));
    let time = table.factor("time");
    let tags = table.strings("tags").unwrap_or_default();
    let why = table.string("why");
    let volatile = table.strings("volatile").unwrap_or_default();
    let spec = spec.map(|list| list.into_iter().filter_map(|text| table.clause(text)).collect());
    let roles = roles.map(|list| {
        list.into_iter().filter_map(|text| table.known::<Role>("role", text, Role::WORDS)).collect()
    });
    let transports = match transports {
        Some(list) => table.different("transports", list, Transport::WORDS),
        None => vec![Spanned::new(Transport::Ws, 0..0)],
    };
    let asks = asks.into_iter().filter_map(|text| table.ask(text)).collect();
    Some(Head {
        title: title?,
        spec: spec?,
        level: level?,
        roles: roles?,
        transports,
        asks,
        certificate,
        host,
        password,
        servers,
        clients,
        needs,
        effects: effects.unwrap_or_else(|| Spanned::new(Effects::None, 0..0)),
        timeout,
        time,
        tags,
        why,
        volatile,
    })
}

/// The head of a fragment.
pub(super) fn fragment(
    source: &Arc<Source>,
    inside: Range<usize>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FragmentHead> {
    let mut table = Table::new(source, inside, FRAGMENT_KEYS, diagnostics)?;
    let title = table.required("title", |table| table.string("title"));
    let params = table.required("params", |table| table.strings("params"));
    let owner = table.required("owner", |table| table.string("owner"));
    Some(FragmentHead { title: title?, params: params?, owner: owner? })
}
