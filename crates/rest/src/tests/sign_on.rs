//! Single sign-on, and the mode in which some agents have it.

use std::time::Duration;

use super::{Server, error};
use crate::Answer;

/// A member of the answer of `/desktop/sso/token`.
fn member(answer: &Answer, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

#[test]
fn under_single_sign_on_a_token_is_the_credential() {
    let mut server = Server::with("ccx", "sso = { token = \"60s\" }");
    let bearer = |server: &mut Server, path: &str, token: &str| {
        server.full("GET", path, "", &format!("Authorization: Bearer {token}"), "")
    };
    assert!(server.get("SystemInfo", "").body.contains("<systemAuthMode>SSO</systemAuthMode>"));
    let refused = server.get("User/1001", "1001");
    assert_eq!((refused.status, error(&refused).1.as_str()), (401, "Authorization Failure"));
    assert!(refused.headers.iter().any(|(_, value)| value.starts_with("Bearer")), "{refused:?}");
    assert!(refused.note.unwrap().contains("/desktop/sso/token?cc_username=1001"));
    let url = "/desktop/sso/token?cc_username=abyron&return_refresh_token=true";
    assert_eq!(server.get(url, "").status, 401);
    assert_eq!(server.get(url, "1001:wrong").status, 401);
    assert_eq!(server.get(url, "1002").status, 401, "another one's name");
    let answer = server.get(url, "1001");
    assert_eq!((answer.status, member(&answer, "user_id").as_str()), (200, "abyron"));
    assert!(answer.body.contains("\"expires_in\":60"), "{}", answer.body);
    let (token, refresh) = (member(&answer, "token"), member(&answer, "refresh_token"));
    assert_eq!(bearer(&mut server, "User/1001", &token).status, 200);
    assert_eq!(bearer(&mut server, "User/1002", &token).status, 401);
    assert_eq!(bearer(&mut server, "User/1001", &refresh).status, 401);
    server.now = Duration::from_secs(60);
    assert_eq!(bearer(&mut server, "User/1001", &token).status, 401, "it has expired");
    let again = format!("/desktop/sso/token?cc_username=1001&refresh-token={refresh}");
    let answer = server.get(&again, "");
    assert!(answer.status == 200 && !answer.body.contains("refresh_token"), "{answer:?}");
    assert_eq!(bearer(&mut server, "User/1001", &member(&answer, "access_token")).status, 200);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nCookie: cc_username=1001";
    let body = format!("token=x&refresh-token={refresh}");
    assert_eq!(server.full("POST", "/desktop/sso/token", "", form, &body).status, 200);
    for (method, path, status) in [
        ("GET", "/desktop/sso/token?refresh-token=x&cc_username=1001", 401),
        ("GET", &*format!("/desktop/sso/token?refresh-token={refresh}"), 400),
        ("GET", "/desktop/sso/token?return_refresh_token=yes", 400),
        ("DELETE", url, 405),
    ] {
        assert_eq!(server.ask(method, path, "", "").status, status, "{method} {path}");
    }
    assert_eq!(server.get("Users", "administrator").status, 200, "configures with a password");
    assert_eq!(
        server.get("/desktop/sso/token?cc_username=administrator", "administrator").status,
        401
    );
    server.now = Duration::from_secs(7200);
    assert_eq!(server.get(&again, "").status, 401, "the refresh token has expired");
}

#[test]
fn in_hybrid_mode_some_agents_have_tokens() {
    let keys = "sso = { mode = \"HYBRID\" }\n[[agent]]\nid = \"2001\"\nteam = \"1\"\nsso = true\n";
    let mut server = Server::with("ccx", keys);
    assert!(server.get("SystemInfo", "").body.contains("<systemAuthMode>HYBRID</systemAuthMode>"));
    assert_eq!(server.get("User/1001", "1001").status, 200);
    assert_eq!(server.get("User/2001", "2001").status, 401);
    assert_eq!(server.get("/desktop/sso/token?cc_username=1001", "1001").status, 401);
    let token = member(&server.get("/desktop/sso/token?cc_username=2001", "2001"), "token");
    let line = format!("Authorization: Bearer {token}");
    assert_eq!(server.full("GET", "User/2001", "", &line, "").status, 200);
    let mut without = Server::new("ccx");
    assert_eq!(without.get("/desktop/sso/token?cc_username=1001", "1001").status, 404);
    let answer = without.full("GET", "User/1001", "", &line, "");
    assert!(answer.status == 401 && answer.note.unwrap().contains("without single sign-on"));
}
