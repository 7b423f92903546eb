//! The compiler's JSON docs of tokio and of our crates: made by cargo, read whole.
//!
//! The format is the compiler's and unstable, so it is read as plain JSON, and only what is asked for has to be there.
//!
//! Go: none — cmd/api does this for Go, with the compiler's own packages.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version of tokio whose surface is the measure.
pub(crate) const TOKIO: &str = "1.54.1";

/// The crates of ours from which the facade re-exports.
const OURS: [&str; 4] = ["gmp-task", "gmp-sched", "gmp-arch", "gmp"];

/// The docs of one crate.
#[derive(Debug)]
pub(crate) struct Crate {
    /// As paths name it.
    pub(crate) name: String,
    /// The id of its root module.
    pub(crate) root: String,
    index: Map<String, Value>,
    paths: Map<String, Value>,
    /// The items that are this crate's own, by the path of their definition.
    by_definition: HashMap<String, String>,
}

impl Crate {
    fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut docs: Value = serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let root = docs["root"].to_string();
        let mut table = |name: &str| match docs[name].take() {
            Value::Object(table) => Ok(table),
            _ => Err(format!("{}: no table {name:?}: another format than was known here", file.display())),
        };
        let index = table("index")?;
        let paths = table("paths")?;
        let name = index[&root]["name"].as_str().unwrap_or_default().to_owned();
        let by_definition = paths
            .iter()
            .filter(|(id, summary)| summary["crate_id"] == 0 && index.contains_key(id.as_str()))
            .map(|(id, summary)| (joined(summary), id.clone()))
            .collect();
        Ok(Self { name, root, index, paths, by_definition })
    }

    /// The item with this id, if it is in this crate's docs.
    pub(crate) fn item(&self, id: &str) -> Option<&Value> {
        self.index.get(id)
    }

    /// Everything documented.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.index.iter().map(|(id, item)| (id.as_str(), item))
    }

    /// Where the item with this id, of this crate or another, is defined.
    pub(crate) fn definition(&self, id: &str) -> Option<String> {
        self.paths.get(id).map(joined)
    }

    /// What the item with this id is, if it has a path.
    pub(crate) fn kind(&self, id: &str) -> Option<&str> {
        self.paths.get(id)?["kind"].as_str()
    }

    /// The item that is defined at this path.
    pub(crate) fn defined_at(&self, path: &str) -> Option<&str> {
        self.by_definition.get(path).map(String::as_str)
    }
}

fn joined(summary: &Value) -> String {
    let parts = summary["path"].as_array().into_iter().flatten();
    parts.filter_map(Value::as_str).collect::<Vec<_>>().join("::")
}

/// The docs of a facade and of what it re-exports from.
#[derive(Debug)]
pub(crate) struct Docs {
    /// The facade first, then what it re-exports from.
    pub(crate) crates: Vec<Crate>,
}

/// Where the compiler puts its output; not the workspace's own folder, for the flags would rebuild that each time.
fn target() -> PathBuf {
    let base = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    base.join("surface")
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("crates/gmp-surface is two below the root").to_owned()
}

/// A package that depends on tokio with features of our choice: they can't be chosen for a dependency otherwise.
fn probe(features: &str) -> Result<PathBuf, String> {
    let dir = target().join("probe");
    let features: Vec<String> = features.split(',').filter(|f| !f.is_empty()).map(|f| format!("{f:?}")).collect();
    let manifest = format!(
        "[package]\nname = \"probe\"\nedition = \"2024\"\n[workspace]\n[dependencies.tokio]\nversion = \"={TOKIO}\"\n\
         default-features = false\nfeatures = [{}]\n",
        features.join(", "),
    );
    let write = |path: &str, text: &[u8]| fs::write(dir.join(path), text);
    fs::create_dir_all(dir.join("src"))
        .and_then(|()| write("Cargo.toml", manifest.as_bytes()))
        .and_then(|()| write("src/lib.rs", b""))
        .and_then(|()| write("Cargo.lock", &fs::read(root().join("Cargo.lock"))?))
        .map_err(|e| format!("{}: {e}", dir.display()))?;
    Ok(dir.join("Cargo.toml"))
}

/// With these flags for the compiler, and what they have built kept apart.
fn cargo<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I, target: &Path, flags: &str) -> Result<Vec<u8>, String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    // The unstable output of a stable compiler: no other toolchain is needed.
    command.args(arguments).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", target);
    command.env("RUSTFLAGS", flags).env("RUSTDOCFLAGS", flags);
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let first: Vec<_> = words.lines().take(30).collect();
    Err(format!("{command:?}: {}\n{}", output.status, first.join("\n")))
}

fn document(manifest: &Path, package: &str, features: &str, flags: &str) -> Result<Crate, String> {
    let manifest = manifest.to_str().ok_or("the path of the repository isn't UTF-8")?;
    let mut arguments = vec!["rustdoc", "--quiet", "--lib", "--manifest-path", manifest, "-p", package];
    if package == "gmp" {
        arguments.extend(["--no-default-features", "--features", features]);
    }
    arguments.extend(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"]);
    arguments.push("--document-hidden-items");
    let target = if flags.is_empty() { target() } else { target().join("unstable") };
    cargo(arguments, &target, flags)?;
    Crate::read(&target.join("doc").join(format!("{}.json", package.replace('-', "_"))))
}

/// Asks clippy of the facade with this feature and no other.
pub(crate) fn lint(feature: &str) -> Result<(), String> {
    let manifest = root().join("Cargo.toml");
    let manifest = manifest.to_str().ok_or("the path of the repository isn't UTF-8")?;
    let package = ["clippy", "--quiet", "--lib", "--manifest-path", manifest, "-p", "gmp"];
    let features = ["--no-default-features", "--features", feature, "--", "-D", "warnings"];
    cargo(package.into_iter().chain(features), &target(), "").map(drop)
}

/// tokio's docs with these features; with its unstable part, if so.
pub(crate) fn tokio(features: &str, unstable: bool) -> Result<Docs, String> {
    let krate = document(&probe(features)?, "tokio", features, if unstable { "--cfg tokio_unstable" } else { "" })?;
    Ok(Docs { crates: vec![krate] })
}

/// Our docs with these features. tokio's are needed beside them, for what is re-exported.
pub(crate) fn gmp(features: &str, tokio: Docs) -> Result<Docs, String> {
    let manifest = root().join("Cargo.toml");
    let mut crates = tokio.crates;
    for package in OURS {
        crates.insert(0, document(&manifest, package, features, "")?);
    }
    Ok(Docs { crates })
}

/// What cargo knows of a package among those of this manifest.
fn package(manifest: &Path, name: &str) -> Result<Value, String> {
    let manifest = manifest.to_str().ok_or("the path of the repository isn't UTF-8")?;
    let output = cargo(["metadata", "--format-version", "1", "--manifest-path", manifest], &target(), "")?;
    let mut metadata: Value = serde_json::from_slice(&output).map_err(|e| format!("cargo metadata: {e}"))?;
    let packages = metadata["packages"].as_array_mut().ok_or("cargo metadata: no packages")?;
    let found = packages.iter_mut().find(|p| p["name"] == name);
    found.map(Value::take).ok_or(format!("cargo metadata: no {name}"))
}

/// The features of tokio and of gmp, as their manifests have them.
pub(crate) fn features() -> Result<[BTreeMap<String, Value>; 2], String> {
    let read = |manifest: &Path, name: &str| {
        let features = package(manifest, name)?["features"].take();
        serde_json::from_value(features).map_err(|e| format!("cargo metadata: {e}"))
    };
    Ok([read(&probe("full")?, "tokio")?, read(&root().join("Cargo.toml"), "gmp")?])
}

/// Every word of tokio's source.
pub(crate) fn words_of_tokio() -> Result<HashSet<String>, String> {
    let package = package(&probe("full")?, "tokio")?;
    let manifest = package["manifest_path"].as_str().ok_or("cargo metadata: no path of tokio")?;
    let mut words = HashSet::new();
    let mut folders = vec![Path::new(manifest).with_file_name("src")];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                words.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
            }
        }
    }
    Ok(words)
}
