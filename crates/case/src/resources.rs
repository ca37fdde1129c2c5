//! The resources that cases bind, so that leftovers of cases on a server can be recognised.

use std::collections::BTreeSet;

use stanza::ns;

use crate::visit::steps;
use crate::{Arrow, ChildPattern, ElementPattern, Item, Payload, StepKind};

/// The resources that the client side of an expanded body requests as plain text (RFC 6120 §7.7.1).
pub fn resources(body: &[Item]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    steps(body, &mut |step| {
        if let StepKind::Say {
            arrow: Arrow::ToServer, payload: Payload::Xml { root, .. }, ..
        } = &step.kind
        {
            collect(root, &mut found);
        }
    });
    found
}

fn collect(element: &ElementPattern, found: &mut BTreeSet<String>) {
    for child in &element.children {
        match child {
            ChildPattern::Text(text)
                if element.name.ns == ns::BIND && element.name.local == "resource" =>
            {
                let text = text.to_string();
                let name = text.trim();
                // A token has another value in each run.
                if !name.is_empty() && !name.contains('{') {
                    found.insert(name.to_owned());
                }
            }
            ChildPattern::Element(child) => collect(child, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::Library;

    #[test]
    fn resources_are_found_in_cases_and_through_fragments() {
        let bind = |resource: &str| {
            format!(
                "c -> <iq xmlns=\"jabber:client\" type=\"set\" id=\"1\">\n       <bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\">\n         <resource>{resource}</resource>\n       </bind>\n     </iq>\n"
            )
        };
        let head = "title = \"t\"\nspec = [\"robustness\"]\nlevel = \"must\"\nroles = [\"server\"]";
        let case = format!(
            "+++\n{head}\n+++\nc == connect\n\nuse bound(c, probe)\n\n{}\n{}",
            bind("second"),
            bind("{random(8)}")
        );
        let fragment = format!(
            "+++\ntitle = \"f\"\nparams = [\"c\", \"resource\"]\nowner = \"a/b\"\n+++\n{}",
            bind("{resource}")
        );
        let files = vec![
            (PathBuf::from("cases/a/b.case"), case),
            (PathBuf::from("cases/_fragments/bound.case"), fragment),
        ];
        let library = Library::from_files(files)
            .unwrap_or_else(|errors| panic!("{}", crate::render(&errors, false)));
        let body = library.expand(&library.cases[0]).unwrap();
        assert_eq!(resources(&body), ["probe", "second"].map(str::to_owned).into());
    }
}
