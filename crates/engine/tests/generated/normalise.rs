//! Takes out of messages what is never the same twice: ids, dates, tokens. The rules are those with
//! which the recordings were chosen; each rule that is not needed would hide a difference.

use std::sync::LazyLock;

use regex::{Captures, Regex};

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("a regular expression"));
    };
}

pattern!(STREAM, r#" id=['"]([^'"]+)['"]"#);
pattern!(SESSION, r#"<body [^>]*? sid="([^"]+)""#);
pattern!(DATE, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)");
pattern!(OLD_DATE, r"\d{8}T\d\d:\d\d:\d\d");
pattern!(RUN, r"[A-Za-z0-9]+");
pattern!(LAST, r#"(<query xmlns="jabber:iq:last"[^>]*?seconds=")\d+"#);
pattern!(REQUEST, r#"(<(?:iq|message)\b[^>]*? id=")\d+-\d+""#);
pattern!(MESSAGE, r"<message\b[^>]*>");
pattern!(EIGHT, r#" id="[A-Za-z0-9]{8}""#);
pattern!(FIFTEEN, r#"([ "])(id|node)="[A-Za-z0-9]{15}""#);
pattern!(UUID, r"(^|[^0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\d*");
pattern!(RECEIVER, r#"<iq\b[^>]* to="([^"@]+)@"#);
pattern!(ROSTER, r#"(jabber:iq:roster" ver=")(-?\d+)""#);
pattern!(IDENTITY, r"<identity [^>]*/>");
pattern!(SYSTEM, r"<os>[^<]*</os>");
pattern!(HTTP_DATE, r"(?m)^(Date|Last-Modified): .*$");
pattern!(TRACE, r"(\\n\tat [^\\]*)+");
pattern!(TRACE_END, r"\\n\t\.\.\. \d+ more");
pattern!(LENGTH, r"(?m)^Content-Length: (\d+)$");
pattern!(BODY, r"\[body \d+ bytes\]");
pattern!(BOSH, r"\n\[body (\d+) bytes( gunzipped)?\] <body");
pattern!(COOKIE, r"JSESSIONID=[^;]*");

/// The rules, and the stream ids that were seen: resources are made of them.
#[derive(Default)]
pub(crate) struct Normaliser {
    streams: Vec<String>,
}

impl Normaliser {
    /// One that knows the streams of these messages.
    pub(crate) fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut normaliser = Self::default();
        texts.for_each(|text| normaliser.learn(text));
        normaliser
    }

    fn learn(&mut self, text: &str) {
        let groups = if text.starts_with("<open ") || text.starts_with("<stream:stream") {
            STREAM.captures(text)
        } else if text.starts_with("HTTP/") && text.contains(" sid=\"") {
            SESSION.captures(text)
        } else {
            None
        };
        if let Some(id) = groups.and_then(|groups| groups.get(1))
            && self.streams.iter().all(|known| known != id.as_str())
        {
            self.streams.push(id.as_str().to_owned());
        }
    }

    /// The message without values that are generated.
    pub(crate) fn normalised(&self, original: &str) -> String {
        let mut text = original.to_owned();
        for stream in &self.streams {
            if text.contains(stream.as_str()) {
                text = text.replace(stream.as_str(), "SID");
            }
        }
        if text.starts_with("HTTP/") {
            return answer(&text, original);
        }
        values(&text)
    }
}

/// An HTTP answer.
fn answer(text: &str, original: &str) -> String {
    let mut text = HTTP_DATE.replace_all(text, "$1: HTTPDATE").into_owned();
    if text.contains("\\n\tat ") {
        text = TRACE.replace_all(&text, " STACK").into_owned();
        text = TRACE_END.replace_all(&text, "").into_owned();
        text = BODY.replace_all(&text, "[body N bytes]").into_owned();
        text = LENGTH.replace_all(&text, "Content-Length: N").into_owned();
    }
    if let Some(groups) = BOSH.captures(&text) {
        // The lengths count by number only if nothing generated is in the body; else only whether
        // they agree.
        let whole = groups.get(0).expect("a match");
        let begin = whole.end() - "<body".len();
        let (length, zipped) = (&groups[1], groups.get(2).map(|group| group.as_str()));
        let body = values(&text[begin..]);
        let as_sent = original.split_once("\n[body ").and_then(|(_, rest)| rest.split_once("] "));
        if as_sent.is_none_or(|(_, as_sent)| body != as_sent) || zipped.is_some() {
            let head = &text[..whole.start()];
            let head = LENGTH.replace_all(head, |line: &Captures<'_>| {
                let agrees = zipped.is_some() || line[1] == *length;
                format!("Content-Length: {}", if agrees { "N" } else { &line[1] })
            });
            text = format!("{head}\n[body N bytes{}] {body}", zipped.unwrap_or_default());
        }
    }
    COOKIE.replace_all(&text, "JSESSIONID=X").into_owned()
}

/// The generated values in stanzas.
fn values(text: &str) -> String {
    let mut text = DATE
        .replace_all(text, |groups: &Captures<'_>| {
            format!("DATE{}{}", groups.get(1).map_or("", |_| ".f"), &groups[2])
        })
        .into_owned();
    text = OLD_DATE.replace_all(&text, "OLDDATE").into_owned();
    let subscription = |run: &Captures<'_>| {
        if run[0].len() == 40 { "R40".to_owned() } else { run[0].to_owned() }
    };
    text = RUN.replace_all(&text, subscription).into_owned();
    text = LAST.replace_all(&text, "${1}SECS").into_owned();
    text = REQUEST.replace_all(&text, "${1}GENID\"").into_owned();
    text = event(&text);
    text = FIFTEEN.replace_all(&text, "${1}${2}=\"R15\"").into_owned();
    text = UUID.replace_all(&text, "${1}UUID").into_owned();
    text = roster(&text);
    if text.matches("<identity ").count() > 1 && text.contains("disco#info") {
        let mut identities: Vec<String> =
            IDENTITY.find_iter(&text).map(|found| found.as_str().to_owned()).collect();
        identities.sort();
        let mut identities = identities.into_iter();
        text = IDENTITY
            .replace_all(&text, |_: &Captures<'_>| identities.next().unwrap_or_default())
            .into_owned();
    }
    SYSTEM.replace_all(&text, "<os>OS</os>").into_owned()
}

/// The service makes up the ids of its messages.
fn event(text: &str) -> String {
    let is_event = text.starts_with("<message") && {
        let start: String = text.chars().take(600).collect();
        start.contains("pubsub#event")
    };
    let rule = |groups: &Captures<'_>| {
        let head = &groups[0];
        if is_event || head.contains("from=\"pubsub.uccx.example.com\"") {
            EIGHT.replace_all(head, " id=\"R8\"").into_owned()
        } else {
            head.to_owned()
        }
    };
    // Of one stanza by itself the head alone; a body of BOSH has several.
    match text.starts_with("<body") {
        true => MESSAGE.replace_all(text, rule).into_owned(),
        false if text.starts_with("<message") => MESSAGE.replace(text, rule).into_owned(),
        false => text.to_owned(),
    }
}

/// The version of a roster; but that of an empty one is the hash of the user name.
fn roster(text: &str) -> String {
    if !text.contains("jabber:iq:roster\" ver=\"") {
        return text.to_owned();
    }
    let receiver = RECEIVER.captures(text).map(|groups| hash(&groups[1])).unwrap_or_default();
    let rule = |groups: &Captures<'_>| {
        let is_hash = groups[2].parse() == Ok(receiver);
        format!("{}{}\"", &groups[1], if is_hash { "HASH-OF-NAME" } else { "RVER" })
    };
    ROSTER.replace_all(text, rule).into_owned()
}

/// `String.hashCode()` of Java.
fn hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}
