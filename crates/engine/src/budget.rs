//! Memory that peers can make the server use: weighed in octets, and bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use stanza::{Attribute, Element, Jid, Name, Node, Spelling};

/// The size of an allocation beside its content.
const ALLOCATION: usize = 16;

/// So many octets of memory. Everything that is kept has a share of them as long as it is there.
/// Clones are the same budget.
///
/// ```
/// let budget = engine::Budget::new(100);
/// let mut share = budget.share(60).expect("nothing is taken yet");
/// assert!(!share.grow(41) && budget.was_refused());
/// assert!(share.grow(40) && budget.share(1).is_none());
/// drop(share);
/// assert!(budget.share(100).is_some());
/// ```
#[derive(Debug, Clone)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: usize,
    taken: AtomicUsize,
    refused: AtomicBool,
}

/// The part of a budget that a thing takes. It is given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    of: Budget,
    octets: usize,
}

impl Budget {
    /// A budget of so many octets.
    pub fn new(limit: usize) -> Self {
        let (taken, refused) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self(Arc::new(Account { limit, taken, refused }))
    }

    /// How many octets it has in all.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// A share of so many octets, if they are left.
    pub fn share(&self, octets: usize) -> Option<Share> {
        let mut share = self.nothing();
        share.grow(octets).then_some(share)
    }

    /// A share for a thing that is there for free. Additions to the thing count.
    pub fn nothing(&self) -> Share {
        Share { of: self.clone(), octets: 0 }
    }

    /// How many octets are taken.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// Whether anything was refused since the last call.
    pub fn was_refused(&self) -> bool {
        self.0.refused.swap(false, Ordering::Relaxed)
    }
}

impl Share {
    /// Takes more; false, and nothing is taken, when so much is not left.
    pub fn grow(&mut self, octets: usize) -> bool {
        let account = &*self.of.0;
        let taken = account.taken.fetch_add(octets, Ordering::Relaxed).saturating_add(octets);
        if taken > account.limit {
            account.taken.fetch_sub(octets, Ordering::Relaxed);
            account.refused.store(true, Ordering::Relaxed);
            return false;
        }
        self.octets += octets;
        true
    }

    /// Gives some of it back.
    pub fn shrink(&mut self, octets: usize) {
        let octets = octets.min(self.octets);
        self.octets -= octets;
        self.of.0.taken.fetch_sub(octets, Ordering::Relaxed);
    }

    /// Follows a part of the thing that changes its weight; false when so much is not left.
    pub fn follow(&mut self, before: usize, after: usize) -> bool {
        if after > before {
            return self.grow(after - before);
        }
        self.shrink(before - after);
        true
    }

    /// Takes as much as the whole thing weighs now; false when so much is not left.
    pub fn set(&mut self, octets: usize) -> bool {
        self.follow(self.octets, octets)
    }

    /// How many octets it takes.
    pub fn octets(&self) -> usize {
        self.octets
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.octets);
    }
}

/// The size of a thing in memory, in octets: itself and all that it owns.
pub(crate) trait Weigh {
    fn weight(&self) -> usize;
}

impl Weigh for String {
    fn weight(&self) -> usize {
        size_of::<Self>() + self.capacity() + ALLOCATION
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weight(&self) -> usize {
        self.as_ref().map_or(size_of::<Self>(), Weigh::weight)
    }
}

impl<A: Weigh, B: Weigh> Weigh for (A, B) {
    fn weight(&self) -> usize {
        self.0.weight() + self.1.weight()
    }
}

impl<T: Weigh> Weigh for Vec<T> {
    fn weight(&self) -> usize {
        let spare = (self.capacity() - self.len()) * size_of::<T>();
        size_of::<Self>() + ALLOCATION + spare + self.iter().map(Weigh::weight).sum::<usize>()
    }
}

impl Weigh for Jid {
    fn weight(&self) -> usize {
        self.local.weight() + self.domain.weight() + self.resource.weight()
    }
}

impl Weigh for Name {
    fn weight(&self) -> usize {
        self.ns.weight() + self.local.weight()
    }
}

impl Weigh for Attribute {
    fn weight(&self) -> usize {
        self.name.weight() + self.value.weight()
    }
}

impl Weigh for Spelling {
    fn weight(&self) -> usize {
        ALLOCATION + self.prefix.weight() + self.declared.weight()
    }
}

impl Weigh for Node {
    fn weight(&self) -> usize {
        match self {
            Self::Element(element) => size_of::<Self>() - size_of::<Element>() + element.weight(),
            Self::Text(text) | Self::Cdata(text) | Self::Comment(text) => {
                size_of::<Self>() - size_of::<String>() + text.weight()
            }
        }
    }
}

impl Weigh for Element {
    fn weight(&self) -> usize {
        let spelling = size_of_val(&self.spelling);
        let spelled = self.spelling.as_deref().map_or(0, Weigh::weight);
        self.name.weight() + self.attrs.weight() + self.nodes.weight() + spelling + spelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_and_are_given_back() {
        let budget = Budget::new(10);
        let mut share = budget.share(4).expect("it is left");
        assert!(share.follow(1, 7) && !share.follow(0, 1) && share.octets() == 10);
        assert!(share.follow(7, 0) && share.set(5) && budget.share(6).is_none());
        // The free part is not given back.
        let mut free = budget.nothing();
        assert!(free.follow(3, 2) && free.octets() == 0);
        drop(share);
        assert_eq!(budget.share(10).map(|share| share.octets()), Some(10));
    }

    #[test]
    fn an_element_weighs_more_than_its_text() {
        let weight = |xml: &str| stanza::parse(xml).expect("it is well-formed").weight();
        let text = "x".repeat(1000);
        let plain = weight(&format!("<a>{text}</a>"));
        assert!((1000..2000).contains(&plain), "{plain}");
        // Each small element takes a hundred octets and more.
        let many = weight(&format!("<a>{}</a>", "<b/>".repeat(1000)));
        assert!((100_000..1_000_000).contains(&many), "{many}");
    }
}
