//! `--user` and `--users`: accounts on the command line.

use std::collections::HashMap;

use anyhow::bail;
use finesse_fake::UserRange;

/// `NAME:PASSWORD`. Has no `Debug`, so that the password cannot be printed by accident.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) password: String,
}

/// Parses `NAME:PASSWORD`; the error shows the form.
pub(super) fn account(text: &str) -> Result<Account, String> {
    match text.split_once(':') {
        Some((name, password)) if !name.is_empty() && !password.is_empty() => {
            Ok(Account { name: name.to_owned(), password: password.to_owned() })
        }
        _ => Err("wanted NAME:PASSWORD, e.g. 1001:secret".to_owned()),
    }
}

/// `PREFIX00001..05000:PASSWORD`. Has no `Debug`, for the same reason.
#[derive(Clone)]
pub(crate) struct Accounts {
    pub(crate) range: UserRange,
    pub(crate) password: String,
}

/// Parses `PREFIX00001..05000:PASSWORD`; the error shows the form.
pub(crate) fn accounts(text: &str) -> Result<Accounts, String> {
    match text.split_once(':') {
        Some((range, password)) if !password.is_empty() => {
            let range = range.parse().map_err(|error: finesse_fake::Error| error.to_string())?;
            Ok(Accounts { range, password: password.to_owned() })
        }
        _ => Err("wanted PREFIX00001..05000:PASSWORD, e.g. agent00001..05000:secret".to_owned()),
    }
}

/// Makes sure that no account is given twice: its password would depend on the order of options.
pub(super) fn check(user: &[Account], users: &[Accounts]) -> anyhow::Result<()> {
    let mut options: HashMap<String, String> = HashMap::new();
    let single = user.iter().map(|one| (format!("--user {}", one.name), vec![one.name.clone()]));
    let ranges = users
        .iter()
        .map(|many| (format!("--users {}", many.range), many.range.names().collect::<Vec<_>>()));
    for (option, names) in single.chain(ranges) {
        for name in names {
            if let Some(other) = options.insert(name.clone(), option.clone()) {
                bail!("{other} and {option} both have the account {name}: give it once");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(user: &[&str], users: &[&str]) -> Option<String> {
        let user: Vec<Account> = user.iter().filter_map(|text| account(text).ok()).collect();
        let users: Vec<Accounts> = users.iter().filter_map(|text| accounts(text).ok()).collect();
        check(&user, &users).err().map(|error| error.to_string())
    }

    #[test]
    fn no_account_is_given_twice() {
        assert_eq!(overlap(&["1:a", "2:a"], &["3..5:b", "a1..9:c", "a10..12:c"]), None);
        for (user, users, wanted) in [
            (
                &[][..],
                &["a01..10:x", "a08..12:y"][..],
                "--users a01..10 and --users a08..12 both have the account a08: give it once",
            ),
            (
                &["1003:x"],
                &["1001..1010:y"],
                "--user 1003 and --users 1001..1010 both have the account 1003: give it once",
            ),
            (&["1:x", "1:y"], &[], "--user 1 and --user 1 both have the account 1: give it once"),
        ] {
            assert_eq!(overlap(user, users).as_deref(), Some(wanted));
        }
    }
}
