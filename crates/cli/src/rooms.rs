//! The map of the crates, from their manifests: description and dependencies.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use toml::Table;

/// A crate of the workspace.
struct Room {
    /// The package name, by which other manifests refer to the crate.
    package: String,
    description: String,
    dependencies: Vec<String>,
}

/// A table of the crates below `root`, dependencies before dependents.
///
/// # Errors
///
/// A manifest cannot be read, or has no description.
pub(crate) fn rooms(root: &Path) -> anyhow::Result<String> {
    let rooms = read(root)?;
    let folder = |package: &str| rooms.iter().find(|(_, room)| room.package == package);
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    while depths.len() < rooms.len() {
        let before = depths.len();
        for (name, room) in &rooms {
            let below = room.dependencies.iter().filter_map(|package| folder(package));
            let below: Option<Vec<usize>> =
                below.map(|(name, _)| depths.get(name.as_str()).copied()).collect();
            if let Some(below) = below {
                depths.insert(name, below.into_iter().max().map_or(0, |depth| depth + 1));
            }
        }
        anyhow::ensure!(depths.len() > before, "the crates depend on each other in a circle");
    }
    let mut names: Vec<(usize, &str)> =
        depths.into_iter().map(|(name, depth)| (depth, name)).collect();
    names.sort_unstable();
    let mut text = String::from("| crate | what it is | knows |\n| --- | --- | --- |\n");
    for (_, name) in names {
        let room = &rooms[name];
        let mut known: Vec<String> = room
            .dependencies
            .iter()
            .filter_map(|package| folder(package))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        known.sort_unstable();
        text += &format!("| `{name}` | {} | {} |\n", room.description, known.join(", "));
    }
    Ok(text)
}

/// The crates by folder, without the fuzz targets, which are outside the workspace.
fn read(root: &Path) -> anyhow::Result<BTreeMap<String, Room>> {
    let mut rooms = BTreeMap::new();
    for entry in std::fs::read_dir(root.join("crates")).context("crates")? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let manifest = path.join("Cargo.toml");
        if name == "fuzz" || !manifest.is_file() {
            continue;
        }
        let manifest: Table = std::fs::read_to_string(manifest)?.parse().context(name.clone())?;
        let text = |key: &str| {
            let value = manifest.get("package").and_then(|package| package.get(key)?.as_str());
            value.map(str::to_owned).with_context(|| format!("crates/{name}: no {key}"))
        };
        let everywhere = manifest.get("dependencies");
        let on_some = manifest.get("target").and_then(toml::Value::as_table).into_iter();
        let on_some = on_some.flat_map(Table::values).map(|system| system.get("dependencies"));
        let tables = on_some.chain([everywhere]).flatten().filter_map(toml::Value::as_table);
        let dependencies = tables.flat_map(|table| table.keys().cloned()).collect();
        let (package, description) = (text("name")?, text("description")?);
        rooms.insert(name, Room { package, description, dependencies });
    }
    Ok(rooms)
}
