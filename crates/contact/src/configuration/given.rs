//! Objects that a world file gives, and those of a fresh installation.

use textual::Position;

use super::object::Object;
use super::objects::Objects;
use super::schema::Kind;

/// The call variables on the desktop: the first in the head, all ten below.
const LAYOUT: &str = include_str!("default_layout.xml");

/// The desktop: one page for each role.
const DESKTOP: &str = include_str!("default_desktop.xml");

/// The CTI servers.
const SYSTEM: &str = "<SystemConfig><cti><host>cti1.example.test</host><port>42027</port>\
    <backupHost>cti2.example.test</backupHost><backupPort>43027</backupPort>\
    <peripheralId>5000</peripheralId><secure>false</secure></cti></SystemConfig>";

/// The database that knows the agents.
const DATABASE: &str = "<EnterpriseDatabaseConfig><host>awdb1.example.test</host>\
    <backupHost>awdb2.example.test</backupHost><port>1433</port>\
    <databaseName>ucce_awdb</databaseName><domain>example.test</domain>\
    <username>finesse</username><password>none</password></EnterpriseDatabaseConfig>";

/// No ECC variables: calls may have any.
const ECC: &str = "<ECCVariableConfig/>";

impl Objects {
    /// Adds an object as an administrator would send it. Returns its kind and number.
    ///
    /// # Errors
    ///
    /// The text is no object, or cannot stand beside the others; in words.
    pub(crate) fn add_text(&mut self, xml: &str) -> Result<(&'static Kind, u32), String> {
        let (kind, object) = object(xml)?;
        self.add(kind, object)
            .map(|id| (kind, id))
            .map_err(|conflict| format!("<{}> cannot be added: {conflict}", kind.one))
    }

    /// Adds the objects of a fresh installation that are not there.
    ///
    /// # Errors
    ///
    /// Another object has the name of one of them; in words.
    pub(crate) fn complete(&mut self) -> Result<(), String> {
        for xml in [LAYOUT, DESKTOP, ECC, SYSTEM, DATABASE] {
            let (kind, _) = object(xml)?;
            let is_there = match kind.is_single {
                true => !self.of(kind).is_empty(),
                false => self.default_of(kind).is_some(),
            };
            if !is_there {
                self.add_text(xml)?;
            }
        }
        Ok(())
    }
}

/// An object and its kind, which the root names.
fn object(xml: &str) -> Result<(&'static Kind, Object), String> {
    let xml = xml.trim();
    let element = stanza::parse(xml).map_err(|error| {
        let Position { line, column } = Position::of(xml, error.offset);
        format!("the XML of the object, line {line}, column {column}: {}", error.kind)
    })?;
    let root = element.name.local.as_str();
    let kind = Kind::named(root).filter(|kind| kind.one == root).ok_or_else(|| {
        let known: Vec<&str> = Kind::names().collect();
        format!("no object is called <{root}>: there is {}", known.join(", "))
    })?;
    let object = kind.read(&element, None).map_err(|unfit| unfit.to_string())?;
    Ok((kind, object))
}
