//! The functions that tokens can call and the actions that `do` can carry out.

/// Something that is called with arguments.
#[derive(Debug)]
pub(crate) struct Signature {
    /// Its name.
    pub(crate) name: &'static str,
    /// Fewest and most arguments.
    pub(crate) arity: (usize, usize),
    /// How it is written.
    pub(crate) usage: &'static str,
}

/// Functions of tokens. Each makes a value where our side speaks and checks one where the other side does.
pub(crate) const FUNCTIONS: &[Signature] = &[
    Signature { name: "accept", arity: (1, 1), usage: "accept(key)" },
    Signature {
        name: "base64",
        arity: (1, usize::MAX),
        usage: "base64(16)` or `base64(\"text\", agent.password)",
    },
    Signature { name: "jid", arity: (1, 2), usage: "jid(agent, probe)" },
    Signature { name: "pad", arity: (1, 1), usage: "pad(126)" },
    Signature {
        name: "plain",
        arity: (2, 3),
        usage: "plain(user, password)` or `plain(authzid, user, password)",
    },
    Signature { name: "random", arity: (1, 1), usage: "random(8)" },
    Signature { name: "repeat", arity: (2, 2), usage: "repeat(\"x\", 1000)" },
];

/// Actions of `do`.
pub(crate) const ACTIONS: &[Signature] = &[
    Signature {
        name: "publish",
        arity: (2, 2),
        usage: "publish({node.open}, <x xmlns=\"urn:example:probe\">1</x>)",
    },
    Signature { name: "ring", arity: (2, 2), usage: "ring(agent, 4000)" },
    Signature { name: "state", arity: (2, 2), usage: "state(agent, READY)" },
    Signature { name: "systeminfo", arity: (1, 1), usage: "systeminfo(IN_SERVICE)" },
];

pub(crate) fn find(name: &str, list: &'static [Signature]) -> Option<&'static Signature> {
    list.iter().find(|signature| signature.name == name)
}

pub(crate) fn names(list: &'static [Signature]) -> impl Iterator<Item = &'static str> + Clone {
    list.iter().map(|signature| signature.name)
}

/// How many arguments, in words.
pub(crate) fn count(args: usize) -> String {
    if args == 1 { "1 argument".to_owned() } else { format!("{args} arguments") }
}
