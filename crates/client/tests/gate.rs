//! The reference client at the gate: as it is, it passes every case for clients; with each of its
//! faults it is caught by the cases that `cases/_sabotage-client.toml` names.

mod reference;

use std::path::Path;
use std::sync::Arc;

use finesse_client::Fault;
use reference::{Asking, Reference};
use rig::ClientRig;

fn rig() -> ClientRig {
    ClientRig::new(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_reference_client_passes_everything() {
    rig().play(Arc::new(Reference(None))).unwrap_or_else(|report| panic!("{report}"));
}

#[test]
fn the_reference_client_passes_everything_over_bosh() {
    rig().play_over_bosh(Arc::new(Reference(None))).unwrap_or_else(|report| panic!("{report}"));
}

#[test]
fn requests_for_system_info_disturb_no_case() {
    rig().play(Arc::new(Asking)).unwrap_or_else(|report| panic!("{report}"));
}

#[test]
fn the_table_of_faults_is_whole() {
    let faults = Fault::ALL.iter().map(ToString::to_string);
    rig().table_is_whole(faults).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn each_fault_is_noticed_by_its_cases() {
    let client = |fault: &str| -> Arc<dyn gate::Driver> {
        Arc::new(Reference(Some(fault.parse().unwrap_or_else(|error| panic!("{error}")))))
    };
    rig().sabotage(client).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// The same client as a program: process, environment, standard output, TCP, TLS, signals.
#[test]
fn as_a_program_it_passes_as_well() {
    let cases = [
        "bind/client-conflict-no-loop",
        "notify/client-state-event",
        "recovery/client-failover",
        "tls/client-sni-sent",
        "tls/client-unknown-authority",
    ];
    let client = Path::new(env!("CARGO_BIN_EXE_finesse-client"));
    rig().play_program(&[client], &cases).unwrap_or_else(|report| panic!("{report}"));
}
