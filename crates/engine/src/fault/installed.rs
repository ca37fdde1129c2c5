//! The faults of a running fake: which there are, and whose turn it is.

use std::cell::RefCell;

use textual::is_like;

use super::{Edge, Fault, Name, Parameter, Point, Transport, Watch};
use crate::error::Error;
use crate::outgoing::ElementKind;

/// How many faults a fake can have at once.
const MOST: usize = 256;

/// A fault of a running fake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFault {
    /// Its number, by which it is removed.
    pub id: u64,
    /// Its effect.
    pub fault: Fault,
    /// How often it has struck.
    pub struck: u64,
    /// How often it could have struck, in the counting of `nth` and `every`.
    seen: u64,
}

/// The point that a fault might strike.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Occasion<'a> {
    pub(crate) account: Option<&'a str>,
    pub(crate) node: Option<&'a str>,
    /// Method and path of a request of the REST API.
    pub(crate) request: Option<(&'a str, &'a str)>,
}

impl<'a> From<Option<&'a str>> for Occasion<'a> {
    fn from(account: Option<&'a str>) -> Self {
        Self { account, ..Self::default() }
    }
}

/// All faults of a fake, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    all: Vec<InstalledFault>,
    numbered: u64,
    /// The transport of the client that is being dealt with; none where it is no client's turn.
    over: Option<Transport>,
    /// The rules that come up, if somebody wants to know.
    watch: Option<RefCell<Watch>>,
}

impl Faults {
    /// Whether nothing could strike, and no caller wants to know what could.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.watch.is_none()
    }

    /// Notes from now on which rules come up.
    pub(crate) fn begin_watch(&mut self) {
        self.watch = Some(RefCell::default());
    }

    /// The rules that have come up, if they are noted.
    pub(crate) fn watch(&self) -> Option<&RefCell<Watch>> {
        self.watch.as_ref()
    }

    pub(crate) fn list(&self) -> &[InstalledFault] {
        &self.all
    }

    pub(crate) fn add(&mut self, fault: Fault) -> Result<u64, Error> {
        if self.all.len() >= MOST {
            let reason = format!("there are {MOST} already; remove some");
            return Err(Error::Fault { text: fault.to_string(), reason });
        }
        self.numbered += 1;
        self.all.push(InstalledFault { id: self.numbered, fault, struck: 0, seen: 0 });
        Ok(self.numbered)
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<InstalledFault> {
        let position = self.all.iter().position(|installed| installed.id == id)?;
        Some(self.all.remove(position))
    }

    /// From now on a client is dealt with that speaks over this transport. Gives the one before.
    pub(crate) fn deal_over(&mut self, over: Option<Transport>) -> Option<Transport> {
        std::mem::replace(&mut self.over, over)
    }

    /// The fault of this name that lasts.
    pub(crate) fn lasting(&self, name: Name) -> bool {
        if let Some(watch) = &self.watch {
            watch.borrow_mut().note(name);
        }
        self.names().any(|installed| installed == name)
    }

    /// The names of those that concern the client that is being dealt with.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        let concerned = self.all.iter().filter(|installed| installed.fault.is_over(self.over));
        concerned.map(|installed| installed.fault.name)
    }

    /// The faults whose turn it is at one side of a point.
    pub(crate) fn at(&mut self, edge: Edge, point: Point, occasion: Occasion<'_>) -> Vec<Fault> {
        self.due(occasion, |fault| fault.moment() == Some((edge, point)))
    }

    /// The faults whose turn it is when this is said.
    pub(crate) fn on(&mut self, what: ElementKind, occasion: Occasion<'_>) -> Vec<Fault> {
        self.due(occasion, |fault| fault.what() == Some(what))
    }

    /// The first fault of this name whose turn it is.
    pub(crate) fn named(&mut self, name: Name, occasion: Occasion<'_>) -> Option<Fault> {
        self.due(occasion, |fault| fault.name == name).into_iter().next()
    }

    fn due(&mut self, occasion: Occasion<'_>, concerns: impl Fn(&Fault) -> bool) -> Vec<Fault> {
        let mut due = Vec::new();
        let over = self.over;
        let concerns = |fault: &Fault| concerns(fault) && fault.is_over(over);
        for installed in self.all.iter_mut().filter(|installed| concerns(&installed.fault)) {
            if installed.is_due(occasion) {
                due.push(installed.fault.clone());
            }
        }
        due
    }
}

impl InstalledFault {
    /// Counts the occasion, if it is one for this fault, and says whether it strikes.
    fn is_due(&mut self, occasion: Occasion<'_>) -> bool {
        let fits = |parameter, value: Option<&str>| {
            self.fault.text(parameter).is_none_or(|wanted| value == Some(wanted))
        };
        let (method, path) = occasion.request.unzip();
        let is_below = |wanted| path.is_some_and(|path| is_like(wanted, path));
        if !fits(Parameter::Account, occasion.account)
            || !fits(Parameter::Node, occasion.node)
            || !fits(Parameter::Method, method)
            || !self.fault.text(Parameter::Path).is_none_or(is_below)
        {
            return false;
        }
        self.seen += 1;
        let number = |parameter| self.fault.number(parameter);
        let due = number(Parameter::Nth).is_none_or(|nth| self.seen == nth)
            && number(Parameter::Every).is_none_or(|every| self.seen.is_multiple_of(every))
            && number(Parameter::Times).is_none_or(|times| self.struck < times);
        self.struck += u64::from(due);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(text: &str, occasions: usize) -> Vec<usize> {
        let mut faults = Faults::default();
        faults.add(text.parse().expect("parses")).expect("there is room");
        let anybody = Occasion::from(Some("1001"));
        (1..=occasions).filter(|_| !faults.on(ElementKind::Event, anybody).is_empty()).collect()
    }

    #[test]
    fn faults_count() {
        assert_eq!(struck("withhold", 3), [1, 2, 3]);
        assert_eq!(struck("withhold nth=2", 5), [2]);
        assert_eq!(struck("withhold every=2", 5), [2, 4]);
        assert_eq!(struck("withhold every=2 times=1", 5), [2]);
        assert_eq!(struck("withhold times=2", 5), [1, 2]);
        assert!(struck("withhold account=1002", 5).is_empty());
        assert_eq!(struck("withhold account=1001", 1), [1]);
        assert!(struck("withhold node=/x", 1).is_empty());
        assert!(struck("withhold what=result", 1).is_empty());
    }

    #[test]
    fn there_is_an_end_of_faults() {
        let mut faults = Faults::default();
        let fault: Fault = "wrong-accept".parse().expect("parses");
        for _ in 0..MOST {
            faults.add(fault.clone()).expect("there is room");
        }
        assert!(faults.add(fault).is_err());
        assert!(faults.remove(1).is_some() && faults.remove(1).is_none());
    }
}
