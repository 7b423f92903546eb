//! The few rules that a plain text scan can hold: the arrows between crates, headers, sizes, where `unsafe` and atomics may
//! be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("tests/ is in the root").to_owned()
}

/// Every `.rs` file under `dir`, with its path from the root.
fn sources(dir: &str) -> Vec<(String, String)> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_none_or(|n| n != "target") {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut paths = Vec::new();
    walk(&root.join(dir), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no source in {dir}");
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let name = path.strip_prefix(&root).expect("under the root");
        (name.to_str().expect("UTF-8").to_owned(), text)
    };
    paths.into_iter().map(named).collect()
}

/// A file of tests inside a crate, rather than of the crate itself.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/")
        || path.contains("_tests/")
        || matches!(name, "tests.rs" | "loom_tests.rs" | "shuttle_tests.rs" | "testing.rs")
}

/// The line without its comment. Good enough here: no string of ours has two slashes and then `unsafe`.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == word)
}

/// What is wrong, one complaint a line.
#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn files_say_what_they_are() {
    let mut complaints = Vec::new();
    for (path, text) in sources("crates").iter().chain(&sources("tests/it")) {
        if path.starts_with("tests/it/ui/") {
            continue;
        }
        if !text.starts_with("//!") {
            complaints.push(format!("{path}: the first line isn't `//!`"));
        }
        let internal = path.starts_with("crates/gmp-") && path.contains("/src/") && !is_test(path);
        let benchmark = path.starts_with("crates/gmp-bench/");
        let header = text.lines().take_while(|l| l.starts_with("//!"));
        if internal && !benchmark && !header.into_iter().any(|l| l.contains("Go: ")) {
            complaints.push(format!("{path}: the header doesn't name Go's counterpart"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn files_fit_in_a_head() {
    let mut complaints = Vec::new();
    for (path, text) in sources("crates").iter().chain(&sources("tests")) {
        let lines = text.lines().count();
        if lines > 500 {
            complaints.push(format!("{path}: {lines} lines, more than 500"));
        }
    }
    assert_none(&complaints);
}

#[test]
fn no_module_is_called_mod() {
    let mut complaints = Vec::new();
    for (path, _) in sources("crates").iter().chain(&sources("tests")) {
        if path.ends_with("/mod.rs") {
            complaints.push(format!("{path}: `name.rs` beside `name/`, please"));
        }
    }
    assert_none(&complaints);
}

/// Bare `loom` would reach every dependency.
#[test]
fn loom_is_switched_by_our_own_cfg() {
    let mut complaints = Vec::new();
    for (path, text) in sources("crates") {
        for (i, line) in text.lines().enumerate() {
            let line = code(line);
            let is_cfg = line.contains("cfg(") || line.contains("cfg!(") || line.contains("cfg_attr(");
            if is_cfg && has_word(line, "loom") {
                complaints.push(format!("{path}:{}: {}", i + 1, line.trim()));
            }
        }
    }
    assert_none(&complaints);
}

/// One stray atomic blinds the model.
#[test]
fn atomics_come_from_the_shim() {
    let mut complaints = Vec::new();
    for krate in ["gmp-queue", "gmp-task", "gmp-sched"] {
        for (path, text) in sources(&format!("crates/{krate}/src")) {
            if is_test(&path) {
                continue;
            }
            for (i, line) in text.lines().enumerate() {
                let line = code(line);
                if line.contains("std::sync::atomic") || line.contains("core::sync::atomic") {
                    complaints.push(format!("{path}:{}: {}", i + 1, line.trim()));
                }
            }
        }
    }
    assert_none(&complaints);
}

/// The list in ARCHITECTURE.md is where an audit begins, so it is complete, and nothing is on it in vain.
#[test]
fn unsafe_is_where_the_architecture_says() {
    const HEADING: &str = "## Modules that may use unsafe";
    let page = root().join("ARCHITECTURE.md");
    let text = fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
    let section = text.split_once(HEADING).expect(HEADING).1;
    let section = section.split("\n## ").next().unwrap_or(section);
    let listed: BTreeSet<&str> = section
        .lines()
        .filter(|l| l.starts_with("- ") || l.starts_with("* "))
        .filter_map(|l| l.split('`').nth(1))
        .collect();
    assert!(!listed.is_empty(), "nothing is listed under {HEADING:?}");

    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for (path, text) in sources("crates") {
        // The macros write `unsafe` for others; they are a list of tokens, not a use.
        if is_test(&path) || path.starts_with("crates/gmp-macros/") {
            continue;
        }
        if text.lines().any(|l| has_word(code(l), "unsafe")) {
            if !listed.contains(path.as_str()) {
                complaints.push(format!("{path}: uses unsafe and isn't listed"));
            }
            used.insert(path);
        }
    }
    for path in listed {
        if !used.contains(path) {
            complaints.push(format!("{path}: listed, and uses no unsafe"));
        }
    }
    assert_none(&complaints);
}

/// How high a crate of ours stands: it may use what stands lower.
fn level(krate: &str) -> Option<u32> {
    Some(match krate {
        "gmp-base" => 0,
        "gmp-queue" | "gmp-arch" => 1,
        "gmp-task" | "gmp-netpoll" | "gmp-time" => 2,
        "gmp-sched" => 3,
        "gmp" => 4,
        "gmp-hyper" => 5,
        "gmp-bench" => 6,
        _ => return None,
    })
}

/// What a crate of ours may use beside our own.
fn foreign(krate: &str) -> &'static [&'static str] {
    match krate {
        "gmp-base" => &["libc", "crossbeam", "loom", "shuttle"],
        "gmp-arch" => &["libc", "raw-cpuid", "core_affinity"],
        "gmp-queue" | "gmp-time" => &["loom"],
        // tokio: the poll budget, which is shared with `tokio::sync`.
        "gmp-task" => &["tokio", "loom"],
        "gmp-netpoll" => &["mio", "libc", "loom", "socket2", "tokio"],
        "gmp-sched" => &["thread_local", "crossbeam", "pin-project-lite", "tokio", "loom", "shuttle"],
        "gmp-macros" => &["proc-macro-crate", "proc-macro2", "quote", "syn"],
        // What sockets and signals need, and tokio, which is re-exported.
        "gmp" => &["tokio", "bytes", "libc", "mio", "pin-project-lite", "signal-hook-registry", "socket2"],
        // The library that it adapts to.
        "gmp-hyper" => &["hyper", "hyper-util", "pin-project-lite"],
        // A harness is nobody's dependency.
        "gmp-bench" => &[
            "clap",
            "hdrhistogram",
            "http-body-util",
            "hyper",
            "hyper-util",
            "indicatif",
            "libc",
            "pin-project-lite",
            "plotters",
            "serde",
            "serde_json",
            "smol",
            "smol-hyper",
            "socket2",
            "tokio",
            "tempfile",
        ],
        // A tool is nobody's dependency either; what it compares, it reads.
        "gmp-surface" => &["serde", "serde_json", "toml"],
        _ => panic!("{krate} is a new crate: say here where it stands"),
    }
}

/// The names under `[dependencies]` and `[target.….dependencies]`; not those under `[dev-dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = section == "dependencies" || section.starts_with("target.") && section.ends_with(".dependencies");
            if let Some(name) = section.strip_prefix("dependencies.") {
                names.push(name.to_owned());
            }
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or(line);
            names.push(name.to_owned());
        }
    }
    names
}

#[test]
fn arrows_point_down() {
    let mut complaints = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("crates")).expect("crates/") {
        let dir = entry.expect("an entry").path();
        let Ok(manifest) = fs::read_to_string(dir.join("Cargo.toml")) else {
            continue;
        };
        seen += 1;
        let krate = dir.file_name().and_then(|n| n.to_str()).expect("UTF-8");
        for name in dependencies(&manifest) {
            let allowed = match (krate, name.as_str()) {
                ("gmp", "gmp-macros") => true,
                // Nobody but the facade names the macros, and they name nobody.
                (_, "gmp-macros") => false,
                ("gmp-macros", name) => foreign(krate).contains(&name),
                (_, name) => match (level(krate), level(name)) {
                    (Some(user), Some(used)) => used < user,
                    _ => foreign(krate).contains(&name),
                },
            };
            if !allowed {
                complaints.push(format!("{krate} may not depend on {name}"));
            }
        }
    }
    assert!(seen >= 7, "only {seen} manifests in crates/");
    assert_none(&complaints);
}

/// What is for tests only is in nobody's default: a build without the feature cannot break a boot on purpose.
#[test]
fn fault_injection_is_never_a_default() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect(path);
    let facade = features(&read("crates/gmp/Cargo.toml"));
    let sched = features(&read("crates/gmp-sched/Cargo.toml"));
    let reach = |features: &[(String, Vec<String>)], from: &str| {
        let mut reached = BTreeSet::from([from.to_owned()]);
        loop {
            let more: Vec<String> = features
                .iter()
                .filter(|(name, _)| reached.contains(name))
                .flat_map(|(_, enables)| enables.iter().cloned())
                .filter(|name| !reached.contains(name))
                .collect();
            if more.is_empty() {
                return reached;
            }
            reached.extend(more);
        }
    };
    let is_fault = |name: &String| name.contains("fault-injection");
    assert!(reach(&facade, "__fault-injection").contains("gmp-sched/fault-injection"));
    for all_but in ["default", "full", "test-util"] {
        assert!(!reach(&facade, all_but).iter().any(is_fault), "{all_but}");
    }
    assert!(sched.iter().any(|(name, _)| name == "fault-injection"));
    assert!(!reach(&sched, "default").iter().any(is_fault));
    // Nor does the workspace turn it on for everyone.
    let root_manifest = read("Cargo.toml");
    assert!(!root_manifest.contains("fault-injection"));
}

/// The `[features]` of a manifest: name, and what it enables.
fn features(manifest: &str) -> Vec<(String, Vec<String>)> {
    let section = manifest.split_once("[features]").map_or("", |s| s.1);
    let section = section.split("\n[").next().unwrap_or(section);
    let text: String = section.lines().filter(|l| !l.trim_start().starts_with('#')).collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for part in text.split(']') {
        if let Some((name, enables)) = part.split_once('=') {
            let enables = enables.split('"').skip(1).step_by(2);
            found.push((name.trim().to_owned(), enables.map(str::to_owned).collect()));
        }
    }
    found
}

/// A wall clock that is set back or forth moves no timer, no time slice and no wait: nobody in the runtime asks for it. (`fs` passes the
/// times of files on.)
#[test]
fn nobody_asks_for_the_wall_clock() {
    let mut found = Vec::new();
    for (path, text) in sources("crates") {
        let asks = |line: &str| {
            let line = code(line);
            line.contains("SystemTime::now") || line.contains("CLOCK_REALTIME") || line.contains("gettimeofday")
        };
        if path.starts_with("crates/gmp-bench/") || path.starts_with("crates/gmp-surface/") {
            continue;
        }
        let lines = text.lines().enumerate().filter(|(_, line)| asks(line));
        found.extend(lines.map(|(i, _)| format!("{path}:{}: the wall clock may jump", i + 1)));
    }
    assert_none(&found);
}
