//! An object of configuration: read by the schema of its kind, and written again.

use stanza::Element;

use super::read;
use super::schema::{Kind, URI};
use super::unfit::Unfit;
use crate::tree::Tree;

/// An object of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Names it in requests, from 1; 0 for one that has no number.
    pub id: u32,
    /// Its fields, in the order of the schema.
    pub(super) fields: Vec<Tree>,
}

impl Kind {
    /// Reads an object. `before` is the object that a request changes: fields that are left out
    /// stay as they are (Developer Guide 12.5, page 296). The one object of a kind is set as a
    /// whole.
    ///
    /// # Errors
    ///
    /// A field is missing, too long, none of its words, or without a meaning.
    pub fn read(&self, element: &Element, before: Option<&Object>) -> Result<Object, Unfit> {
        let before = before.filter(|_| !self.is_single);
        let given = read::fields(element, self.one, self.fields, before.is_some())?;
        let Some(before) = before else { return Ok(Object { id: 0, fields: given }) };
        let mut fields = Vec::new();
        for field in self.fields {
            let of = |list: &[Tree]| -> Vec<Tree> {
                list.iter().filter(|tree| tree.name() == field.name).cloned().collect()
            };
            let new = of(&given);
            fields.extend(if new.is_empty() { of(&before.fields) } else { new });
        }
        Ok(Object { id: before.id, fields })
    }

    /// The document of an object.
    pub fn document(&self, object: &Object) -> Tree {
        let path = match self.is_single {
            true => self.path.to_owned(),
            false => format!("{}/{}", self.one, object.id),
        };
        let uri = Tree::leaf(URI, format!("/finesse/api/{path}"));
        Tree::branch(self.one, [uri].into_iter().chain(object.fields.iter().cloned()))
    }
}

impl Object {
    /// The text of a field at the top, or nothing.
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|tree| tree.name() == name).map_or("", Tree::text)
    }

    /// Whether it is the object that counts where no other does.
    pub fn is_default(&self) -> bool {
        self.text("type") == "DEFAULT"
    }

    /// The names of ECC variables, of their configuration.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.fields.iter().flat_map(Tree::elements).filter(|it| it.name() == "name");
        names.map(|name| name.text().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Element {
        stanza::parse(text).expect("XML")
    }

    #[test]
    fn an_object_is_written_as_it_was_read() {
        let text = "<Workflow><description>d</description><name>pop</name><TriggerSet>\
                    <name>CALL_ARRIVES</name></TriggerSet></Workflow>";
        let kind = Kind::named("Workflows").expect("a kind");
        let mut object = kind.read(&parsed(text), None).expect("it fits");
        object.id = 7;
        let shown: String = kind.document(&object).to_string().split_whitespace().collect();
        assert_eq!(
            shown,
            "<Workflow><uri>/finesse/api/Workflow/7</uri><name>pop</name>\
             <description>d</description><TriggerSet>\
             <name>CALL_ARRIVES</name></TriggerSet></Workflow>"
        );
        let again = kind.read(&parsed(&kind.document(&object).to_string()), None);
        assert_eq!(again.map(|it| it.fields), Ok(object.fields.clone()));
        let changed = parsed("<Workflow><description>e</description></Workflow>");
        let changed = kind.read(&changed, Some(&object)).expect("one field is enough");
        assert_eq!(
            (changed.id, changed.text("name"), changed.text("description")),
            (7, "pop", "e")
        );
    }

    #[test]
    fn a_mistake_names_its_field() {
        let kind = Kind::named("WorkflowAction").expect("a kind");
        let said = |text: &str| kind.read(&parsed(text), None).expect_err(text).to_string();
        for (text, wanted) in [
            ("<WorkflowAction/>", "<name> is missing in <WorkflowAction>"),
            (
                "<WorkflowAction><name>a</name><type>POP</type></WorkflowAction>",
                "<type> of <WorkflowAction> cannot be \"POP\": there is BROWSER_POP, HTTP_REQUEST",
            ),
            (
                "<WorkflowAction><name>a<b/></name></WorkflowAction>",
                "<b> has no meaning in <name>, which holds text",
            ),
            (
                "<WorkflowAction><nam>a</nam></WorkflowAction>",
                "<nam> has no meaning in <WorkflowAction>: there is name, type, handledBy",
            ),
            (
                "<WorkflowAction><name>a</name><type>BROWSER_POP</type>\
                 <params><Param><value>x</value></Param></params></WorkflowAction>",
                "<name> is missing in <Param>",
            ),
        ] {
            assert!(said(text).starts_with(wanted), "{}", said(text));
        }
        let long = format!("<WorkflowAction><name>{}</name></WorkflowAction>", "é".repeat(65));
        assert!(said(&long).contains("more than 64 characters"));
    }
}
