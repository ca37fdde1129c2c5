//! Tables of clients and their known deviations, from their files.

use std::fmt::Write as _;

use case::{Case, Level};
use runner::Target;
use verdict::Verdict;

/// Clients and the cases for clients.
pub struct ClientTables<'a> {
    cases: &'a [&'a Case],
    clients: &'a [Target],
}

/// The known result of a client in a case.
enum KnownResult<'a> {
    /// The client does what the case demands.
    Holds,
    /// A listed deviation: verdict and reason.
    Differs(Verdict, &'a str),
    /// The client lacks a feature; the reason.
    Lacks(&'a str),
    /// The case does not count yet for this client.
    Pending,
}

impl<'a> ClientTables<'a> {
    /// Tables of `clients` over `cases`.
    pub fn new(cases: &'a [&'a Case], clients: &'a [Target]) -> Self {
        Self { cases, clients }
    }

    /// One line per client: the number of cases with each result.
    pub fn summary(&self) -> String {
        let mut text = String::from(
            "| client | cases | as demanded | breaks a demand | breaks advice | other | cannot | pending |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        for client in self.clients {
            let mut counts = [0_usize; 6];
            let spoken: Vec<&Case> =
                self.cases.iter().copied().filter(|case| client.speaks(case)).collect();
            for case in &spoken {
                let column = match known(client, case) {
                    KnownResult::Holds => 0,
                    KnownResult::Differs(Verdict::Fail, _) => 1,
                    KnownResult::Differs(Verdict::NonStrict, _) => 2,
                    KnownResult::Differs(..) => 3,
                    KnownResult::Lacks(_) => 4,
                    KnownResult::Pending => 5,
                };
                counts[column] += 1;
            }
            let _ = write!(text, "| {} | {} |", client.name, spoken.len());
            for count in counts {
                let _ = write!(text, " {count} |");
            }
            text.push('\n');
        }
        text
    }

    /// One line per case, one column per client, and below the reasons of the deviations.
    pub fn by_case(&self) -> String {
        let mut notes: Vec<&str> = Vec::new();
        let mut text = String::from("| case | level |");
        let mut rule = String::from("| --- | --- |");
        for client in self.clients {
            let _ = write!(text, " {} |", client.name);
            rule.push_str(" :---: |");
        }
        let _ = writeln!(text, "\n{rule}");
        let files = self.cases.iter().filter(|case| case.id == case.file_id());
        // A case about a transport that none of them speaks says nothing of them.
        let is_spoken_by_any = |file: &&&Case| {
            let mut forms = self.cases.iter().filter(|case| case.file_id() == file.id);
            forms.any(|case| self.clients.iter().any(|client| client.speaks(case)))
        };
        for file in files.filter(is_spoken_by_any) {
            let _ = write!(text, "| {} | {} |", file.id, file.head.level.value);
            for client in self.clients {
                // The case as it is over the client's transport; some have none.
                let is_spoken = |case: &&&Case| case.file_id() == file.id && client.speaks(case);
                let Some(case) = self.cases.iter().find(is_spoken) else {
                    text.push_str("  |");
                    continue;
                };
                let (sign, note) = match known(client, case) {
                    KnownResult::Holds => ("✓", None),
                    KnownResult::Differs(Verdict::Fail, why) => ("✗", Some(why)),
                    KnownResult::Differs(Verdict::NonStrict, why) => ("~", Some(why)),
                    KnownResult::Differs(_, why) => ("i", Some(why)),
                    KnownResult::Lacks(why) => ("–", Some(why)),
                    KnownResult::Pending => ("…", None),
                };
                let number = note.map(|note| {
                    let at = notes.iter().position(|known| *known == note);
                    1 + at.unwrap_or_else(|| {
                        notes.push(note);
                        notes.len() - 1
                    })
                });
                let number = number.map(|number| format!(" {number}")).unwrap_or_default();
                let _ = write!(text, " {sign}{number} |");
            }
            text.push('\n');
        }
        text.push_str(
            "\n✓ as demanded · ✗ breaks what is demanded · ~ breaks what is recommended, or is allowed and not as it \
             should be · i other than most, nothing is demanded · – cannot · … not looked at yet\n\n",
        );
        for (index, note) in notes.iter().enumerate() {
            let _ = writeln!(text, "{}. {note}", index + 1);
        }
        text
    }
}

fn known<'a>(client: &'a Target, case: &'a Case) -> KnownResult<'a> {
    let needs = case.head.needs.iter().map(|need| need.value.as_str());
    if client.is_pending(&case.id) {
        return KnownResult::Pending;
    }
    if let Some(why) = client.rules_out(&case.id, needs) {
        return KnownResult::Lacks(why);
    }
    // The gravest of several deviations.
    let listed = client.deviations_of(&case.id).max_by_key(|listed| match listed.outcome {
        Verdict::Fail => 2,
        Verdict::NonStrict => 1,
        _ => 0,
    });
    match listed {
        Some(listed) if case.head.level.value == Level::Info => {
            KnownResult::Differs(Verdict::Info, &listed.about.reason)
        }
        Some(listed) => KnownResult::Differs(listed.outcome, &listed.about.reason),
        None => KnownResult::Holds,
    }
}

#[cfg(test)]
mod tests {
    use case::{Source, Transport};

    use super::*;

    fn target(name: &str, text: &str) -> Target {
        let fake = Target::parse("mock", "mock.toml", "profile = \"finesse\"").unwrap();
        fake.client_of(name, "mine.toml", text).unwrap()
    }

    fn case(id: &str, level: &str) -> Case {
        let text = format!(
            "+++\ntitle = \"t\"\nspec  = [\"robustness\"]\nlevel = \"{level}\"\nroles = [\"client\"]\n\
             do    = [\"login\"]\n+++\nagent == connect\n"
        );
        let source = Source { path: format!("cases/{id}.case").into(), text };
        case::parse_case(id, source.into()).unwrap()
    }

    #[test]
    fn a_list_says_what_is_known_and_the_rest_is_demanded() {
        let deviation = |case: &str, outcome: &str| {
            format!(
                "[[deviation]]\ncase = \"{case}\"\nstep = \"s\"\noutcome = \"{outcome}\"\nreason = \"does so\"\n"
            )
        };
        let one = deviation("a/must", "fail") + &deviation("a/should", "non-strict");
        let two = "pending = [\"a/should\"]\n[lacks]\n\"a/must\" = \"too old\"\n".to_owned();
        let clients =
            [target("one", &one), target("two", &two), target("three", &deviation("a/i", "info"))];
        let mut unspoken = case("a/bosh", "must");
        unspoken.transport = Transport::Bosh;
        let cases =
            [case("a/i", "info"), case("a/must", "must"), case("a/should", "should"), unspoken];
        let cases: Vec<&Case> = cases.iter().collect();
        let tables = ClientTables::new(&cases, &clients);
        insta::assert_snapshot!(tables.summary() + "\n" + &tables.by_case());
    }
}
