//! The setup of a lab: port, accounts, and variables of its target file.

use std::collections::BTreeMap;
use std::io;

use remote::{Access, Account};
use runner::{Endpoint, Target, fresh_password};

use crate::folder::LabFolder;
use crate::{HOST, Implementation, LabError};

/// Settings of a server.
pub(crate) struct Setup<'a> {
    pub(crate) folder: &'a LabFolder,
    pub(crate) port: u16,
    pub(crate) domain: String,
    pub(crate) accounts: Vec<Account>,
    /// The account that may make nodes.
    pub(crate) publisher: String,
}

/// The accounts of the target file, with the publisher.
pub(crate) fn accounts(access: &Access) -> Vec<Account> {
    access.accounts.values().chain(&access.publisher).cloned().collect()
}

/// A port that is free at the moment.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind((HOST, 0))?.local_addr()?.port())
}

/// A value for each variable of the target file, by the end of its name. Passwords are random.
pub(crate) fn variables(
    engine: Implementation,
    target: &Target,
    port: u16,
    folder: &LabFolder,
) -> Result<BTreeMap<String, String>, LabError> {
    let Endpoint::Server(server) = &target.endpoint else {
        return Err(LabError::Target(format!("target {engine} is not a server")));
    };
    let unset = server.unset(&|_| None);
    let value = |name: String| {
        let value = match name.rsplit('_').next().unwrap_or_default() {
            "PORT" => port.to_string(),
            "TEST" => HOST.to_owned(),
            "TRUST" => folder.authority().display().to_string(),
            "PASSWORD" => fresh_password(),
            _ => {
                return Err(LabError::Target(format!(
                    "target {engine} needs {name}, but a lab sets only …_PORT, …_I_MAY_TEST, …_TRUST, …_PASSWORD"
                )));
            }
        };
        Ok((name, value))
    };
    unset.required.into_iter().chain(unset.optional).map(value).collect()
}
