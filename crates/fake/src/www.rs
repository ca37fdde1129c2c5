//! Files of a folder beside the API: the pages of a client, on the origin that it talks to.

use std::io;
use std::path::{Path, PathBuf};

use engine::{Fact, PageRequest};
use stanza::escape;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::error::Error;

/// The file that stands for its folder.
const INDEX: &str = "index.html";

/// Media types by the ending of a name (IANA, "Media Types"; the HTML standard, "Scripting").
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
];

/// A folder whose files are served.
#[derive(Debug)]
pub(crate) struct Www {
    /// Absolute and without links.
    root: PathBuf,
}

/// The result of looking for the file of a path.
enum Lookup {
    File(File, u64, &'static str),
    /// A folder, whose address ends in a slash.
    Folder(String),
    /// Nothing that is served. The reason is for the record.
    Nothing(&'static str),
}

/// An answer before its body.
struct Answer {
    status: &'static str,
    headers: String,
    length: u64,
}

impl Www {
    /// Serves this folder.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let unusable = |source| Error::Folder { path: folder.to_owned(), source };
        let root = folder.canonicalize().map_err(unusable)?;
        // A folder that cannot be read would answer every request with 404.
        root.read_dir().map_err(unusable)?;
        Ok(Self { root })
    }

    /// Answers a request, and returns the fact that it was answered.
    pub(crate) async fn answer(
        &self,
        writer: &mut (impl AsyncWrite + Unpin),
        request: &PageRequest,
    ) -> io::Result<Fact> {
        let mut note = None;
        let status = match self.find(&request.path).await {
            Lookup::File(file, length, kind) => {
                let headers = format!("Content-Type: {kind}\r\nCache-Control: no-cache\r\n");
                let answer = Answer { status: "200 OK", headers, length };
                answer.write(writer, request).await?;
                if !request.is_head {
                    let sent = tokio::io::copy(&mut file.take(length), writer).await?;
                    if sent < length {
                        // The file became shorter: the client must not wait for the rest.
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                200
            }
            Lookup::Folder(location) => {
                let headers = format!("Location: {location}\r\n");
                let answer = Answer { status: "301 Moved Permanently", headers, length: 0 };
                answer.write(writer, request).await?;
                301
            }
            Lookup::Nothing(why) => {
                let path = escape::text(&request.path);
                let page = format!(
                    "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>There is no file \
                     <code>{path}</code> here. The REST API is at <code>/finesse/api/</code>.</p>\n"
                );
                let headers = "Content-Type: text/html; charset=utf-8\r\n".to_owned();
                let length = page.len() as u64;
                Answer { status: "404 Not Found", headers, length }.write(writer, request).await?;
                if !request.is_head {
                    writer.write_all(page.as_bytes()).await?;
                }
                note = Some(why.to_owned());
                404
            }
        };
        writer.flush().await?;
        let method = if request.is_head { "HEAD" } else { "GET" };
        Ok(Fact::Answered { request: format!("{method} {}", request.path), status, note })
    }

    async fn find(&self, path: &str) -> Lookup {
        let mut file = self.root.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            // Hidden files are nobody's page, `..` leads out, and the rest is special somewhere.
            if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
                return Lookup::Nothing("a part of the path begins with a dot or has a \\ or :");
            }
            file.push(part);
        }
        let Ok(mut file) = fs::canonicalize(&file).await else {
            return Lookup::Nothing("there is no such file");
        };
        if !file.starts_with(&self.root) {
            return Lookup::Nothing("it is a link out of the folder");
        }
        let is_folder = |metadata: &std::fs::Metadata| metadata.is_dir();
        if fs::metadata(&file).await.as_ref().is_ok_and(is_folder) {
            if !path.ends_with('/') {
                return Lookup::Folder(encoded(path) + "/");
            }
            file = match fs::canonicalize(file.join(INDEX)).await {
                Ok(index) if index.starts_with(&self.root) => index,
                _ => return Lookup::Nothing("the folder has no index.html"),
            };
        }
        // To open a pipe would wait for its writer.
        match fs::metadata(&file).await {
            Ok(metadata) if metadata.is_file() => {}
            _ => return Lookup::Nothing("it is no file"),
        }
        let Ok(opened) = File::open(&file).await else {
            return Lookup::Nothing("the file cannot be read");
        };
        let Ok(metadata) = opened.metadata().await else {
            return Lookup::Nothing("the file cannot be read");
        };
        Lookup::File(opened, metadata.len(), type_of(&file))
    }
}

impl Answer {
    async fn write(
        &self,
        writer: &mut (impl AsyncWrite + Unpin),
        request: &PageRequest,
    ) -> io::Result<()> {
        let Self { status, headers, length } = self;
        let end = if request.is_last { "Connection: close\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 {status}\r\nDate: {}\r\n{headers}X-Content-Type-Options: nosniff\r\n\
             Content-Length: {length}\r\n{end}\r\n",
            request.date
        );
        writer.write_all(head.as_bytes()).await
    }
}

/// The media type of a file, by its name.
fn type_of(file: &Path) -> &'static str {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let ending = ending.to_ascii_lowercase();
    let known = TYPES.iter().find(|(own, _)| *own == ending);
    known.map_or("application/octet-stream", |(_, kind)| kind)
}

/// A path as a URL has it (RFC 3986 §2.1), with one slash before each part.
fn encoded(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        out.push('/');
        for octet in part.bytes() {
            match octet {
                b'-' | b'.' | b'_' | b'~' => out.push(char::from(octet)),
                _ if octet.is_ascii_alphanumeric() => out.push(char::from(octet)),
                _ => out.push_str(&format!("%{octet:02X}")),
            }
        }
    }
    out
}
