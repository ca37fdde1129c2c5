//! Data forms (XEP-0004): written as Openfire writes them, read as clients submit them.

use stanza::{Element, escape, ns};

use super::tag::tag;

/// One field of a form that the service sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) var: &'static str,
    pub(super) kind: &'static str,
    /// Empty where the field is hidden.
    pub(super) label: &'static str,
    pub(super) options: Vec<&'static str>,
    pub(super) values: Vec<String>,
}

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

    /// The same field with a choice of values.
    pub(super) fn options(mut self, options: impl IntoIterator<Item = &'static str>) -> Self {
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
        let options: String =
            self.options.iter().map(|option| tag("option", &[], &value(option))).collect();
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

/// The form that a client submits inside `parent`.
pub(super) fn submitted(parent: &Element) -> Option<&Element> {
    parent.child(ns::DATA_FORMS, "x").filter(|form| form.attr("type") == Some("submit"))
}

/// The first value of each field of a submitted form, by the field's name.
pub(super) fn values(form: &Element) -> impl Iterator<Item = (&str, String)> {
    let fields = form.children().filter(|child| child.is(ns::DATA_FORMS, "field"));
    fields.filter_map(|field| {
        Some((field.attr("var")?, field.child(ns::DATA_FORMS, "value")?.text()))
    })
}

/// The first value of one field.
pub(super) fn value(form: &Element, var: &str) -> Option<String> {
    values(form).find(|(name, _)| *name == var).map(|(_, value)| value)
}

/// The value of a switch; `None` where it is absent or neither on nor off.
pub(super) fn flag(form: &Element, var: &str) -> Option<bool> {
    parse_flag(&value(form, var)?)
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
