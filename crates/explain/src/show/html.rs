//! An explanation as one HTML page without scripts, other files or network access.
//!
//! All HTML is written here. Every text of a file passes through [`escaped`], so that it cannot
//! leave its place, and no script may run at all.

use textual::html::{push, push_marked};
use textual::invisible::is_invisible;

use crate::conversation::Side;
use crate::explanation::{Explanation, ShownConnection};
use crate::findings::{Finding, Weight};
use crate::ladder::{Rung, State};
use crate::run::Run;
use crate::seen::duration;

const STYLE: &str = include_str!("page.css");

/// The longest message that is not folded, in characters.
const SHORT: usize = 110;

/// The explanation as a page.
pub fn html(explanation: &Explanation) -> String {
    let title = title(explanation);
    let mut out = begun(&title, explanation.is_good());
    body(&mut out, explanation, "");
    ended(out)
}

/// The red cases of a run as a page, each with its explanation.
pub fn html_of_run(run: &Run) -> String {
    let mut out = begun(&run.words(), run.red.is_empty());
    out.push_str("</header>\n");
    out.push_str(&format!("<p class=\"file\"><b>{}</b></p>\n<ul>\n", escaped(&run.file)));
    for (number, case) in run.red.iter().enumerate() {
        out.push_str(&format!(
            "<li><a href=\"#r{number}\">{}</a>: {}</li>\n",
            escaped(&case.id),
            escaped(&case.verdict)
        ));
    }
    out.push_str("</ul>\n");
    for (number, case) in run.red.iter().enumerate() {
        let broken = match &case.explanation {
            Ok(explanation) => title(explanation),
            Err(why) => why.clone(),
        };
        out.push_str(&format!(
            "<article id=\"r{number}\">\n<header class=\"bad\">\n<h1>{}: {}</h1>\n<p>The case demands: {}.</p>\n<p>The run says: {}</p>\n<p>{}</p>\n",
            escaped(&case.id),
            escaped(&case.verdict),
            escaped(&case.claim),
            escaped(&case.result),
            escaped(&broken),
        ));
        match &case.explanation {
            Ok(explanation) => body(&mut out, explanation, &format!("r{number}-")),
            Err(_) => out.push_str("</header>\n"),
        }
        out.push_str("</article>\n");
    }
    ended(out)
}

fn title(explanation: &Explanation) -> String {
    match explanation.first() {
        None => explanation.all_good().to_owned(),
        Some(first) => format!("Broken at {}: {}", first.step, first.fault),
    }
}

/// The beginning of a page, up to its first heading; its `<header>` is open.
fn begun(title: &str, is_good: bool) -> String {
    let mut out = String::with_capacity(64 * 1024);
    out.push_str(&format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header class=\"{1}\">\n<h1>{0}</h1>\n",
        escaped(title),
        if is_good { "good" } else { "bad" },
    ));
    out
}

fn ended(mut out: String) -> String {
    out.push_str("<footer>Passwords, tokens and cookies are masked. Invisible characters are written as <span class=\"inv\">\\u{…}</span>.</footer>\n</main>\n</body>\n</html>\n");
    out
}

/// An explanation below its heading. Anchors in it begin with `prefix`.
fn body(out: &mut String, explanation: &Explanation, prefix: &str) {
    if let Some(first) = explanation.first() {
        let or = first.or.map_or_else(String::new, |other| {
            format!(
                " It may be the fault of the {other} as well: this file cannot tell the two apart."
            )
        });
        out.push_str(&format!("<p>{}{}</p>\n", escaped(&first.says), escaped(&or)));
    }
    out.push_str("</header>\n");
    for source in &explanation.sources {
        out.push_str(&format!(
            "<p class=\"file\"><b>{}</b>: {}</p>\n",
            escaped(&source.name),
            escaped(&source.format)
        ));
        for remark in &source.remarks {
            out.push_str(&format!("<p class=\"remark\">{}</p>\n", escaped(remark)));
        }
    }
    section(out, "Findings", Weight::Broken, &explanation.findings, prefix);
    section(out, "Remarks", Weight::Remark, &explanation.findings, prefix);
    for connection in &explanation.connections {
        one(out, connection, explanation, prefix);
    }
    let rest: Vec<&Rung> =
        explanation.steps.iter().filter(|rung| rung.connection.is_none()).collect();
    table(out, "Requests", &rest);
}

fn section(out: &mut String, title: &str, weight: Weight, findings: &[Finding], prefix: &str) {
    let found: Vec<&Finding> = findings.iter().filter(|finding| finding.weight == weight).collect();
    if found.is_empty() {
        return;
    }
    out.push_str(&format!("<section>\n<h2>{title}</h2>\n<ol class=\"findings\">\n"));
    for finding in found {
        let or = finding.or.map_or_else(String::new, |other| format!(" or {other}"));
        let at = finding.connection.map_or_else(String::new, |index| {
            format!(" · <a href=\"#{prefix}c{0}\">connection {0}</a>", index + 1)
        });
        let case = finding
            .case
            .map_or_else(String::new, |case| format!(" · case <code>{}</code>", escaped(case)));
        out.push_str(&format!(
            "<li><p class=\"tag\"><b>{}</b> · {}{or}{at}</p>\n<p>{}</p>\n<p class=\"look\">{}</p>\n<p class=\"clause\">{}{case} · <code>{}</code></p></li>\n",
            finding.step,
            finding.fault,
            escaped(&finding.says),
            escaped(&finding.look),
            escaped(finding.clause),
            escaped(finding.rule),
        ));
    }
    out.push_str("</ol>\n</section>\n");
}

fn one(out: &mut String, connection: &ShownConnection, explanation: &Explanation, prefix: &str) {
    let number = connection.index + 1;
    let steps: Vec<&Rung> =
        explanation.steps.iter().filter(|rung| rung.connection == Some(connection.index)).collect();
    out.push_str(&format!(
        "<section id=\"{prefix}c{number}\">\n<h2>Connection {number}: {}</h2>\n<p class=\"file\">{}</p>\n",
        escaped(&connection.title),
        escaped(&connection.source)
    ));
    table(out, "", &steps);
    if !connection.messages.is_empty() {
        out.push_str("<details class=\"said\"><summary>The messages</summary>\n<div class=\"ends\" aria-hidden=\"true\"><span>client</span><span>server</span></div>\n<ol class=\"ladder\">\n");
        for message in &connection.messages {
            let (class, direction) = match message.from {
                Side::Client => ("c", "to the server"),
                Side::Server => ("s", "from the server"),
            };
            let at = message.at.zip(connection.began).map_or_else(String::new, |(at, began)| {
                format!("{:.3} s", (at - began) as f64 / 1_000_000.0)
            });
            out.push_str(&format!(
                "<li class=\"{class}\"><i>{at}</i>{}<small>{direction}</small></li>\n",
                folded(&message.text)
            ));
        }
        out.push_str("</ol>\n");
        if connection.left_out > 0 {
            out.push_str(&format!("<p>{} more messages are not shown.</p>\n", connection.left_out));
        }
        out.push_str("</details>\n");
    }
    out.push_str("</section>\n");
}

fn folded(text: &str) -> String {
    if text.chars().count() <= SHORT {
        return format!("<code>{}</code>", escaped(text));
    }
    let beginning: String = text.chars().take(SHORT).collect();
    let whole =
        stanza::parse(text).map_or_else(|_| text.to_owned(), |element| stanza::pretty(&element));
    format!(
        "<details><summary><code>{}…</code></summary><pre>{}</pre></details>",
        escaped(&beginning),
        lines(&whole)
    )
}

fn table(out: &mut String, title: &str, rungs: &[&Rung]) {
    if rungs.is_empty() {
        return;
    }
    if !title.is_empty() {
        out.push_str(&format!("<h2>{title}</h2>\n"));
    }
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr><th>step</th><th></th><th>what it is</th><th>what it should be</th><th>took</th></tr></thead>\n<tbody>\n");
    for rung in rungs {
        let took = rung.took.filter(|took| *took >= 0).map(duration).unwrap_or_default();
        let word = match rung.state {
            State::Done => "ok",
            State::Broken => "broken",
            State::Missing => "missing",
            State::Absent => "–",
        };
        out.push_str(&format!(
            "<tr class=\"{}\"><th scope=\"row\">{}</th><td>{word}</td><td><code>{}</code></td><td>{} <small>{}</small></td><td>{took}</td></tr>\n",
            rung.state.name(),
            escaped(rung.title),
            escaped(&rung.what),
            escaped(rung.wanted),
            escaped(rung.clause),
        ));
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn lines(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

/// Text for content and quoted attributes: no markup, and nothing that a reader cannot see.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_invisible(c) {
            true => push_marked(&mut out, c),
            false => push(&mut out, c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            escaped("</style><script a='\"'>&"),
            "&lt;/style&gt;&lt;script a=&#39;&quot;&#39;&gt;&amp;"
        );
        assert_eq!(escaped("a\u{202e}b"), "a<span class=\"inv\">\\u{202e}</span>b");
    }
}
