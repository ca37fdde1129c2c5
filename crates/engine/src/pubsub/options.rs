//! The options of a subscription (XEP-0060 §6.3): which events it gets, and when.

use std::sync::Arc;

use stanza::Element;

use super::form;
use crate::budget::{Budget, Share, Weigh};

/// How a subscription is served. Digests, leases and bodies are kept and told, and have no effect.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// Whether events are sent (`pubsub#deliver`).
    pub(super) deliver: bool,
    /// `pubsub#digest`
    pub(super) digest: bool,
    /// Milliseconds (`pubsub#digest_frequency`).
    pub(super) digest_frequency: i32,
    /// The end of the lease as it came, where it is a time (`pubsub#expire`).
    pub(super) expire: Option<String>,
    /// `pubsub#include_body`
    pub(super) include_body: bool,
    /// The presences that let events through; all when there are none (`pubsub#show-values`).
    pub(super) shows: Vec<String>,
    /// A word that an item must hold (`x-pubsub#keywords`).
    pub(super) keyword: Option<String>,
    /// Of a collection: items instead of nodes (`pubsub#subscription_type`).
    pub(super) items: bool,
    /// Of a collection: all levels below it, not only the first (`pubsub#subscription_depth`).
    pub(super) all_levels: bool,
    /// The share of the memory for clients that its texts have.
    share: Option<Arc<Share>>,
}

/// Why options are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionsError {
    /// A value that the field cannot have.
    Value,
    /// There is no memory for them.
    Full,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deliver: true,
            digest: false,
            digest_frequency: 86_400_000,
            expire: None,
            include_body: false,
            shows: Vec::new(),
            keyword: None,
            items: false,
            all_levels: false,
            share: None,
        }
    }
}

impl Options {
    /// Takes the values of a submitted form; fields that are not known are passed over. True when
    /// there was one that configures the subscription.
    pub(super) fn apply(&mut self, form: &Element, memory: &Budget) -> Result<bool, OptionsError> {
        let mut configured = false;
        for (var, values) in form::all_values(form) {
            let first = values.first().map(String::as_str);
            let flag = || form::parse_flag(first.unwrap_or("1")).ok_or(OptionsError::Value);
            match var {
                "pubsub#deliver" => self.deliver = flag()?,
                "pubsub#digest" => self.digest = flag()?,
                "pubsub#digest_frequency" => {
                    let frequency = first.map_or(Ok(86_400_000), str::parse);
                    self.digest_frequency = frequency.map_err(|_| OptionsError::Value)?;
                }
                "pubsub#expire" => {
                    let time = first.ok_or(OptionsError::Value)?;
                    // XEP-0082; what is no time is passed over.
                    if time.contains('T') {
                        self.expire = Some(time.to_owned());
                    }
                }
                "pubsub#include_body" => self.include_body = flag()?,
                "pubsub#show-values" => self.shows = values,
                "x-pubsub#keywords" => self.keyword = values.into_iter().next(),
                "pubsub#subscription_type" => {
                    self.items = match first {
                        Some("items") => true,
                        Some("nodes") => false,
                        Some(_) => return Err(OptionsError::Value),
                        None => self.items,
                    };
                    continue;
                }
                "pubsub#subscription_depth" => {
                    self.all_levels = first.ok_or(OptionsError::Value)? == "all";
                    continue;
                }
                _ => continue,
            }
            configured = true;
        }
        let weight = self.expire.weight() + self.shows.weight() + self.keyword.weight();
        self.share = Some(Arc::new(memory.share(weight).ok_or(OptionsError::Full)?));
        Ok(configured)
    }
}
