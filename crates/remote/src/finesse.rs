//! Where the REST API of Finesse is.

use std::fmt::Write as _;

use crate::Url;

/// The path of the object about the server (Cisco DevNet, "SystemInfo").
pub const SYSTEM_INFO: &str = "/finesse/api/SystemInfo";

/// The port on which Finesse before 12.6 serves WebSockets, without the API (Cisco DevNet, "FAQs").
const NOTIFICATION_PORT: u16 = 7443;

/// The port of the API.
const API_PORT: u16 = 8445;

/// The server of the API that belongs to a WebSocket: that of the WebSocket itself, but where the
/// notification service is reached by its own port.
#[must_use]
pub fn api_of(websocket: &Url) -> Url {
    let port = if websocket.port == NOTIFICATION_PORT { API_PORT } else { websocket.port };
    Url { port, path: String::new(), ..websocket.clone() }
}

/// The path of a user, by its id or login name.
#[must_use]
pub fn user(name: &str) -> String {
    let mut path = "/finesse/api/User/".to_owned();
    for octet in name.bytes() {
        // RFC 3986 §2.3: these alone need no percent.
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            path.push(char::from(octet));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(path, "%{octet:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_one_part_of_the_path() {
        assert_eq!(user("1001"), "/finesse/api/User/1001");
        assert_eq!(user("a/../b@c d\r\nÄ"), "/finesse/api/User/a%2F..%2Fb%40c%20d%0D%0A%C3%84");
    }

    #[test]
    fn the_api_is_where_the_websocket_is_but_for_the_old_port() {
        let port = |url: &str| api_of(&Url::parse(url).unwrap()).port;
        assert_eq!(port("wss://h:8445/ws/"), 8445);
        assert_eq!(port("ws://127.0.0.1:18446/ws/"), 18446);
        assert_eq!(port("wss://h:7443/ws/"), 8445);
    }
}
