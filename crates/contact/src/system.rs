//! Whether a server is in service.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// The state of one Finesse server, as its SystemInfo says it.
    SystemStatus, "status" {
        /// All is well.
        InService = "IN_SERVICE",
        /// It has lost the contact centre behind it; clients go to the other server.
        OutOfService = "OUT_OF_SERVICE",
    }
}
