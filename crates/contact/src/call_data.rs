//! The variables of calls, and the reasons of wrap-ups.

use crate::World;
use crate::refusal::{LONGEST, Refusal, check_length};

/// The most variables of one call.
const MOST_VARIABLES: usize = 64;

impl World {
    /// Sets a call variable. A new variable is added at the end.
    ///
    /// # Errors
    ///
    /// No call has the id, it has too many variables, or the name or value is too long.
    pub fn set_variable(&mut self, call: u64, name: &str, value: &str) -> Result<(), Refusal> {
        self.update_call_data(call, &[(name.to_owned(), value.to_owned())], None)
    }

    /// Sets the reason of the wrap-up, by its label.
    ///
    /// # Errors
    ///
    /// No call has the id, or the label is too long.
    pub fn set_wrap_up_reason(&mut self, call: u64, label: &str) -> Result<(), Refusal> {
        self.update_call_data(call, &[], Some(label))
    }

    /// Sets call variables, and the reason of the wrap-up if there is one; all or nothing.
    ///
    /// # Errors
    ///
    /// No call has the id, it would have too many variables, or a name, value or label is too long.
    pub fn update_call_data(
        &mut self,
        call: u64,
        values: &[(String, String)],
        wrap_up_reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let mut changed = self.call(call)?.variables.clone();
        for (name, value) in values {
            check_length("characters of a variable", name.len().max(value.len()), LONGEST)?;
            match changed.iter_mut().find(|(other, _)| other == name) {
                Some((_, old)) => value.clone_into(old),
                None => changed.push((name.clone(), value.clone())),
            }
        }
        check_length("variables of a call", changed.len(), MOST_VARIABLES)?;
        let label = wrap_up_reason.map_or(0, str::len);
        check_length("characters of a wrap-up reason", label, LONGEST)?;
        let known = self.call_mut(call)?;
        known.variables = changed;
        if let Some(label) = wrap_up_reason {
            known.wrap_up_reason = Some(label.to_owned());
        }
        self.put(call);
        Ok(())
    }
}
