//! Sabotages of the REST API: the rule of it that each breaks.

use rest::Rule;

use super::{Faults, Name};

const RULES: &[(Name, Rule)] = &[
    (Name::RestAnyPassword, Rule::Passwords),
    (Name::RestAnyCaller, Rule::Owners),
    (Name::RestNoWrites, Rule::Writes),
    (Name::RestNoAnswer, Rule::Answers),
    (Name::RestNoActions, Rule::Actions),
    (Name::RestStatus200, Rule::Accepted),
    (Name::RestNoRefusals, Rule::Refusals),
    (Name::RestBareErrors, Rule::Errors),
    (Name::RestFewHeaders, Rule::Headers),
    (Name::RestNoType, Rule::Types),
    (Name::RestLoseRequestId, Rule::RequestIds),
    (Name::RestIdOfReads, Rule::IdsOfReads),
    (Name::RestEmptyDocuments, Rule::Documents),
    (Name::RestSmallLetters, Rule::Capitals),
    (Name::RestNoEmptyElements, Rule::EmptyElements),
    (Name::RestIgnoreQuery, Rule::Parameters),
    (Name::RestStrictQuery, Rule::UnknownParameters),
    (Name::RestIgnoreRange, Rule::Ranges),
    (Name::RestFirstElement, Rule::LastElement),
    (Name::RestKeepBlanks, Rule::Blanks),
    (Name::RestNoBodyOfReads, Rule::BodiesOfReads),
    (Name::RestIdsOnly, Rule::LoginNames),
    (Name::RestNoSlash, Rule::Slashes),
    (Name::RestAlwaysThere, Rule::Service),
    (Name::RestWrongDomain, Rule::Domain),
];

impl Faults {
    /// The rules of the API that are broken just now.
    pub(crate) fn broken_rules(&self) -> Vec<Rule> {
        if self.is_empty() {
            return Vec::new();
        }
        RULES.iter().filter(|(name, _)| self.lasting(*name)).map(|(_, rule)| *rule).collect()
    }
}
