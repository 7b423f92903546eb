//! The report, as the built binary writes it and a browser shows it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs two scenarios into a folder of that name.
fn report(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    command.args(["run", "--quick", "--only", "fib", "spawn_join", "--rounds", "2", "--report"]).arg(&folder);
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_run_leaves_a_page_and_a_table_that_can_be_made_again() {
    let folder = report("report");
    let page = text(&folder.join("index.html"));
    assert!(page.contains("<section class=\"scenario\" id=\"spawn_join\">"));
    assert_eq!(text(&folder.join("results.csv")).lines().count(), 3);

    let again = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report-again");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    let output = command.arg("report").arg(folder.join("results.json")).arg(&again).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text(&again.join("index.html")), page);
}

/// Debian's and others' names of the browser.
fn browser() -> Option<&'static str> {
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs)
}

#[test]
fn a_browser_shows_it() {
    let Some(browser) = browser() else {
        eprintln!("skipped: there is no chromium to open the report with (Debian: apt-get install chromium)");
        return;
    };
    let folder = report("report-in-a-browser");
    let profile = tempfile::tempdir().expect("a folder");
    // A script, which the page itself has none of, tells what became of it. 360 is the width of a phone.
    let page = text(&folder.join("index.html"));
    let probe = "<script>addEventListener('load', () => {
        const width = document.documentElement.scrollWidth;
        const strips = [...document.querySelectorAll('svg.strip')].map(it => it.getBoundingClientRect());
        const seen = strips.filter(it => it.width > 100 && it.height > 10 && it.right <= innerWidth).length;
        document.title = `fits: ${width <= innerWidth}, strips: ${seen} of ${strips.length}`;
    })</script></body>";
    let probed = folder.join("probed.html");
    // Chromium has no window that is narrower than 500; a frame has.
    fs::write(&probed, page.replace("</body>", probe)).expect("a page");
    let frame = "<iframe src=\"probed.html\" width=\"360\" height=\"640\"></iframe><script>\
        onload = () => setTimeout(() => document.body.append(frames[0].document.title), 200)</script>";
    let framed = folder.join("framed.html");
    fs::write(&framed, frame).expect("a page");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--allow-file-access-from-files"]);
    command.args(["--virtual-time-budget=5000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let output = command.arg(format!("file://{}", framed.display())).output().expect("the browser runs");
    let dom = String::from_utf8_lossy(&output.stdout);
    // Two bars and two sides of two scenarios.
    assert!(dom.contains("fits: true, strips: 6 of 6"), "{dom}\n{}", String::from_utf8_lossy(&output.stderr));
}
