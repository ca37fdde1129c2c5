//! The prefixes and declarations that a tree needs when it is printed.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::element::Element;
use crate::ns;

/// The declarations in force around an element.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NamespaceScope<'e> {
    default: &'e str,
    stream: bool,
}

/// An element's start tag, ready to be written.
#[derive(Debug)]
pub(crate) struct Qualified<'e> {
    pub(crate) tag: Cow<'e, str>,
    /// Declarations first, then attributes in the element's order.
    pub(crate) attrs: Vec<(Cow<'e, str>, &'e str)>,
    pub(crate) inside: NamespaceScope<'e>,
}

/// The prefix that a namespace has in its specification, for attributes. Openfire knows the one of
/// XEP-0206 by no other.
pub fn usual_prefix(namespace: &str) -> Option<&'static str> {
    (namespace == ns::XBOSH).then_some("xmpp")
}

/// Names by the customs of XMPP: `stream:` and `xml:` as prefixes, default namespaces for all other
/// elements (RFC 6120 §4.8.5), declared where they change.
pub(crate) fn qualify<'e>(element: &'e Element, around: NamespaceScope<'e>) -> Qualified<'e> {
    let mut inside = around;
    let mut attrs = Vec::new();
    let mut streams = element.attrs.iter().any(|attr| attr.name.ns == ns::STREAMS);
    let tag = match element.name.ns.as_str() {
        ns::STREAMS => {
            streams = true;
            Cow::Owned(format!("stream:{}", element.name.local))
        }
        ns::XML => Cow::Owned(format!("xml:{}", element.name.local)),
        namespace => {
            if namespace != around.default {
                attrs.push((Cow::Borrowed("xmlns"), namespace));
                inside.default = namespace;
            }
            Cow::Borrowed(element.name.local.as_str())
        }
    };
    if streams && !around.stream {
        attrs.push((Cow::Borrowed("xmlns:stream"), ns::STREAMS));
        inside.stream = true;
    }

    let (mut foreign, mut numbers) = (Vec::new(), HashMap::new());
    let mut plain = Vec::new();
    for attr in &element.attrs {
        let local = attr.name.local.as_str();
        let name = match attr.name.ns.as_str() {
            "" => Cow::Borrowed(local),
            ns::XML => Cow::Owned(format!("xml:{local}")),
            ns::STREAMS => Cow::Owned(format!("stream:{local}")),
            namespace => {
                let prefix = numbers.entry(namespace).or_insert_with(|| {
                    let prefix = usual_prefix(namespace)
                        .map_or_else(|| format!("n{}", foreign.len()), str::to_owned);
                    foreign.push((prefix.clone(), namespace));
                    prefix
                });
                Cow::Owned(format!("{prefix}:{local}"))
            }
        };
        plain.push((name, attr.value.as_str()));
    }
    attrs.extend(
        foreign
            .into_iter()
            .map(|(prefix, namespace)| (Cow::Owned(format!("xmlns:{prefix}")), namespace)),
    );
    attrs.extend(plain);
    Qualified { tag, attrs, inside }
}
