//! `new`: writes a skeleton of a case.

use std::path::Path;

use anyhow::{Context as _, bail};
use case::{Case, Clause, Library, print_case};
use runner::Kind;
use verdict::Exit;

use super::{diagnose, say};
use crate::Suite;

/// Steps that pass against every server: log in, ping, receive the answer.
const BODY: &str = r#"
# A stanza of the client, and what the server must answer.
use online(agent, agent, probe)

agent -> <iq xmlns="jabber:client" type="get" to="{domain}" id="{ping=random(8)}">
           <ping xmlns="urn:xmpp:ping"/>
         </iq>

agent <- <iq xmlns="jabber:client" type="result" from="{domain}" id="{ping}"/>
"#;
use textual::program;

/// The clause behind these steps: XMPP Ping.
const SPEC: &str = "XEP-0199 §4.2";

/// Write the skeleton of a case.
///
/// The skeleton plays as it is: it logs in, sends a ping and waits for the answer. Replace the
/// steps with your conversation. `title` is the claim, `spec` cites the clauses, `why` names the
/// harm when the claim breaks.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask new bind/resource-with-blank
  cargo xtask new bind/resource-with-blank --title 'a resource with a blank is refused'
  cargo xtask new sasl/second-login --spec 'RFC 6120 §6.3.6' --spec robustness")]
pub(crate) struct Args {
    /// Area and slug of the case, in lower-case words with hyphens
    #[arg(value_name = "AREA/SLUG")]
    id: String,

    /// The claim in one sentence [default: the words of the id]
    #[arg(long)]
    title: Option<String>,

    /// A clause behind the claim: `RFC 6120 §7.6`, `XEP-0060 §6.1.1 item 3`, `vendor` or
    /// `robustness`. May be given several times
    #[arg(long, value_name = "CLAUSE", default_value = SPEC)]
    spec: Vec<Clause>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    if !is_id(&args.id) {
        let example = "bind/resource-with-blank";
        bail!(
            "`{}` is no id of a case: wanted AREA/SLUG in lower-case words with hyphens, as in {example}",
            args.id
        );
    }
    let file = suite.own(Kind::Cases, "a new case needs")?.join(format!("{}.case", args.id));
    let (path, shown) = (file.path(), file.shown());
    if path.exists() {
        bail!("{} exists already; nothing was written", shown.display());
    }
    let case = case(args, shown)?;
    // Lint the skeleton together with the other cases before writing it.
    let mut library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => {
            diagnose(&diagnostics);
            return Ok(Exit::Parse);
        }
    };
    let text = print_case(&case);
    library.cases.push(case);
    let mut found = case::lint(&library);
    found.retain(|finding| finding.source.path == shown);
    if !found.is_empty() {
        diagnose(&found);
        bail!("{} was not written", shown.display());
    }
    files::write(path, text)?;
    say(&format!(
        "wrote {shown}

next:
  edit it; it plays as it is, but title, spec, level, why and the steps are yours to say
  {program} fmt {id} && {program} lint {id}
  {program} conformance {id}
  {program} review {id}",
        program = program(),
        shown = shown.display(),
        id = args.id
    ))?;
    Ok(Exit::Green)
}

/// The skeleton as a case, as the formatter writes it.
fn case(args: &Args, shown: &Path) -> anyhow::Result<Case> {
    let title = args.title.clone().unwrap_or_else(|| args.id.replace('/', ": ").replace('-', " "));
    let spec: Vec<String> = args.spec.iter().map(Clause::to_string).collect();
    let mut head = toml::toml! {
        level = "must"
        roles = ["server"]
        effects = "session"
    };
    head.insert("title".to_owned(), toml::Value::from(title));
    head.insert("spec".to_owned(), toml::Value::from(spec));
    let draft = read(shown, format!("+++\n{head}+++\n{BODY}"))?;
    // Findings quote the text that would have been written.
    read(shown, print_case(&draft))
}

/// Reads the text of one case.
pub(super) fn read(shown: &Path, text: String) -> anyhow::Result<Case> {
    match Library::from_files(vec![(shown.to_owned(), text)]) {
        Ok(library) => {
            library.cases.into_iter().next().context("a case was written, and none read")
        }
        Err(diagnostics) => {
            let all: Vec<&str> = diagnostics.iter().map(|found| found.message.as_str()).collect();
            bail!("{}", all.join("; "))
        }
    }
}

/// Whether this is a valid id: two parts of lower-case words with hyphens.
pub(super) fn is_id(id: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
    };
    let is_part = |part: &str| part.split('-').all(is_word);
    id.split_once('/').is_some_and(|(area, slug)| is_part(area) && is_part(slug))
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn an_id_is_an_area_and_a_slug() {
        assert!(is_id("upgrade/http-1-0"));
        for id in [
            "",
            "bind",
            "bind/",
            "/x",
            "Bind/x",
            "bind/a_b",
            "bind/-a",
            "a/b/c",
            "../x/y",
            "_fragments/x",
        ] {
            assert!(!is_id(id), "{id}");
        }
    }
}
