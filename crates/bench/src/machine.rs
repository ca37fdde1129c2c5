//! The machine and build behind the figures, needed to compare them.

use serde_json::{Value, json};

/// This machine and this build.
pub(crate) struct Machine {
    cores: usize,
    processor: Option<String>,
    system: String,
    compiler: Option<String>,
    /// Load average of the last minute before the measurement.
    load: Option<f64>,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let system =
            format!("{} {} {}", std::env::consts::OS, kernel.trim(), std::env::consts::ARCH);
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: processor(),
            system: system.split_whitespace().collect::<Vec<_>>().join(" "),
            compiler: first_line("rustc", &["--version"]),
            load: load(),
        }
    }

    pub(crate) fn line(&self) -> String {
        let mut parts = vec![format!(
            "finesse-conformance {}, {} build, {} cores",
            env!("CARGO_PKG_VERSION"),
            build(),
            self.cores
        )];
        parts.extend(self.processor.clone());
        parts.push(self.system.clone());
        parts.extend(self.compiler.clone());
        parts.extend(self.load.map(|before| match load() {
            Some(after) => format!("load {before:.2} before, {after:.2} after"),
            None => format!("load {before:.2}"),
        }));
        parts.join(", ")
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "build": build(),
            "cores": self.cores,
            "processor": self.processor,
            "system": self.system,
            "compiler": self.compiler,
            "load_before": self.load,
            "load_after": load(),
        })
    }
}

fn build() -> &'static str {
    if cfg!(debug_assertions) { "debug" } else { "release" }
}

fn processor() -> Option<String> {
    let of_linux = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    of_linux().or_else(|| first_line("sysctl", &["-n", "machdep.cpu.brand_string"]))
}

fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The first line of a program's output; none if there is no such program.
fn first_line(program: &str, args: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .next()
        .map(str::to_owned)
        .filter(|line| output.status.success() && !line.is_empty())
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident(pid: u32) -> Option<f64> {
    let of_linux = || {
        let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    // Both sources count in KiB.
    let kib = of_linux().or_else(|| {
        first_line("ps", &["-o", "rss=", "-p", &pid.to_string()])?.trim().parse().ok()
    })?;
    Some(kib * 1024.0)
}

/// Processor time of all threads of a process so far, in seconds; only on Linux.
pub(crate) fn processor_time(pid: u32) -> Option<f64> {
    let mut nanos = None;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread may end while it is looked at. The first number is its time on a processor, in
        // nanoseconds.
        let Ok(text) = std::fs::read_to_string(thread.ok()?.path().join("schedstat")) else {
            continue;
        };
        nanos = Some(nanos.unwrap_or(0.0) + text.split_whitespace().next()?.parse::<f64>().ok()?);
    }
    Some(nanos? / 1e9)
}
