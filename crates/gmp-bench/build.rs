//! Tells the harness what it is built of: versions, the commit, and the sources of its scenarios, whose comments say what
//! each of them measures.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate is");
    let here = Path::new(&here);
    let root = here.join("../..");
    for watched in ["build.rs", "src", "../../Cargo.lock", "../../crates"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    versions(&root);
    commit(&root);
    scenarios(&here.join("src/scenarios"));
}

/// The versions of tokio and of the compiler.
fn versions(root: &Path) {
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let tokio = lock.split("[[package]]").find(|package| package.contains("name = \"tokio\"\n"));
    let version = tokio.and_then(|package| package.split("version = \"").nth(1)?.split('"').next());
    println!("cargo::rustc-env=GMP_BENCH_TOKIO={}", version.unwrap_or("unknown"));
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

/// A list of the modules of scenarios with their sources, for `about`.
fn scenarios(folder: &Path) {
    let mut modules: Vec<_> =
        fs::read_dir(folder).expect("scenarios/").map(|file| file.expect("a file").path()).collect();
    modules.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    modules.sort();
    let name = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let entries: String =
        modules.iter().map(|path| format!("    ({:?}, include_str!({:?})),\n", name(path), path)).collect();
    let out = env::var("OUT_DIR").expect("cargo says where output goes");
    fs::write(Path::new(&out).join("sources.rs"), format!("&[\n{entries}]\n")).expect("the list can be written");
}

/// What a program prints, if it succeeds.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
