//! The mistakes that an object can have.

use std::fmt;

/// Why an element is no object of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The element with the mistake.
    pub name: String,
    /// The element in which it stands, or is missing.
    pub place: &'static str,
    pub mistake: Mistake,
}

/// The mistake of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// It is needed and is not there, or is empty.
    Missing,
    /// It has more characters than this.
    TooLong(usize),
    /// Its text is none of these words.
    NoWord(String, &'static [&'static str]),
    /// Its text is no whole number between these two.
    NoNumber(String, u32, u32),
    /// Its text is no name or address of a host.
    NoHost(String),
    /// Its text is that of this field beside it.
    Same(&'static str),
    /// Its text has to be a document, and is none for this reason.
    NoDocument(String),
    /// It has no meaning where it stands; the elements that have one there.
    Unknown(Vec<&'static str>),
    /// It is there more often than this.
    TooMany(usize),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, place, mistake } = self;
        match mistake {
            Mistake::Missing => write!(f, "<{name}> is missing in <{place}>"),
            Mistake::TooLong(most) => {
                write!(f, "<{name}> of <{place}> has more than {most} characters")
            }
            Mistake::NoWord(text, words) => {
                let words = words.join(", ");
                write!(f, "<{name}> of <{place}> cannot be {text:?}: there is {words}")
            }
            Mistake::NoNumber(text, least, most) => write!(
                f,
                "<{name}> of <{place}> cannot be {text:?}: wanted a number from {least} to {most}"
            ),
            Mistake::NoHost(text) => write!(
                f,
                "<{name}> of <{place}> cannot be {text:?}: a host has letters, digits, `.` and `-`"
            ),
            Mistake::Same(other) => {
                write!(f, "<{name}> of <{place}> cannot be the same as <{other}>")
            }
            Mistake::NoDocument(why) => write!(f, "<{name}> of <{place}> is no document: {why}"),
            Mistake::Unknown(known) if known.is_empty() => {
                write!(f, "<{name}> has no meaning in <{place}>, which holds text")
            }
            Mistake::Unknown(known) => {
                let known = known.join(", ");
                write!(f, "<{name}> has no meaning in <{place}>: there is {known}")
            }
            Mistake::TooMany(most) => {
                write!(f, "<{name}> is there more than {most} times in <{place}>")
            }
        }
    }
}
