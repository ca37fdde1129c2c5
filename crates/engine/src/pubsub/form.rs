//! Data forms (XEP-0004): written as Openfire writes them, read as clients submit them.

use std::borrow::Cow;

use stanza::{Element, escape, ns};

use super::tag::tag;

/// One field of a form that the service sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) var: &'static str,
    pub(super) kind: &'static str,
    /// Empty where the field is hidden.
    pub(super) label: &'static str,
    /// Values to choose from, with their labels, which may be empty.
    pub(super) options: Vec<(&'static str, &'static str)>,
    pub(super) values: Vec<String>,
}

/// The type of the form of publish-options.
pub(super) const PUBLISH_OPTIONS: &str = "http://jabber.org/protocol/pubsub#publish-options";

/// How much of the fields a form shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Types, labels and options, to be filled in.
    Full,
    /// Names and values alone.
    Values,
}

impl Field {
    /// A field with one value.
    pub(super) fn text(
        var: &'static str,
        kind: &'static str,
        label: &'static str,
        value: &str,
    ) -> Self {
        Self { values: vec![value.to_owned()], ..Self::empty(var, kind, label) }
    }

    /// A switch.
    pub(super) fn flag(var: &'static str, label: &'static str, on: bool) -> Self {
        Self::text(var, "boolean", label, if on { "1" } else { "0" })
    }

    /// A field without value.
    pub(super) fn empty(var: &'static str, kind: &'static str, label: &'static str) -> Self {
        Self { var, kind, label, options: Vec::new(), values: Vec::new() }
    }

    /// The same field with these values.
    pub(super) fn values<T: ToString>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.values = values.into_iter().map(|value| value.to_string()).collect();
        self
    }

    /// The same field with a choice of values.
    pub(super) fn options(self, options: impl IntoIterator<Item = &'static str>) -> Self {
        self.labelled(options.into_iter().map(|option| (option, "")))
    }

    /// The same field with a choice of values that have labels.
    pub(super) fn labelled(
        mut self,
        options: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Self {
        self.options = options.into_iter().collect();
        self
    }

    fn xml(&self, detail: Detail) -> String {
        let value = |text: &str| format!("<value>{}</value>", escape::text(text));
        let values: String = self.values.iter().map(|text| value(text)).collect();
        if detail == Detail::Values {
            return tag("field", &[("var", self.var)], &values);
        }
        let mut attributes = vec![("var", self.var), ("type", self.kind)];
        if !self.label.is_empty() {
            attributes.push(("label", self.label));
        }
        let option = |(option, label): &(&str, &str)| {
            let label = (!label.is_empty()).then_some(("label", *label));
            tag("option", label.as_slice(), &value(option))
        };
        let options: String = self.options.iter().map(option).collect();
        tag("field", &attributes, &format!("{options}{values}"))
    }
}

/// A form to be filled in.
pub(super) fn form(title: &str, instructions: &str, form_type: &str, fields: &[Field]) -> String {
    let head = tag("title", &[], &escape::text(title))
        + &tag("instructions", &[], &escape::text(instructions));
    write("form", &head, form_type, fields, Detail::Full)
}

/// A form that tells how things are.
pub(super) fn result(form_type: &str, fields: &[Field], detail: Detail) -> String {
    write("result", "", form_type, fields, detail)
}

/// A form as a client submits it.
pub(super) fn submission(form_type: &str, fields: &[(&str, &str)]) -> Element {
    let field = |var: &str, value: &str| {
        Element::new(ns::DATA_FORMS, "field")
            .with_attr("var", var)
            .with_child(Element::new(ns::DATA_FORMS, "value").with_text(value))
    };
    let form = Element::new(ns::DATA_FORMS, "x")
        .with_attr("type", "submit")
        .with_child(field("FORM_TYPE", form_type));
    fields.iter().fold(form, |form, (var, value)| form.with_child(field(var, value)))
}

/// The form inside `parent`, of whatever type.
pub(super) fn within(parent: &Element) -> Option<&Element> {
    parent.child(ns::DATA_FORMS, "x")
}

/// The form that a client submits inside `parent`.
pub(super) fn submitted(parent: &Element) -> Option<&Element> {
    within(parent).filter(|form| form.attr("type") == Some("submit"))
}

/// The options that a client gives with a publication: a submitted form that says that it is one of
/// these (XEP-0060 §7.1.5).
pub(super) fn publish_options(parent: &Element) -> Option<&Element> {
    submitted(parent).filter(|form| value(form, "FORM_TYPE").as_deref() == Some(PUBLISH_OPTIONS))
}

/// A configuration, with the fields of publish-options in the place of its own
/// (`PubSubEngine.createNodeHelper`).
pub(super) fn merged<'f>(
    configuration: Option<&'f Element>,
    options: Option<&'f Element>,
) -> Option<Cow<'f, Element>> {
    let (Some(configuration), Some(options)) = (configuration, options) else {
        return configuration.or(options).map(Cow::Borrowed);
    };
    let names: Vec<&str> = all_values(options).map(|(var, _)| var).collect();
    let is_kept = |child: &&Element| child.attr("var").is_none_or(|var| !names.contains(&var));
    let mut merged = Element::new(ns::DATA_FORMS, "x");
    if let Some(kind) = configuration.attr("type") {
        merged = merged.with_attr("type", kind);
    }
    let fields = configuration.children().filter(is_kept).chain(options.children());
    Some(Cow::Owned(fields.fold(merged, |merged, field| merged.with_child(field.clone()))))
}

/// The values of each field of a form, by the field's name; fields of one name one by one.
pub(super) fn all_values(form: &Element) -> impl Iterator<Item = (&str, Vec<String>)> {
    let fields = form.children().filter(|child| child.is(ns::DATA_FORMS, "field"));
    fields.filter_map(|field| {
        let values = field.children().filter(|child| child.is(ns::DATA_FORMS, "value"));
        Some((field.attr("var")?, values.map(Element::text).collect()))
    })
}

/// The values of one field, of the first that has this name.
pub(super) fn field(form: &Element, var: &str) -> Option<Vec<String>> {
    all_values(form).find(|(name, _)| *name == var).map(|(_, values)| values)
}

/// The first value of one field.
pub(super) fn value(form: &Element, var: &str) -> Option<String> {
    field(form, var)?.into_iter().next()
}

/// The value of a switch; `None` where it is absent or neither on nor off.
pub(super) fn flag(form: &Element, var: &str) -> Option<bool> {
    parse_flag(&value(form, var)?)
}

/// The value of a switch, on where there is none; `None` where it is neither on nor off.
pub(super) fn switched(value: Option<&str>) -> Option<bool> {
    value.filter(|value| !value.is_empty()).map_or(Some(true), parse_flag)
}

/// Reads a boolean in its four spellings (XEP-0004 §3.3).
pub(super) fn parse_flag(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn write(kind: &str, head: &str, form_type: &str, fields: &[Field], detail: Detail) -> String {
    let form_type = Field::text("FORM_TYPE", "hidden", "", form_type).xml(Detail::Full);
    let fields: String = fields.iter().map(|field| field.xml(detail)).collect();
    tag("x", &[("xmlns", ns::DATA_FORMS), ("type", kind)], &format!("{head}{form_type}{fields}"))
}
