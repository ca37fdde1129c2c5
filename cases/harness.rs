//! `cargo test`: every case against every profile of the fake, in memory and on a clock that does
//! not wait, some of them over sockets, the orphans, and the table of sabotages.

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use rig::Rig;

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    // No case waits for real time.
    args.test_threads =
        args.test_threads.or_else(|| available_parallelism().ok().map(NonZero::get));
    let rig = match Rig::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))) {
        Ok(rig) => Arc::new(rig),
        Err(faults) => {
            let fault = Trial::test("the suite can be read", move || Err(Failed::from(faults)));
            return libtest_mimic::run(&args, vec![fault]).exit_code();
        }
    };
    let mut trials = vec![
        trial("snapshots", "orphans", &rig, Rig::orphans),
        trial("sabotage", "the table is whole", &rig, Rig::table_is_whole),
    ];
    for area in Rig::areas_over_sockets() {
        trials.push(trial("sockets", area, &rig, move |rig| rig.over_sockets(area)));
    }
    for switch in rig.sabotages() {
        let name = switch.clone();
        trials.push(trial("sabotage", &name, &rig, move |rig| rig.sabotage(&switch)));
    }
    for target in rig.targets() {
        for id in rig.cases() {
            let (rig, name) = (Arc::clone(&rig), target.to_owned());
            let test = Trial::ignorable_test(format!("{target}::{id}"), move || {
                match rig.play(&name, &id).map_err(Failed::from)? {
                    None => Ok(Completion::Completed),
                    Some(reason) => Ok(Completion::ignored_with(reason)),
                }
            });
            trials.push(test.with_kind("case"));
        }
    }
    libtest_mimic::run(&args, trials).exit_code()
}

fn trial(
    kind: &str,
    name: &str,
    rig: &Arc<Rig>,
    check: impl FnOnce(&Rig) -> Result<(), String> + Send + 'static,
) -> Trial {
    let rig = Arc::clone(rig);
    Trial::test(format!("{kind}::{name}"), move || check(&rig).map_err(Failed::from))
        .with_kind(kind)
}
