//! Tells the harness what it is built of: versions, the commit, the sources of its scenarios, whose comments say what each of
//! them measures, and those of their twins in Go.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate is");
    let here = Path::new(&here);
    let root = here.join("../..");
    for watched in ["build.rs", "src", "../../Cargo.lock", "../../crates", "../../benches/go"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    versions(&root);
    commit(&root);
    sources(&here.join("src/scenarios"), "rs", "sources.rs", |path| path.file_stem());
    sources(&root.join("benches/go"), "go|mod", "go.rs", |path| path.file_name());
}

/// The versions of the peers and of the compiler.
fn versions(root: &Path) {
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    for (name, variable) in [("tokio", "GMP_BENCH_TOKIO"), ("smol", "GMP_BENCH_SMOL")] {
        let package = lock.split("[[package]]").find(|package| package.contains(&format!("name = \"{name}\"\n")));
        let version = package.and_then(|package| package.split("version = \"").nth(1)?.split('"').next());
        println!("cargo::rustc-env={variable}={}", version.unwrap_or("unknown"));
    }
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!(
        "cargo::rustc-env=GMP_BENCH_RUSTC={}",
        output(Command::new(rustc).arg("-V")).as_deref().unwrap_or("unknown")
    );
    println!("cargo::rustc-env=GMP_BENCH_TARGET={}", env::var("TARGET").unwrap_or_default());
}

/// The commit, with a mark if files differ from it; empty outside of a repository.
fn commit(root: &Path) {
    let git = |arguments: &[&str]| output(Command::new("git").arg("-C").arg(root).args(arguments));
    // Every commit, and every change of branch, adds a line there.
    if let Some(log) = git(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    let mut commit = git(&["rev-parse", "HEAD"]).unwrap_or_default();
    if git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty()) {
        commit += " with changes";
    }
    println!("cargo::rustc-env=GMP_BENCH_COMMIT={commit}");
}

/// Writes a list of the files in `folder` with such an extension: what `name` makes of each, and its text.
fn sources(folder: &Path, extensions: &str, list: &str, name: fn(&Path) -> Option<&OsStr>) {
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    let is_one = |path: &Path| path.extension().is_some_and(|it| extensions.split('|').any(|wanted| it == wanted));
    files.retain(|path| is_one(path));
    files.sort();
    let named = |path: &Path| name(path).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let entries: String =
        files.iter().map(|path| format!("    ({:?}, include_str!({:?})),\n", named(path), path)).collect();
    let out = env::var("OUT_DIR").expect("cargo says where output goes");
    fs::write(Path::new(&out).join(list), format!("&[\n{entries}]\n")).expect("the list can be written");
}

/// What a program prints, if it succeeds.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
