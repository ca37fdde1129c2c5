//! Requests of HTTP and their recorded answers.

use std::time::Duration;

use engine::Reply;
use explain::conversation::{Conversation, Exchange};
use stanza::ns;
use wire::{Headers, RequestHead};

use crate::values::Values;

/// A recorded request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct RecordedRequest {
    method: String,
    path: String,
    body: String,
    /// The id by which its events name it (Finesse Developer Guide, "requestId").
    request_id: Option<String>,
    answer: Option<Reply>,
    after: Duration,
    pub(crate) at: Option<i64>,
    pub(crate) place: usize,
    came: bool,
}

/// All recorded requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(pub(crate) Vec<RecordedRequest>);

/// A recorded request that the present one is.
pub(crate) struct RecordedAnswer {
    pub(crate) index: usize,
    /// None if no answer came.
    pub(crate) answer: Option<Reply>,
    pub(crate) after: Duration,
}

impl Answers {
    /// The requests of a conversation but those of BOSH, whose messages are on tracks.
    pub(crate) fn of(conversation: &Conversation) -> Self {
        let is_other = |exchange: &&Exchange| {
            !exchange.body.contains(ns::HTTP_BIND) && exchange.method != "CONNECT"
        };
        Self(conversation.exchanges.iter().filter(is_other).map(asked).collect())
    }

    /// The recorded request that this one is: the first that has not come yet, one with the same
    /// body before others; else the last one.
    pub(crate) fn find(
        &mut self,
        head: &RequestHead,
        body: &str,
        user: Option<&str>,
        values: &mut Values,
    ) -> Option<RecordedAnswer> {
        let path = head.path();
        let known: Vec<Option<&str>> = self.0.iter().map(|one| user_in(&one.path)).collect();
        let is_own = |one: &RecordedRequest| one.path == path || values.put_in(&one.path) == path;
        // A user that the recording does not know stands for the one that it knows.
        let wanted = user_in(path);
        let is_like = |one: &RecordedRequest| {
            let recorded = user_in(&one.path);
            recorded.is_some()
                && wanted.is_some()
                && !known.contains(&wanted)
                && recorded.is_some_and(|recorded| {
                    values.present(recorded).is_none_or(|present| Some(present) == wanted)
                })
                && without_user(&one.path) == without_user(path)
        };
        let fits =
            |one: &RecordedRequest| one.method == head.method && (is_own(one) || is_like(one));
        let fitting: Vec<usize> = (0..self.0.len()).filter(|index| fits(&self.0[*index])).collect();
        let fresh = || fitting.iter().copied().filter(|index| !self.0[*index].came);
        let has_body = |index: &usize| values.put_in(&self.0[*index].body).trim() == body.trim();
        let index = fresh()
            .find(has_body)
            .or_else(|| fresh().next())
            .or_else(|| fitting.last().copied())?;
        let one = &mut self.0[index];
        one.came = true;
        if let (Some(recorded), Some(present)) = (user_in(&one.path), wanted) {
            values.user(recorded, present);
        } else if let (Some(recorded), Some(present)) = (user_in(&one.path), user) {
            values.user(recorded, present);
        }
        if let (Some(recorded), Some(present)) = (&one.request_id, head.headers.first("requestid"))
        {
            values.text(recorded, present);
        }
        let origin = head.headers.first("origin");
        let answer = one.answer.as_ref().map(|reply| present(reply, values, origin));
        Some(RecordedAnswer { index, answer, after: one.after })
    }

    /// The request that is most like this one.
    pub(crate) fn nearest(&self, head: &RequestHead) -> Option<String> {
        let path = head.path();
        let alike = |one: &&RecordedRequest| {
            let parts = one.path.split('/').zip(path.split('/'));
            let same = parts.take_while(|(one, other)| one == other).count();
            (one.path == path, same, one.method == head.method)
        };
        let one = self.0.iter().filter(|one| alike(one).1 > 1).max_by_key(alike)?;
        Some(format!("{} {}", one.method, one.path))
    }

    /// Nothing has come yet.
    pub(crate) fn begin_anew(&mut self) {
        for one in &mut self.0 {
            one.came = false;
        }
    }
}

impl RecordedRequest {
    /// Whether it may change something, so that events follow.
    pub(crate) fn is_act(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}

fn asked(exchange: &Exchange) -> RecordedRequest {
    let took = exchange.ended.zip(exchange.began).map_or(0, |(ended, began)| ended - began);
    RecordedRequest {
        method: exchange.method.clone(),
        path: exchange.url.path.clone(),
        body: exchange.body.clone(),
        request_id: exchange.asked.first("requestid").map(str::to_owned),
        answer: exchange.status.filter(|status| (200..600).contains(status)).map(|status| Reply {
            status,
            reason: String::new(),
            headers: exchange.answered.clone(),
            body: exchange.answer.clone(),
        }),
        after: Duration::from_micros(u64::try_from(took).unwrap_or(0)),
        at: exchange.began,
        place: 0,
        came: false,
    }
}

/// An answer with the values of the present client.
fn present(reply: &Reply, values: &Values, origin: Option<&str>) -> Reply {
    let header = |(name, value): &(String, String)| {
        // A browser wants its own origin (Fetch §3.2.3).
        let is_origin = name.eq_ignore_ascii_case("access-control-allow-origin") && value != "*";
        let value = match origin.filter(|_| is_origin) {
            Some(origin) => origin.to_owned(),
            None => values.put_in(value),
        };
        (name.clone(), value)
    };
    Reply {
        headers: Headers(reply.headers.0.iter().map(header).collect()),
        body: values.put_in(&reply.body),
        ..reply.clone()
    }
}

/// The user in the path of a request of the REST API.
fn user_in(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/User/")?;
    rest.split('/').next().filter(|user| !user.is_empty())
}

fn without_user(path: &str) -> (&str, &str) {
    let Some((before, rest)) = path.split_once("/User/") else { return (path, "") };
    (before, rest.split_once('/').map_or("", |(_, rest)| rest))
}
