//! The surroundings of a handler.

use contact::World;

use crate::caller::Caller;
use crate::messages::Messages;
use crate::site::Site;

/// Everything that a handler reads and changes.
pub(crate) struct Desk<'a> {
    pub(crate) site: &'a Site<'a>,
    pub(crate) world: &'a mut World,
    pub(crate) messages: &'a mut Messages,
    pub(crate) caller: Option<Caller>,
}
