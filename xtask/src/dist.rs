//! `cargo xtask dist`: the program for people without Rust, in an archive with its manual pages,
//! completions and licences, and the checksum of the archive.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::cargo::hide_ours;

/// The package, and the name of its program.
const PACKAGE: &str = "finesse-conformance";

/// The root of the workspace.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Programs that print the SHA-256 of a file before its name: GNU, and macOS.
const SUMS: [(&str, &[&str]); 2] = [("sha256sum", &[]), ("shasum", &["-a", "256"])];

/// Shells, and what the file with their completions is called.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "finesse-conformance.bash"),
    ("fish", "finesse-conformance.fish"),
    ("powershell", "_finesse-conformance.ps1"),
    ("zsh", "_finesse-conformance"),
];

const USAGE: &str = "\
usage: cargo xtask dist [--profile NAME] [--target TRIPLE] [--no-archive]

Builds the program for this machine, on Linux linked statically, and packs it for others into target/packed/.

  --profile NAME   the profile of the build [default: dist, which takes minutes]
  --target TRIPLE  a target that this machine can run [default: that of the compiler]
  --no-archive     leave out the archive; print the path of the program";

/// The requested archive.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    profile: String,
    target: Option<String>,
    has_archive: bool,
}

/// Runs the command with these arguments.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> io::Result<ExitCode> {
    let args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
    let plan = match plan(args) {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            say(USAGE);
            return Ok(ExitCode::SUCCESS);
        }
        Err(wrong) => return Err(io::Error::other(format!("{wrong}\n{USAGE}"))),
    };
    let target = match &plan.target {
        Some(target) => target.clone(),
        None => host()?,
    };
    let program = build(&plan, &target)?;
    if !plan.has_archive {
        say(&program.display().to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let archive = pack(&program, &target)?;
    let sum = checksum(&archive)?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let line = format!("{sum}  {name}\n");
    fs::write(format!("{}.sha256", archive.display()), &line)?;
    let size = |path: &Path| fs::metadata(path).map(|it| it.len() as f64 / f64::from(1 << 20));
    say(&format!(
        "{}  {:.1} MiB, the program {:.1} MiB\nsha256 {sum}",
        archive.display(),
        size(&archive)?,
        size(&program)?
    ));
    Ok(ExitCode::SUCCESS)
}

/// None: help is asked for.
fn plan(args: impl Iterator<Item = String>) -> Result<Option<Plan>, String> {
    let mut plan = Plan { profile: "dist".to_owned(), target: None, has_archive: true };
    let mut args = args;
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
        match arg.as_str() {
            "--profile" => plan.profile = value()?,
            "--target" => plan.target = Some(value()?),
            "--no-archive" => plan.has_archive = false,
            "-h" | "--help" => return Ok(None),
            _ => return Err(format!("unknown argument {arg}")),
        }
    }
    Ok(Some(plan))
}

/// The target of the compiler.
fn host() -> io::Result<String> {
    let said = output(Command::new("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| io::Error::other("rustc -vV names no host"))
}

/// Builds the program; returns its path.
fn build(plan: &Plan, target: &str) -> io::Result<PathBuf> {
    let Plan { profile, .. } = plan;
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.current_dir(ROOT).args(["rustc", "--locked", "--package", PACKAGE, "--bin", PACKAGE]);
    build.args(["--profile", profile]);
    if let Some(target) = &plan.target {
        build.args(["--target", target]);
    }
    if let Some(commit) = commit() {
        build.env("FINESSE_COMMIT", commit);
    }
    hide_ours(&mut build);
    // Only the program itself is linked, so only it needs the flags: all that it stands on is
    // shared with other builds, and macros stay dynamic, as the compiler wants them.
    build.arg("--").args(static_flags(target));
    if !build.status()?.success() {
        return Err(io::Error::other("the build failed"));
    }
    // `dev` is the one profile whose folder has another name.
    let folder = if profile == "dev" { "debug" } else { profile };
    let target_folder = std::env::var_os("CARGO_TARGET_DIR");
    let target_folder = target_folder.map_or_else(|| Path::new(ROOT).join("target"), PathBuf::from);
    let built = plan.target.iter().fold(target_folder, |folder, target| folder.join(target));
    built.join(folder).join(format!("{PACKAGE}{EXE_SUFFIX}")).canonicalize()
}

/// Flags of the compiler for a program that is static: on musl it is so by itself, and macOS has no
/// static system library.
fn static_flags(target: &str) -> &'static [&'static str] {
    // A program that is loaded at any address has a table of all places to adjust. Packed, it takes
    // a few bits an entry instead of 24 octets; glibc reads that since 2.36.
    const PACKED: &str = "link-arg=-Wl,-z,pack-relative-relocs";
    const STATIC: &str = "target-feature=+crt-static";
    if target.ends_with("-linux-gnu") {
        &["-C", STATIC, "-C", PACKED]
    } else if target.ends_with("-windows-msvc") {
        &["-C", STATIC]
    } else {
        &[]
    }
}

/// The commit, its day, and whether files differ from it.
fn commit() -> Option<String> {
    let git = |args: &[&str]| output(Command::new("git").current_dir(ROOT).args(args)).ok();
    let commit = git(&["log", "-1", "--format=%h %cs", "--abbrev=12"])?;
    let is_dirty = git(&["status", "--porcelain", "--untracked-files=no"])?.trim() != "";
    Some(format!("{}{}", commit.trim(), if is_dirty { ", changed" } else { "" }))
}

/// Packs the program with what belongs to it; returns the path of the archive.
fn pack(program: &Path, target: &str) -> io::Result<PathBuf> {
    let name = format!("{PACKAGE}-{}-{target}", env!("CARGO_PKG_VERSION"));
    let out = Path::new(ROOT).join("target/packed");
    let folder = out.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("completions"))?;
    fs::copy(program, folder.join(format!("{PACKAGE}{EXE_SUFFIX}")))?;
    for file in ["README.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(Path::new(ROOT).join(file), folder.join(file))?;
    }
    for (shell, file) in SHELLS {
        let script = output(Command::new(program).args(["completions", shell]))?;
        fs::write(folder.join("completions").join(file), script)?;
    }
    output(Command::new(program).args(["man", "--out"]).arg(folder.join("man/man1")))?;
    let is_windows = target.contains("-windows-");
    let archive = out.join(format!("{name}.{}", if is_windows { "zip" } else { "tar.gz" }));
    // The tar of Windows writes a zip where the name says so.
    let mut tar = Command::new("tar");
    tar.args(if is_windows { ["-a", "-cf"] } else { ["-c", "-zf"] });
    output(tar.arg(&archive).arg("-C").arg(&out).arg(&name))?;
    archive.canonicalize()
}

/// The SHA-256 of a file, in hexadecimal digits.
fn checksum(path: &Path) -> io::Result<String> {
    let mut wrong = io::Error::other("there is neither sha256sum nor shasum");
    for (program, args) in SUMS {
        match output(Command::new(program).args(args).arg(path)) {
            // GNU puts a backslash first where the name has one.
            Ok(said) => {
                let sum = said.trim_start_matches('\\').split(' ').next().unwrap_or_default();
                return Ok(sum.to_owned());
            }
            Err(error) => wrong = error,
        }
    }
    Err(wrong)
}

/// The standard output of a program that succeeds.
fn output(command: &mut Command) -> io::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |why: String| io::Error::other(format!("{name}: {why}"));
    let done =
        command.stderr(Stdio::inherit()).output().map_err(|error| failed(error.to_string()))?;
    if !done.status.success() {
        return Err(failed(done.status.to_string()));
    }
    String::from_utf8(done.stdout).map_err(|error| failed(error.to_string()))
}

#[expect(clippy::print_stdout, reason = "a program prints its own results")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Result<Option<Plan>, String> {
        plan(args.iter().map(|&arg| arg.to_owned()))
    }

    #[test]
    fn options_make_a_plan() {
        let usual = of(&[]).unwrap().unwrap();
        assert_eq!((usual.profile.as_str(), usual.has_archive), ("dist", true));
        let asked = of(&["--profile", "dev", "--target", "t", "--no-archive"]).unwrap().unwrap();
        let target = Some("t".to_owned());
        assert_eq!(asked, Plan { profile: "dev".to_owned(), target, has_archive: false });
        assert_eq!(of(&["--help"]), Ok(None));
        assert_eq!(of(&["--target"]), Err("--target wants a value".to_owned()));
        assert_eq!(of(&["--taget"]), Err("unknown argument --taget".to_owned()));
    }

    #[test]
    fn a_file_has_a_checksum() {
        let file = std::env::temp_dir().join(format!("xtask-sum-{}", std::process::id()));
        fs::write(&file, "abc").unwrap();
        let sum = checksum(&file);
        fs::remove_file(&file).unwrap();
        // FIPS 180-4, the example of the standard.
        let wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sum.unwrap(), wanted);
    }

    #[test]
    fn linux_is_static_and_so_is_the_library_of_windows() {
        let is_static = |target| static_flags(target).contains(&"target-feature=+crt-static");
        for target in
            ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc"]
        {
            assert!(is_static(target), "{target}");
        }
        for target in ["x86_64-unknown-linux-musl", "aarch64-apple-darwin", "x86_64-pc-windows-gnu"]
        {
            assert!(static_flags(target).is_empty(), "{target}");
        }
    }
}
