//! Files beside the API: what is served, and what never is.

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
