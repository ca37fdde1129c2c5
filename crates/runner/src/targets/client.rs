//! The file of a client under test, `clients/NAME.toml`: what is known of it.

use std::collections::BTreeMap;

use case::{Case, Transport};
use serde::Deserialize;
use toml::Spanned;

use super::{Target, TargetError, deviation};
use crate::layers::{Kind, Layers};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Cases that are played and do not count yet.
    #[serde(default)]
    pending: Vec<String>,
    patience: Option<Spanned<toml::Value>>,
    /// The transport that it speaks: `ws` or `bosh`.
    transport: Option<Spanned<String>>,
    /// The client whose transcripts count where it has none of its own: the same client over
    /// another transport.
    like: Option<String>,
    #[serde(default)]
    lacks: BTreeMap<String, Spanned<String>>,
    /// Cases whose transcripts are not the same in each run, and why.
    #[serde(default)]
    volatile: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    deviation: Vec<deviation::Entry>,
}

impl Target {
    /// The client `name` as its file describes it, answered by the fake of `self`; a `name` that is
    /// a path to a file is read from there.
    ///
    /// # Errors
    ///
    /// There is no such file, or its content is wrong: with line and column.
    pub fn client(self, layers: &Layers, name: &str, program: &str) -> Result<Self, TargetError> {
        if let Some((stem, text)) = super::of_path(name)? {
            return self.client_of(&stem, name, &text)?.like_another(layers, name);
        }
        let is_name = !name.trim().is_empty() && !name.contains(['/', '\\']);
        let file = format!("{name}.toml");
        match layers.read(Kind::Clients, &file)?.filter(|_| is_name) {
            Some(found) => {
                self.client_of(name, &found.shown, &found.text)?.like_another(layers, &found.shown)
            }
            None => Err(TargetError::UnknownClient {
                name: name.to_owned(),
                known: super::known(name, &layers.names(Kind::Clients)),
                how: match layers.own(Kind::Clients) {
                    _ if !is_name => {
                        "wanted the name of a file in `clients/`, without `.toml`, or a path with it"
                            .to_owned()
                    }
                    Some(own) => {
                        format!("write {}, it may be empty", own.join(file).shown().display())
                    }
                    None => format!(
                        "clients have their files in a home, and there is none here or above: `{program} init` writes one",
                    ),
                },
            }),
        }
    }

    /// The same client, if there is one that it is like.
    fn like_another(self, layers: &Layers, path: &str) -> Result<Self, TargetError> {
        let names = layers.names(Kind::Clients);
        match self.like.first().filter(|like| !names.contains(like)) {
            None => Ok(self),
            Some(like) => Err(TargetError::Like {
                path: path.to_owned(),
                like: like.clone(),
                why: format!("no such client: {}", super::known(like, &names)),
            }),
        }
    }

    /// The same client, which reports what its application sees, or does not.
    #[must_use]
    pub fn with_reports(mut self, reports: bool) -> Self {
        if reports {
            self.provides.insert("reports".to_owned(), String::new());
        }
        self
    }

    /// The same client, which is started for each case, as often as that wants it, and told what
    /// that wants.
    #[must_use]
    pub fn started(mut self) -> Self {
        for need in ["clients", "pair"] {
            self.provides.insert(need.to_owned(), String::new());
        }
        self
    }

    /// A client of which nothing is known.
    #[must_use]
    pub fn any_client(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            nameless: true,
            deviations: Vec::new(),
            rules_out: BTreeMap::new(),
            volatile: BTreeMap::new(),
            like: Vec::new(),
            ..self
        }
    }

    /// [`Target::client`], from the text of the file.
    ///
    /// # Errors
    ///
    /// Its content is wrong.
    pub fn client_of(self, name: &str, path: &str, text: &str) -> Result<Self, TargetError> {
        let at = super::file::places(path, text);
        let file: File = toml::from_str(text).map_err(|error| {
            at(error.span().map_or(0, |span| span.start), error.message().to_owned())
        })?;
        let patience = super::file::patience(file.patience.as_ref(), &at)?;
        let deviations = file
            .deviation
            .into_iter()
            .map(|entry| entry.deviation(false, &at))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rules_out = BTreeMap::new();
        super::file::needed(&file.lacks, &at)?;
        for (key, reason) in file.lacks {
            rules_out.insert(key, super::file::reason(reason, &at)?);
        }
        let volatile = super::file::volatile(file.volatile, &at)?;
        let pending = file.pending;
        let transport = match file.transport {
            None => Transport::Ws,
            Some(word) => word.as_ref().parse().map_err(|_| {
                let message = "transport is \"ws\" or \"bosh\"; a client that speaks both has a file for each";
                at(word.span().start, message.to_owned())
            })?,
        };
        Ok(Self {
            nameless: false,
            patience,
            deviations,
            rules_out,
            volatile,
            pending,
            transport,
            like: file.like.into_iter().collect(),
            ..self.any_client(name)
        })
    }

    /// The clients whose transcripts count where this one has none. A file that cannot be used
    /// makes a client like no other; a run has said so before.
    pub(crate) fn likes_of_client(layers: &Layers, name: &str) -> Vec<String> {
        let found = layers.read(Kind::Clients, &format!("{name}.toml")).ok().flatten();
        let file = found.and_then(|found| toml::from_str::<File>(&found.text).ok());
        file.and_then(|file| file.like).into_iter().collect()
    }

    /// Whether a case is about the transport that the client speaks.
    pub fn speaks(&self, case: &Case) -> bool {
        case.transport == self.transport
    }

    /// Whether a case is played and does not count yet.
    pub fn is_pending(&self, id: &str) -> bool {
        self.pending.iter().any(|glob| crate::is_of(glob, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Target {
        Target::parse("mock", "mock.toml", "profile = \"finesse\"").unwrap()
    }

    #[test]
    fn a_client_keeps_what_the_fake_provides_and_has_deviations_of_its_own() {
        let text = "pending = [\"recovery/*\"]\npatience = 2.0\n[[deviation]]\ncase = \"a/b\"\nstep = \"agent ->\"\noutcome = \"fail\"\nreason = \"r\"\n";
        let client = base().client_of("mine", "mine.toml", text).unwrap();
        assert_eq!((client.name.as_str(), client.deviations.len()), ("mine", 1));
        assert!(client.is_pending("recovery/backoff") && !client.is_pending("sasl/plain-ok"));
        assert_eq!(client.endpoint, base().endpoint);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, wanted) in [
            ("pendin = []", "mine.toml:1:1: "),
            ("\npatience = 0.0", "mine.toml:2:12: patience is a factor above 0"),
            ("patience = \"x\"", "mine.toml:1:12: patience is a factor above 0"),
            ("[lacks]\nreports = \" \"", "mine.toml:2:11: the reason is empty"),
            ("[lacks]\nreprots = \"r\"", "mine.toml:2:11: no case needs `reprots`: "),
            ("[volatile]\n\"a/b\" = \"\"", "mine.toml:2:9: the reason is empty"),
            ("transport = \"sse\"", "mine.toml:1:13: transport is"),
        ] {
            let error = base().client_of("mine", "mine.toml", text).unwrap_err().to_string();
            assert!(error.starts_with(wanted), "{error}");
        }
    }
}
