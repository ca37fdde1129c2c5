//! The functions that tokens can call and the actions that `do` can carry out.

/// The name and arguments of a function or an action.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// Fewest and most arguments.
    pub(crate) arity: (usize, usize),
    /// The form shown in help lines.
    pub(crate) usage: &'static str,
}

/// Functions of tokens. On our own lines they make values; on lines of the other side they check
/// values.
pub(crate) const FUNCTIONS: &[Signature] = &[
    Signature { name: "accept", arity: (1, 1), usage: "accept(key)" },
    Signature {
        name: "base64",
        arity: (1, usize::MAX),
        usage: "base64(16)` or `base64(\"text\", agent.password)",
    },
    Signature { name: "basic", arity: (2, 2), usage: "basic(agent.user, agent.password)" },
    Signature { name: "jid", arity: (1, 2), usage: "jid(agent, probe)" },
    Signature { name: "next", arity: (1, 1), usage: "next(rid)" },
    Signature { name: "pad", arity: (1, 1), usage: "pad(126)" },
    Signature {
        name: "plain",
        arity: (2, 3),
        usage: "plain(user, password)` or `plain(authzid, user, password)",
    },
    Signature { name: "random", arity: (1, 1), usage: "random(8)" },
    Signature { name: "repeat", arity: (2, 2), usage: "repeat(\"x\", 1000)" },
];

/// Actions of `do`. But for `publish`, `fault`, `systeminfo` and `application`, the first argument
/// is an account.
pub(crate) const ACTIONS: &[Signature] = &[
    Signature { name: "answer", arity: (1, 1), usage: "answer(agent)" },
    Signature {
        name: "application",
        arity: (1, 1),
        usage: "application(AWAY)` or `application(BACK)",
    },
    Signature { name: "caller-hangs-up", arity: (1, 1), usage: "caller-hangs-up(agent)" },
    Signature { name: "fault", arity: (1, 1), usage: "fault(\"drop-tcp after=success times=1\")" },
    Signature { name: "hang-up", arity: (1, 1), usage: "hang-up(agent)" },
    Signature { name: "hold", arity: (1, 1), usage: "hold(agent)" },
    Signature {
        name: "publish",
        arity: (2, 2),
        usage: "publish({node.open}, <x xmlns=\"urn:example:probe\">1</x>)",
    },
    Signature { name: "request", arity: (2, 3), usage: "request(agent, NOT_READY, request-1)" },
    Signature { name: "retrieve", arity: (1, 1), usage: "retrieve(agent)" },
    Signature { name: "ring", arity: (2, 2), usage: "ring(agent, 4000)" },
    Signature {
        name: "state",
        arity: (2, 3),
        usage: "state(agent, READY)` or `state(agent, NOT_READY, 1)",
    },
    Signature { name: "systeminfo", arity: (1, 1), usage: "systeminfo(IN_SERVICE)" },
];

/// Actions whose first argument is no account.
const WITHOUT_ACCOUNT: [&str; 4] = ["publish", "fault", "systeminfo", "application"];

/// Whether the first argument of an action is an account.
pub(crate) fn acts_for_account(action: &str) -> bool {
    !WITHOUT_ACCOUNT.contains(&action)
}

pub(crate) fn find(name: &str, list: &'static [Signature]) -> Option<&'static Signature> {
    list.iter().find(|signature| signature.name == name)
}

pub(crate) fn names(list: &'static [Signature]) -> impl Iterator<Item = &'static str> + Clone {
    list.iter().map(|signature| signature.name)
}

/// A number of arguments in words.
pub(crate) fn count(args: usize) -> String {
    if args == 1 { "1 argument".to_owned() } else { format!("{args} arguments") }
}
