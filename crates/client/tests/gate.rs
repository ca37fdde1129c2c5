//! The reference client at the gate: as it is, it passes every case for clients; with each of its faults it is caught by the
//! cases that `cases/_sabotage-client.toml` names.

use std::path::Path;
use std::sync::{Mutex, OnceLock};

use cli::GateRig;
use finesse_client::Fault;

/// How many faults are tried at once: with one, many cases only wait for their deadlines.
const AT_ONCE: usize = 2;

/// One rig, and one run at a time: a run has clients enough.
fn with_rig(check: impl FnOnce(&GateRig) -> Result<(), String>) {
    static RIG: OnceLock<Mutex<GateRig>> = OnceLock::new();
    let rig = RIG.get_or_init(|| {
        let start = Path::new(env!("CARGO_MANIFEST_DIR"));
        let client = Path::new(env!("CARGO_BIN_EXE_finesse-client"));
        Mutex::new(GateRig::new(start, client).unwrap_or_else(|error| panic!("{error}")))
    });
    let rig = rig.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    check(&rig).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_reference_client_passes_everything() {
    with_rig(GateRig::play);
}

#[test]
fn the_table_of_faults_is_whole() {
    with_rig(|rig| rig.table_is_whole(Fault::ALL.iter().map(ToString::to_string)));
}

#[test]
fn each_fault_is_noticed_by_its_cases() {
    with_rig(|rig| {
        let (left, wrong) = (Mutex::new(Fault::ALL.iter()), Mutex::new(Vec::new()));
        let next = || left.lock().ok().and_then(|mut left| left.next());
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    while let Some(fault) = next() {
                        if let Err(why) = rig.sabotage(&fault.to_string()) {
                            wrong.lock().unwrap().push(format!("== {fault}\n{why}"));
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner().unwrap();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    });
}
