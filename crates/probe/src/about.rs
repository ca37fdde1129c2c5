//! The few facts of a probe that a report about the server begins with.

use crate::{ProbeReport, ProbeStep, Recognised, StepOutcome};

impl ProbeReport {
    /// The facts as far as the probe came: name, value. The engine's settings are among them where
    /// they differ from those of a UCCX.
    pub fn about(&self) -> Vec<(&'static str, String)> {
        let step = |stage| {
            let is_it = |step: &&crate::StepReport| step.stage == stage;
            self.steps.iter().find(is_it).filter(|step| step.outcome == StepOutcome::Ok)
        };
        let mut about = vec![("address", self.url.clone())];
        if step(ProbeStep::Features).is_some() {
            let found = self.engine();
            about.push(("engine", found.summary));
            if let Recognised::Openfire(Some(known)) = &found.engine {
                let others = known.settings.iter().filter(|setting| !setting.as_uccx);
                about.extend(others.map(|one| {
                    ("setting", format!("{}, not as on UCCX: {}", one.setting, one.means))
                }));
            }
        }
        about.extend(step(ProbeStep::SystemInfo).map(|system| ("SystemInfo", system.said.clone())));
        about.extend(self.facts.domain.clone().map(|domain| ("XMPP domain", domain)));
        about.extend(self.facts.pubsub.clone().map(|pubsub| ("publish-subscribe service", pubsub)));
        if let Some(tls) = step(ProbeStep::Tls) {
            about.push(("TLS", tls.said.clone()));
            let valid = tls.details.iter().find(|(label, _)| *label == "valid");
            about.extend(valid.map(|(_, valid)| ("certificate", valid.clone())));
        }
        about
    }
}
