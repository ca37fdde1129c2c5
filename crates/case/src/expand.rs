//! Expansion: each `use` is replaced by the steps of its fragment.

use crate::fill::Arguments;
use crate::visit::steps;
use crate::{
    Arg, Branch, Call, Case, Code, Diagnostic, Fragment, Item, Library, Step, StepKind, function,
    suggest,
};

impl Library {
    /// The body of a case with each `use` replaced by [`StepKind::Used`]. The captures of a
    /// fragment get names of their own in each use, so that two uses, or a use and the case, do not
    /// share values.
    ///
    /// # Errors
    ///
    /// A fragment does not exist, takes other arguments, or uses a fragment itself.
    pub fn expand(&self, case: &Case) -> Result<Vec<Item>, Vec<Diagnostic>> {
        let mut expander = Expander { library: self, case, uses: 0, diagnostics: Vec::new() };
        let body = expander.items(&case.body);
        if expander.diagnostics.is_empty() { Ok(body) } else { Err(expander.diagnostics) }
    }
}

struct Expander<'a> {
    library: &'a Library,
    case: &'a Case,
    uses: u32,
    diagnostics: Vec<Diagnostic>,
}

impl Expander<'_> {
    fn items(&mut self, items: &[Item]) -> Vec<Item> {
        items
            .iter()
            .map(|item| match item {
                Item::Step(step) => Item::Step(self.step(step)),
                other => other.clone(),
            })
            .collect()
    }

    fn step(&mut self, step: &Step) -> Step {
        let kind = match &step.kind {
            StepKind::Use(call) => self.used(call).unwrap_or_else(|| step.kind.clone()),
            StepKind::AnyOrder(body) => StepKind::AnyOrder(self.items(body)),
            StepKind::Finally(body) => StepKind::Finally(self.items(body)),
            StepKind::OneOf { short, branches } => StepKind::OneOf {
                short: short.clone(),
                branches: branches
                    .iter()
                    .map(|branch| Branch { body: self.items(&branch.body), ..branch.clone() })
                    .collect(),
            },
            other => other.clone(),
        };
        Step { kind, ..step.clone() }
    }

    fn used(&mut self, call: &Call) -> Option<StepKind> {
        let name = &call.name;
        let Some(fragment) = self.library.fragments.get(&name.value) else {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::UnknownFragment,
                    &self.case.source,
                    name.span.clone(),
                    format!("there is no fragment `{}`", name.value),
                )
                .help(suggest::help(
                    &name.value,
                    self.library.fragments.keys().map(String::as_str),
                )),
            );
            return None;
        };
        if let Some(wrong) = wrong_arguments(fragment, call) {
            let params: Vec<&str> =
                fragment.params.iter().map(|param| param.value.as_str()).collect();
            self.diagnostics.push(
                Diagnostic::error(
                    Code::FragmentArguments,
                    &self.case.source,
                    name.span.clone(),
                    wrong,
                )
                .help(format!("write `use {}({})`", name.value, params.join(", "))),
            );
            return None;
        }
        if let Some(nested) = nested(fragment) {
            self.diagnostics.push(nested);
            return None;
        }
        self.uses += 1;
        let arguments = Arguments::new(fragment, call, self.uses);
        let body = arguments.items(&fragment.body);
        Some(StepKind::Used { call: call.clone(), owner: fragment.owner.value.clone(), body })
    }
}

fn wrong_arguments(fragment: &Fragment, call: &Call) -> Option<String> {
    if call.args.len() != fragment.params.len() {
        return Some(format!(
            "`{}` does not take {}",
            call.name.value,
            function::count(call.args.len())
        ));
    }
    let not_words = call.args.iter().any(|arg| matches!(arg.value, Arg::Xml(_)));
    not_words.then(|| format!("`{}` does not take XML", call.name.value))
}

/// The diagnostic for a fragment that uses a fragment.
pub(crate) fn nested(fragment: &Fragment) -> Option<Diagnostic> {
    let mut found = None;
    steps(&fragment.body, &mut |step| {
        if let (StepKind::Use(call), None) = (&step.kind, &found) {
            found = Some(
                Diagnostic::error(
                    Code::FragmentNested,
                    &fragment.source,
                    call.name.span.clone(),
                    "a fragment that uses a fragment",
                )
                .help(
                    "write the steps out: the reader of a case should need one other file at most",
                ),
            );
        }
    });
    found
}
