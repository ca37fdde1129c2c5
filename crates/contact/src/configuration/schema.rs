//! The schemas: the kinds of objects, and the fields of each.

use Content::{Document, Group, Host, Number, Secret, Text, Word};

/// The longest text of a field without a bound of its own, in characters.
const LONGEST: usize = 4096;

/// The most elements of one name beside each other, where Cisco names no number.
const MOST: usize = 100;

/// The element that every object shows, and that counts for nothing in a request.
pub(super) const URI: &str = "uri";

/// A kind of object.
#[derive(Debug)]
pub struct Kind {
    /// The element of one object; with its number, its path.
    pub one: &'static str,
    /// The element of a list, and its path; the path of the object where there is one.
    pub path: &'static str,
    /// Whether there is one object of the kind, which cannot be added or removed.
    pub is_single: bool,
    /// Whether CCE alone has it.
    pub is_of_cce: bool,
    pub(super) fields: &'static [Field],
}

/// A field of an object: an element below it.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) is_needed: bool,
    pub(super) content: Content,
}

/// The values that a field may hold.
#[derive(Debug)]
pub(super) enum Content {
    /// Text of at most so many characters.
    Text(usize),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number between these two.
    Number(u32, u32),
    /// The name or address of a host, other than that in the named field beside it.
    Host(&'static str),
    /// Text of at most so many characters, which is checked and not kept.
    Secret(usize),
    /// Text that is an XML document of its own, with this root.
    Document(&'static str),
    /// Elements, in at most so many groups.
    Group(&'static [Field], usize),
}

impl Kind {
    /// The kind of this element or path: of one object, or of the list.
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.one == name || kind.path == name)
    }

    /// The names of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|kind| kind.one)
    }
}

const fn needed(name: &'static str, content: Content) -> Field {
    Field { name, is_needed: true, content }
}

const fn may(name: &'static str, content: Content) -> Field {
    Field { name, is_needed: false, content }
}

const FLAG: Content = Word(&["true", "false"]);

// Cisco DevNet, "MediaPropertiesLayout".
const ENTRY: &[Field] = &[
    may("displayName", Text(50)),
    needed("mediaProperty", Text(64)),
    may("showInPopOver", FLAG),
    may("uiEditable", FLAG),
];
const LAYOUT: &[Field] = &[
    needed("name", Text(40)),
    may("description", Text(128)),
    may("type", Word(&["CUSTOM", "DEFAULT"])),
    may("header", Group(&[may("entry", Group(ENTRY, 1))], 1)),
    may("column", Group(&[may("entry", Group(ENTRY, 10))], 2)),
];

// Cisco DevNet, "Workflow".
const VARIABLE: &[Field] =
    &[needed("name", Text(32)), may("node", Text(500)), may("type", Word(&["CUSTOM", "SYSTEM"]))];
const TEST: &[Field] = &[
    needed("Variable", Group(VARIABLE, 1)),
    needed("comparator", Text(64)),
    may("value", Text(LONGEST)),
];
const TRIGGERS: &[Field] = &[
    may("type", Word(&["CUSTOM", "SYSTEM"])),
    needed("name", Text(64)),
    may("allowOverlappingCallWorkflow", FLAG),
    may("triggers", Group(&[may("Trigger", Group(TEST, MOST))], 1)),
];
const CONDITIONS: &[Field] = &[
    may("applyMethod", Word(&["ALL", "ANY"])),
    may("conditions", Group(&[may("Condition", Group(TEST, MOST))], 1)),
];
const WORKFLOW: &[Field] = &[
    needed("name", Text(40)),
    may("description", Text(128)),
    may("media", Text(64)),
    needed("TriggerSet", Group(TRIGGERS, 1)),
    may("ConditionSet", Group(CONDITIONS, 1)),
    may(
        "workflowActions",
        Group(
            &[may("WorkflowAction", Group(&[may("name", Text(64)), may(URI, Text(128))], MOST))],
            1,
        ),
    ),
];

// Cisco DevNet, "WorkflowAction API Parameters".
const PARAM: &[Field] = &[needed("name", Text(64)), may("value", Text(LONGEST))];
const ACTION_VARIABLE: &[Field] = &[
    needed("name", Text(32)),
    may("node", Text(500)),
    may("type", Word(&["CUSTOM", "SYSTEM"])),
    may("testValue", Text(128)),
];
const ACTION: &[Field] = &[
    needed("name", Text(64)),
    needed("type", Word(&["BROWSER_POP", "HTTP_REQUEST"])),
    may("handledBy", Word(&["FINESSE_DESKTOP", "OTHER"])),
    may("params", Group(&[may("Param", Group(PARAM, MOST))], 1)),
    may("actionVariables", Group(&[may("ActionVariable", Group(ACTION_VARIABLE, MOST))], 1)),
];

// Cisco DevNet, "MediaDomain", "ChatConfig", "ECCVariableConfig API Parameters".
const MEDIA_DOMAIN: &[Field] =
    &[needed("name", Text(64)), may("description", Text(128)), may("interruptible", FLAG)];
const CHAT: &[Field] = &[may("primaryNode", Text(255)), may("secondaryNode", Text(255))];
const ECC: &[Field] =
    &[may("ECCVariable", Group(&[needed("name", Text(64)), may("length", Number(1, 210))], MOST))];

// Cisco DevNet, "SystemConfig API Parameters", "ClusterConfig API Parameters",
// "EnterpriseDatabaseConfig API Parameters". They do not say which are needed: here those without
// which there is nothing to connect to. Neither do they say whether a password is shown.
const PORT: Content = Number(1, 65_535);
const CTI: &[Field] = &[
    needed("host", Host("")),
    needed("port", PORT),
    may("backupHost", Host("host")),
    may("backupPort", PORT),
    needed("peripheralId", Number(1, 32_767)),
    may("secure", FLAG),
];
const SYSTEM: &[Field] = &[needed("cti", Group(CTI, 1))];
const CLUSTER: &[Field] = &[needed("secondaryNode", Group(&[needed("host", Host(""))], 1))];
const DATABASE: &[Field] = &[
    needed("host", Host("")),
    may("backupHost", Host("host")),
    needed("port", PORT),
    needed("databaseName", Text(128)),
    may("domain", Text(255)),
    needed("username", Text(128)),
    needed("password", Secret(128)),
];

/// The root of a desktop's layout.
pub(super) const DESKTOP: &str = "finesseLayout";

// Cisco DevNet, "LayoutConfig".
const LAYOUT_CONFIG: &[Field] = &[needed("layoutxml", Document(DESKTOP))];

const KINDS: &[Kind] = &[
    many("MediaPropertiesLayout", "MediaPropertiesLayouts", LAYOUT),
    many("Workflow", "Workflows", WORKFLOW),
    many("WorkflowAction", "WorkflowActions", ACTION),
    many("MediaDomain", "MediaDomains", MEDIA_DOMAIN),
    single("ChatConfig", "ChatConfig", CHAT),
    single("ECCVariableConfig", "ECCVariableConfig", ECC),
    single("LayoutConfig", "LayoutConfig/default", LAYOUT_CONFIG),
    of_cce(single("SystemConfig", "SystemConfig", SYSTEM)),
    of_cce(single("ClusterConfig", "ClusterConfig", CLUSTER)),
    of_cce(single("EnterpriseDatabaseConfig", "EnterpriseDatabaseConfig", DATABASE)),
];

const fn many(one: &'static str, list: &'static str, fields: &'static [Field]) -> Kind {
    Kind { one, path: list, is_single: false, is_of_cce: false, fields }
}

const fn single(one: &'static str, path: &'static str, fields: &'static [Field]) -> Kind {
    Kind { one, path, is_single: true, is_of_cce: false, fields }
}

const fn of_cce(kind: Kind) -> Kind {
    Kind { is_of_cce: true, ..kind }
}
