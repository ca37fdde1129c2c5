//! Files beside the API: what is served, what never is, and the day of a page that is served so.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use finesse_fake::{Error, FakeFinesse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(20);

/// A folder of its own, which goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("www-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("root/sub dir")).expect("a folder");
        for (file, text) in [
            ("root/index.html", "<p>desk"),
            ("root/app.mjs", "export {}"),
            ("root/ünï.txt", "text"),
            ("root/sub dir/index.html", "<p>sub"),
            ("root/.env", "password"),
            ("secret.txt", "outside"),
        ] {
            fs::write(folder.join(file), text).expect("a file");
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn start(folder: &Folder) -> FakeFinesse {
    let builder = FakeFinesse::builder().plain(true).user("1001", "secret");
    builder.www(folder.0.join("root")).start().await.expect("the fake starts")
}

/// The answers to requests on one connection, as text, which the fake ends if the client does not.
async fn ask(fake: &FakeFinesse, requests: &str, ends: bool) -> String {
    let mut stream = TcpStream::connect(fake.addr()).await.expect("the fake listens");
    stream.write_all(requests.as_bytes()).await.expect("it reads");
    if ends {
        stream.shutdown().await.expect("it is open");
    }
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    read.expect("an end in time").expect("no reset");
    String::from_utf8(answer).expect("text")
}

async fn get(fake: &FakeFinesse, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    ask(fake, &request, false).await
}

#[tokio::test]
async fn files_are_served_beside_the_api() {
    let folder = Folder::new("served");
    let fake = start(&folder).await;
    assert_eq!(fake.www_url(), Some(format!("http://{}/", fake.addr())));
    for (path, kind, body) in [
        ("/", "text/html; charset=utf-8", "<p>desk"),
        ("/?x=1", "text/html; charset=utf-8", "<p>desk"),
        ("/app.mjs", "text/javascript; charset=utf-8", "export {}"),
        ("/%C3%BCn%C3%AF.txt", "text/plain; charset=utf-8", "text"),
        ("/sub%20dir/", "text/html; charset=utf-8", "<p>sub"),
        ("http://x/app.mjs", "text/javascript; charset=utf-8", "export {}"),
    ] {
        let answer = get(&fake, path).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {answer}");
        assert!(answer.contains(&format!("Content-Type: {kind}\r\n")), "{path}: {answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{path}: {answer}");
    }
    let moved = get(&fake, "/sub%20dir").await;
    assert!(moved.starts_with("HTTP/1.1 301 ") && moved.contains("Location: /sub%20dir/\r\n"));
    let head = "HEAD /app.mjs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let head = ask(&fake, head, false).await;
    assert!(head.contains("Content-Length: 9\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    // The server's own paths are its own, on the same connection and in order.
    let three = "GET /app.mjs HTTP/1.1\r\nHost: x\r\n\r\nGET /finesse/api/SystemInfo HTTP/1.1\r\nHost: x\r\n\r\n\
                 GET /ws/ HTTP/1.1\r\nHost: x\r\n\r\n";
    let three = ask(&fake, three, true).await;
    let places = ["export {}", "<SystemInfo>", "HTTP/1.1 4"].map(|part| three.find(part));
    assert!(places.is_sorted() && places[0].is_some(), "{three}");
    let transcript = fake.transcript().to_string();
    assert!(transcript.contains("== GET /sub dir/ answered with 200"), "{transcript}");
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let folder = Folder::new("outside");
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        let root = folder.0.join("root");
        symlink(folder.0.join("secret.txt"), root.join("link.txt")).expect("a link");
        symlink(&folder.0, root.join("up")).expect("a link");
        symlink(root.join("app.mjs"), root.join("inside.mjs")).expect("a link");
    }
    let fake = start(&folder).await;
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/sub%20dir/../../secret.txt",
        "/..\\secret.txt",
        "/%5c..%5csecret.txt",
        "//secret.txt",
        "/link.txt",
        "/up/secret.txt",
        "/.env",
        "/./app.mjs",
        "/app.mjs%00.txt",
        "/%",
        "/%ff",
        "/etc/passwd",
        "/dev/zero",
        "/missing<script>",
    ] {
        let answer = get(&fake, path).await;
        assert!(!answer.contains("outside") && !answer.contains("password"), "{path}: {answer}");
        assert!(!answer.contains("<script>"), "{path}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
    #[cfg(unix)]
    assert!(get(&fake, "/inside.mjs").await.ends_with("export {}"));
    let post = "POST /app.mjs HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    assert!(!ask(&fake, post, true).await.contains("export"));
}

#[tokio::test]
async fn a_big_file_comes_whole_and_a_missing_folder_is_an_error() {
    let folder = Folder::new("big");
    // More than may wait for a connection in the fake.
    let big = "x".repeat(20 << 20);
    fs::write(folder.0.join("root/big.txt"), &big).expect("a file");
    let fake = start(&folder).await;
    let answer = get(&fake, "/big.txt").await;
    assert_eq!(answer.split_once("\r\n\r\n").map(|(_, body)| body.len()), Some(big.len()));
    let missing = FakeFinesse::builder().plain(true).www(folder.0.join("none")).start().await;
    let error = missing.expect_err("there is no such folder");
    assert!(matches!(error, Error::Folder { .. }), "{error}");
    let file = FakeFinesse::builder().plain(true).www(folder.0.join("secret.txt")).start().await;
    assert!(matches!(file, Err(Error::Folder { .. })));
}

/// A page of old, with jabberwerx: it comes from the server itself, asks with the attributes that
/// jabberwerx sends, and speaks REST beside.
struct OldPage<'f> {
    fake: &'f FakeFinesse,
    sid: String,
    rid: u64,
}

impl OldPage<'_> {
    /// Sends a request, and returns the answer that comes for it.
    async fn post(&mut self, attributes: &str, elements: &str) -> String {
        self.rid += 1;
        let sid = match self.sid.as_str() {
            "" => String::new(),
            sid => format!(" sid='{sid}'"),
        };
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}'{sid}{attributes}>{elements}</body>",
            self.rid
        );
        let answer = self.send("POST", "/http-bind/", "text/xml; charset=utf-8", &body).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.to_lowercase().contains("content-type: text/xml;charset=utf-8"), "{answer}");
        answer
    }

    /// Asks with nothing until this comes.
    async fn hears(&mut self, text: &str) {
        for _ in 0..20 {
            if self.post("", "").await.contains(text) {
                return;
            }
        }
        panic!("{text} never came");
    }

    /// Changes the agent's state by REST.
    async fn put(&self, what: &str) {
        let path = "/finesse/api/User/1001";
        let answer =
            self.send("PUT", path, "application/xml", &format!("<User>{what}</User>")).await;
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> String {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic MTAwMTpzZWNyZXQ=\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        ask(self.fake, &request, false).await
    }
}

#[tokio::test]
async fn a_page_of_old_lives_its_day_over_bosh() {
    let folder = Folder::new("old");
    let fake = start(&folder).await;
    assert!(get(&fake, "/").await.ends_with("<p>desk"));

    let mut page = OldPage { fake: &fake, sid: String::new(), rid: 4_000_000 };
    let created = page
        .post(
            " content='text/xml; charset=utf-8' hold='1' route='xmpp:x:5222' secure='true' to='finesse.example.com' \
             ver='1.6' wait='30' xml:lang='en' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'",
            "",
        )
        .await;
    for said in ["secure=\"true\"", "requests=\"2\"", "wait=\"30\"", "hold=\"1\"", "ver=\"1.6\""] {
        assert!(created.contains(said), "{said}: {created}");
    }
    assert!(created.contains("<mechanism>PLAIN</mechanism>"), "{created}");
    let sid = created.split(" sid=\"").nth(1).and_then(|rest| rest.split('"').next());
    page.sid = sid.expect("a session").to_owned();

    // A login of nobody is refused, and the session goes on.
    let nobody = "AHx8";
    let auth = |text: &str| {
        format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{text}</auth>")
    };
    assert!(page.post("", &auth(nobody)).await.contains("<not-authorized"));
    assert!(page.post("", &auth("ADEwMDEAc2VjcmV0")).await.contains("<success"));
    let restart =
        " to='finesse.example.com' xml:lang='en' xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'";
    assert!(page.post(restart, "").await.contains("urn:ietf:params:xml:ns:xmpp-bind"));
    let bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                <resource>cisco</resource></bind></iq>";
    assert!(page.post("", bind).await.contains("<jid>1001@finesse.example.com/cisco</jid>"));
    let session = "<iq xmlns='jabber:client' type='set' id='s'>\
                   <session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";
    assert!(page.post("", session).await.contains("id=\"s\""));
    let roster =
        "<iq xmlns='jabber:client' type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";
    assert!(page.post("", roster).await.contains("id=\"r\""));
    page.post("", "<presence xmlns='jabber:client'/>").await;

    page.put("<state>LOGIN</state><extension>1081001</extension>").await;
    page.hears("&lt;state&gt;NOT_READY&lt;/state&gt;").await;
    page.put("<state>READY</state>").await;
    page.hears("&lt;state&gt;READY&lt;/state&gt;").await;
    page.put("<state>LOGOUT</state>").await;
    page.hears("&lt;state&gt;LOGOUT&lt;/state&gt;").await;
    let unavailable = "<presence xmlns='jabber:client' type='unavailable'/>";
    assert!(page.post(" type='terminate'", unavailable).await.contains("type=\"terminate\""));
}
