//! Whether a server is in service.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// The status of one Finesse server in its SystemInfo.
    SystemStatus, "status" {
        InService = "IN_SERVICE",
        /// The server has lost its contact centre; clients should go to the other server.
        OutOfService = "OUT_OF_SERVICE",
    }
}
