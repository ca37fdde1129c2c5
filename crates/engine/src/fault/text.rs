//! The text form of faults: `NAME PARAMETER=VALUE …`; a value with blanks stands in quotes.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use super::parameter::{Parameter, Part, Point, Transport};
use super::table::{Edge, FaultShape, Group, Name, ParameterDefault};
use super::{Fault, Value};
use crate::error::Error;
use crate::outgoing::ElementKind;

/// The longest text of a fault.
const LONGEST: usize = 4096;

/// The longest time that a fault may take.
const DAY: Duration = Duration::from_secs(86_400);

/// The most that a message is blown up to.
const BIGGEST: u64 = 16 << 20;

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).map_err(|reason| {
            let shown: String = text.chars().take(80).collect();
            Error::Fault { text: shown, reason }
        })
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(alias) = self.alias {
            f.write_str(alias.word())?;
            return self.over().map_or(Ok(()), |over| write!(f, " over={}", over.word()));
        }
        f.write_str(self.name.word())?;
        for (parameter, value) in &self.values {
            write!(f, " {}={value}", parameter.word())?;
        }
        Ok(())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point(point) => f.write_str(point.word()),
            Self::What(what) => f.write_str(what.word()),
            Self::Part(part) => f.write_str(part.word()),
            Self::Transport(over) => f.write_str(over.word()),
            Self::Duration(duration) => {
                let text = humantime::format_duration(*duration).to_string();
                f.write_str(&text.replace(' ', ""))
            }
            Self::Number(number) => number.fmt(f),
            Self::Text(text) if is_plain(text) => f.write_str(text),
            Self::Text(text) => {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '\\')
}

fn parse(text: &str) -> Result<Fault, String> {
    if text.len() > LONGEST {
        return Err(format!("longer than {LONGEST} octets"));
    }
    let mut words = words(text)?.into_iter();
    let name = words.next().unwrap_or_default();
    let shape = find(Name::ALL, Name::word, &name).map(Name::shape).ok_or_else(|| {
        let there = listed(Fault::table().map(|shape| shape.name()));
        format!("there is no {name:?}; there is {there}")
    })?;
    let parameters = shape.parameters();
    let mut values = BTreeMap::new();
    for word in words {
        let (key, value) =
            word.split_once('=').ok_or_else(|| format!("wanted PARAMETER=VALUE, got {word:?}"))?;
        let parameter = parameters
            .iter()
            .map(|(parameter, _)| *parameter)
            .find(|parameter| parameter.word() == key)
            .ok_or_else(|| no_parameter(&shape, key, &parameters))?;
        let value =
            read(parameter, value).map_err(|wanted| format!("{key}: {wanted}, got {value:?}"))?;
        if values.insert(parameter, value).is_some() {
            return Err(format!("{key} is given twice"));
        }
    }
    for (parameter, need) in parameters {
        match need {
            ParameterDefault::Usual(usual) if !values.contains_key(&parameter) => {
                values.insert(parameter, read(parameter, usual)?);
            }
            _ => {}
        }
    }
    if let Some(meant) = shape.id.stands_for() {
        let mut fault = Fault { alias: Some(shape.id), ..parse(meant)? };
        fault.values.extend(values);
        return Ok(fault);
    }
    let fault = Fault { name: shape.id, alias: None, values };
    check(&fault, &shape)?;
    Ok(fault)
}

/// The methods of the REST API.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

/// Checks across parameters.
fn check(fault: &Fault, shape: &FaultShape) -> Result<(), String> {
    let has = |parameter| fault.values.contains_key(&parameter);
    if has(Parameter::Nth) && (has(Parameter::Every) || has(Parameter::Times)) {
        return Err("nth strikes once; every and times do not go with it".to_owned());
    }
    if shape.group == Group::Moment && has(Parameter::Before) == has(Parameter::After) {
        let points = listed(Point::ALL.iter().map(|point| point.word()));
        return Err(format!("wanted either before=POINT or after=POINT; points are {points}"));
    }
    let point = fault.moment().map(|(_, point)| point);
    let of_node = matches!(point, Some(Point::Event | Point::Subscribe | Point::Unsubscribe))
        || fault.what() == Some(ElementKind::Event);
    if has(Parameter::Node) && !of_node {
        return Err("only events, subscribe and unsubscribe have a node".to_owned());
    }
    let too_early =
        matches!(fault.moment(), Some((_, Point::Connect)) | Some((Edge::Before, Point::Upgrade)));
    if too_early && matches!(fault.name, Name::Close | Name::StreamError | Name::Conflict) {
        return Err("there is no WebSocket yet; the first moment is after=upgrade".to_owned());
    }
    let of_rest = fault.name == Name::RefuseRest
        || point == Some(Point::Rest)
        || fault.what() == Some(ElementKind::Answer);
    if (has(Parameter::Method) || has(Parameter::Path)) && !of_rest {
        return Err("method and path go with refuse-rest, before=rest, after=rest and what=answer"
            .to_owned());
    }
    if point == Some(Point::Rest)
        && matches!(fault.name, Name::Close | Name::StreamError | Name::Conflict)
    {
        return Err("a request of the REST API has no WebSocket; \
                    drop-tcp, reset-tcp and stall go with it"
            .to_owned());
    }
    if fault.name == Name::Refuse && point == Some(Point::Rest) {
        return Err("refuse-rest refuses requests of the REST API".to_owned());
    }
    if fault.name == Name::Refuse {
        const ANSWERED: [Point; 6] = [
            Point::Auth,
            Point::Bind,
            Point::Session,
            Point::Subscribe,
            Point::Unsubscribe,
            Point::Ping,
        ];
        if has(Parameter::After) || !point.is_some_and(|point| ANSWERED.contains(&point)) {
            let points = listed(ANSWERED.iter().map(|point| point.word()));
            return Err(format!("wanted before=POINT with one of {points}"));
        }
    }
    if fault.name == Name::Alter && has(Parameter::At) == has(Parameter::Condition) {
        return Err("wanted either at=PLACE or condition=NAME".to_owned());
    }
    if fault.part() == Part::Payload && fault.what() != Some(ElementKind::Event) {
        return Err("part=payload is for what=event".to_owned());
    }
    Ok(())
}

fn read(parameter: Parameter, text: &str) -> Result<Value, String> {
    let one_of = |words: String| format!("wanted one of {words}");
    match parameter {
        Parameter::Before | Parameter::After => find(Point::ALL, Point::word, text)
            .map(Value::Point)
            .ok_or_else(|| one_of(listed(Point::ALL.iter().map(|point| point.word())))),
        Parameter::What => find(ElementKind::ALL, ElementKind::word, text)
            .map(Value::What)
            .ok_or_else(|| one_of(listed(ElementKind::ALL.iter().map(|what| what.word())))),
        Parameter::Part => find(Part::ALL, Part::word, text)
            .map(Value::Part)
            .ok_or_else(|| one_of(listed(Part::ALL.iter().map(|part| part.word())))),
        Parameter::Over => find(Transport::ALL, Transport::word, text)
            .map(Value::Transport)
            .ok_or_else(|| one_of(listed(Transport::ALL.iter().map(|over| over.word())))),
        Parameter::By | Parameter::For | Parameter::Pause => humantime::parse_duration(text)
            .ok()
            .filter(|duration| (Duration::from_millis(1)..=DAY).contains(duration))
            .map(Value::Duration)
            .ok_or_else(|| "wanted a duration from 1ms to 1day, e.g. 300ms or 5s".to_owned()),
        // RFC 9110 §15: 101 would be no refusal.
        Parameter::Status => number(text, 200, 599),
        // RFC 6455 §7.4: all values of two octets, so that clients can be shown codes that they
        // must not take.
        Parameter::Code => number(text, 0, 65_535),
        Parameter::Size => number(text, 1, BIGGEST),
        Parameter::Nth | Parameter::Every | Parameter::Times => {
            number(text, 1, u64::from(u32::MAX))
                .map_err(|wanted| format!("{wanted}, e.g. {}=2", parameter.word()))
        }
        Parameter::Condition => Some(text)
            .filter(|text| (1..=64).contains(&text.len()))
            .filter(|text| text.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter(|text| text.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-'))
            .map(|text| Value::Text(text.to_owned()))
            .ok_or_else(|| "wanted the name of a condition, e.g. system-shutdown".to_owned()),
        Parameter::At => Some(text)
            .filter(|text| {
                let (name, attribute) = text.split_once('@').unwrap_or((text, text));
                let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
                !attribute.is_empty() && (name.chars().chain(attribute.chars())).all(is_part)
            })
            .map(|text| Value::Text(text.to_owned()))
            .ok_or_else(|| "wanted @ATTRIBUTE, NAME or NAME@ATTRIBUTE".to_owned()),
        Parameter::To => Ok(Value::Text(text.to_owned())),
        // RFC 6455 §5.5: a control frame has 125 octets, two of them for the code.
        Parameter::Reason => Some(text)
            .filter(|text| text.len() <= 123)
            .map(|text| Value::Text(text.to_owned()))
            .ok_or_else(|| "wanted at most 123 octets".to_owned()),
        Parameter::Method => METHODS
            .contains(&text)
            .then(|| Value::Text(text.to_owned()))
            .ok_or_else(|| one_of(listed(METHODS.into_iter()))),
        Parameter::Path => Some(text)
            .filter(|text| text.starts_with('/') || text.starts_with('*'))
            .map(|text| Value::Text(text.to_owned()))
            .ok_or_else(|| "wanted a path, e.g. /finesse/api/User/*".to_owned()),
        Parameter::Account | Parameter::Node => Some(text)
            .filter(|text| !text.is_empty())
            .map(|text| Value::Text(text.to_owned()))
            .ok_or_else(|| "wanted a name".to_owned()),
    }
}

fn number(text: &str, least: u64, most: u64) -> Result<Value, String> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .map(Value::Number)
        .ok_or_else(|| format!("wanted a number from {least} to {most}"))
}

fn find<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|candidate| word(*candidate) == text)
}

fn no_parameter(
    shape: &FaultShape,
    key: &str,
    parameters: &[(Parameter, ParameterDefault)],
) -> String {
    let name = shape.name();
    if parameters.is_empty() {
        return format!("{name} takes no parameters, got {key:?}");
    }
    let there = listed(parameters.iter().map(|(parameter, _)| parameter.word()));
    format!("{name} has no {key:?}; it takes {there}")
}

fn listed(words: impl Iterator<Item = &'static str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// The words of a line, those in quotes joined.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next() {
                        Some('"') => break,
                        Some('\\') => word.extend(characters.next()),
                        Some(c) => word.push(c),
                        None => return Err("a quote has no end".to_owned()),
                    }
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason(text: &str) -> String {
        match text.parse::<Fault>() {
            Err(Error::Fault { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_fault_parses_from_the_least_that_can_be_said() {
        for name in Name::ALL {
            let shape = name.shape();
            let needed = match (name, shape.group) {
                (_, Group::Moment) => " before=bind",
                (Name::Alter, _) => " at=@id",
                _ => "",
            };
            let fault: Fault = format!("{}{needed}", shape.name()).parse().expect("parses");
            assert_eq!(fault.to_string().parse::<Fault>().expect("parses"), fault);
        }
    }

    #[test]
    fn what_is_not_said_is_as_usual() {
        let fault: Fault = "  refuse-upgrade   times=2 ".parse().expect("parses");
        assert_eq!(fault.to_string(), "refuse-upgrade status=503 times=2");
        let fault: Fault = "close after=bind reason=\"off \\\"now\\\"\"".parse().expect("parses");
        assert_eq!(fault.to_string(), "close after=bind code=1011 reason=\"off \\\"now\\\"\"");
        assert_eq!(fault.text(Parameter::Reason), Some("off \"now\""));
    }

    #[test]
    fn whoever_is_wrong_is_told_what_there_is() {
        assert!(reason("drop").starts_with("there is no \"drop\"; there is refuse-upgrade, delay"));
        assert!(reason("").starts_with("there is no \"\""));
        assert_eq!(
            reason("wrong-accept by=2s"),
            "wrong-accept has no \"by\"; it takes nth, every, times"
        );
        assert_eq!(reason("gone now"), "wanted PARAMETER=VALUE, got \"now\"");
        assert!(
            reason("drop-tcp")
                .starts_with("wanted either before=POINT or after=POINT; points are connect")
        );
        assert!(reason("drop-tcp before=bind after=bind").starts_with("wanted either"));
        assert!(reason("stall after=lunch").starts_with("after: wanted one of connect, upgrade"));
        assert_eq!(
            reason("delay by=2"),
            "by: wanted a duration from 1ms to 1day, e.g. 300ms or 5s, got \"2\""
        );
        assert_eq!(
            reason("withhold nth=0"),
            "nth: wanted a number from 1 to 4294967295, e.g. nth=2, got \"0\""
        );
        assert!(reason("withhold nth=1 every=2").starts_with("nth strikes once"));
        assert!(reason("withhold what=result node=/x").starts_with("only events"));
        assert!(reason("refuse after=bind").starts_with("wanted before=POINT"));
        assert!(reason("withhold path=/x").starts_with("method and path go with refuse-rest"));
        assert!(reason("close after=rest").starts_with("a request of the REST API has no"));
        assert_eq!(reason("refuse before=rest"), "refuse-rest refuses requests of the REST API");
        assert!(reason("refuse-rest method=put").starts_with("method: wanted one of GET, HEAD"));
        assert_eq!(
            reason("refuse-rest path=User/1001"),
            "path: wanted a path, e.g. /finesse/api/User/*, got \"User/1001\""
        );
        assert_eq!(reason("alter to=x"), "wanted either at=PLACE or condition=NAME");
        assert!(reason("alter at=@id condition=gone").starts_with("wanted either at=PLACE"));
        assert_eq!(
            reason("alter at=a@b@c"),
            "at: wanted @ATTRIBUTE, NAME or NAME@ATTRIBUTE, got \"a@b@c\""
        );
        assert!(reason("alter at=item@").starts_with("at: wanted @ATTRIBUTE"));
        assert_eq!(
            reason("withhold times=twice"),
            "times: wanted a number from 1 to 4294967295, e.g. times=2, got \"twice\""
        );
        assert!(reason("withhold times=1 times=2").starts_with("times is given twice"));
        assert_eq!(reason("close after=bind reason=\"x"), "a quote has no end");
    }

    fn faults() -> impl Strategy<Value = String> {
        let moment = (
            prop::sample::select(vec![
                "drop-tcp",
                "reset-tcp",
                "stall for=90s",
                "close code=4000",
                "conflict",
            ]),
            prop::sample::select(vec!["before", "after"]),
            prop::sample::select(Point::ALL[2..Point::ALL.len() - 1].to_vec()),
        )
            .prop_map(|(name, edge, point)| format!("{name} {edge}={}", point.word()));
        let said = (
            prop::sample::select(vec![
                "withhold",
                "duplicate",
                "reorder",
                "delay by=1500ms",
                "oversize size=70000",
            ]),
            prop::sample::select(ElementKind::ALL.to_vec()),
        )
            .prop_map(|(name, what)| format!("{name} what={}", what.word()));
        let count = prop_oneof![
            Just(String::new()),
            (1..9_u32).prop_map(|n| format!(" nth={n}")),
            (1..9_u32, 1..9_u32).prop_map(|(every, times)| format!(" every={every} times={times}")),
        ];
        let account = prop_oneof![
            Just(String::new()),
            "[ -~]{1,12}".prop_map(|name| {
                format!(" account=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
            })
        ];
        (prop_oneof![moment, said], account, count)
            .prop_map(|(fault, account, count)| fault + &account + &count)
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(text in faults()) {
            let fault: Fault = text.parse().expect("parses");
            let printed = fault.to_string();
            prop_assert_eq!(printed.parse::<Fault>().expect("parses"), fault);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = text.parse::<Fault>();
        }

        #[test]
        fn nothing_that_looks_like_a_fault_panics(
            words in prop::collection::vec("(stall|close|refuse|delay)|(before|after|by|for|code|status|nth|what|size|reason)=[a-z0-9\"\\\\]{0,6}", 0..6),
        ) {
            if let Ok(fault) = words.join(" ").parse::<Fault>() {
                prop_assert_eq!(fault.to_string().parse::<Fault>().expect("parses"), fault);
            }
        }
    }
}
