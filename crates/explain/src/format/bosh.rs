//! BOSH (XEP-0124, XEP-0206): bodies of HTTP requests become the messages of a stream.

use stanza::{Element, Rules, ns};

use crate::conversation::{
    Connection, Conversation, Exchange, MessageKind, SentMessage, Side, Sight,
};

/// Adds a connection for each BOSH session among the requests.
pub(super) fn join(found: &mut Conversation) {
    // Sessions by host and id; the id is known once the first request is answered.
    let mut sessions: Vec<((String, String), Connection)> = Vec::new();
    for exchange in &found.exchanges {
        let Some(asked) = body(&exchange.body) else { continue };
        let answer = body(&exchange.answer);
        let own = asked.attr("sid").unwrap_or_default();
        let id = match own {
            "" => answer.as_ref().and_then(|answer| answer.attr("sid")).unwrap_or_default(),
            own => own,
        };
        let key = (exchange.url.host.clone(), id.to_owned());
        let place = sessions.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            sessions.push((key, connection(exchange, own.is_empty())));
            sessions.len() - 1
        });
        let connection = &mut sessions[place].1;
        request(connection, &asked, exchange, own.is_empty());
        if let Some(answer) = answer {
            answered(connection, &answer, exchange, own.is_empty());
        }
        connection.ended = exchange.ended.or(connection.ended);
    }
    for (_, mut connection) in sessions {
        // An answer that was held back is older than what came by another request.
        if connection.said.iter().all(|said| said.at.is_some()) {
            connection.said.sort_by_key(|said| said.at);
        }
        found.connections.push(connection);
    }
}

fn body(text: &str) -> Option<Element> {
    if !text.contains(ns::HTTP_BIND) {
        return None;
    }
    let rules = Rules { max_depth: 256, ..Rules::DOCUMENT };
    let (element, _) = stanza::parse_with(text.trim(), &rules).ok()?;
    element.is(ns::HTTP_BIND, "body").then_some(element)
}

fn connection(exchange: &Exchange, is_whole: bool) -> Connection {
    let sight = Sight { beginning: is_whole, ..Sight::MESSAGES };
    let mut connection = Connection::new(exchange.source, sight);
    connection.url = exchange.url.clone();
    connection.began = exchange.began;
    connection.is_bosh = true;
    connection
}

/// `<open/>` in the place of a body's attributes, so that both transports read alike.
fn open(attribute: &str, domain: Option<&str>) -> String {
    let open = Element::new(ns::FRAMING, "open");
    let open = match domain {
        Some(domain) => open.with_attr(attribute, domain),
        None => open,
    };
    stanza::print(&open.with_attr("version", "1.0"))
}

fn request(connection: &mut Connection, asked: &Element, exchange: &Exchange, is_first: bool) {
    let mut say = |text: String| {
        connection.said.push(SentMessage {
            at: exchange.began,
            from: Side::Client,
            what: MessageKind::Text(text),
        });
    };
    // XEP-0206 §5.
    let restarts =
        asked.attrs.iter().any(|attr| attr.name.local == "restart" && attr.value == "true");
    if is_first || restarts {
        say(open("to", asked.attr("to")));
    }
    asked.children().for_each(|child| say(stanza::print(child)));
    if asked.attr("type") == Some("terminate") {
        say(stanza::print(&Element::new(ns::FRAMING, "close")));
    }
}

fn answered(connection: &mut Connection, answer: &Element, exchange: &Exchange, is_first: bool) {
    let at = exchange.ended.or(exchange.began);
    let mut say = |text: String| {
        connection.said.push(SentMessage { at, from: Side::Server, what: MessageKind::Text(text) });
    };
    let restarts = answer.children().any(|child| child.name.local == "features");
    if is_first || restarts {
        say(open("from", answer.attr("from")));
    }
    answer.children().for_each(|child| say(stanza::print(child)));
    if answer.attr("type") == Some("terminate") {
        // XEP-0124 §17.2: a session that ends with a condition ended by an error.
        if let Some(condition) = answer.attr("condition") {
            let condition = Element::new(ns::STREAM_ERRORS, condition);
            say(stanza::print(&Element::new(ns::STREAMS, "error").with_child(condition)));
        }
        say(stanza::print(&Element::new(ns::FRAMING, "close")));
    }
}
