//! The report, as the built binary writes it and a browser shows it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

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

/// The page of a run that never was, in a folder of that name. It has wins, losses and draws on three sides, what failed, what was
/// cut short, what has no counterpart, counts, and names that are longer than a phone is wide.
fn fixed(name: &str) -> PathBuf {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/results.json");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gmp-bench"));
    let output = command.arg("report").arg(results).arg(&folder).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// Debian's and others' names of the browser.
fn browser() -> Option<&'static str> {
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs);
    if found.is_none() {
        eprintln!("skipped: there is no chromium to open the report with (Debian: apt-get install chromium)");
    }
    found
}

/// Opens a page without a window; what the browser prints.
fn open(browser: &str, page: &Path, arguments: &[&str]) -> String {
    let profile = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    command.args([
        "--disable-component-update",
        "--disable-sync",
        "--allow-file-access-from-files",
        "--hide-scrollbars",
    ]);
    command.arg("--virtual-time-budget=5000").args(arguments);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let output = command.arg(format!("file://{}", page.display())).output().expect("the browser runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_browser_finds_every_scenario_and_nothing_from_outside() {
    let Some(browser) = browser() else { return };
    let folder = fixed("report-in-a-browser");
    let dom = open(browser, &folder.join("index.html"), &["--dump-dom"]);
    let results: Value = serde_json::from_str(&text(&folder.join("results.json"))).expect("it is JSON");
    let scenarios = results["scenarios"].as_array().expect("scenarios");
    assert_eq!(scenarios.len(), 9);
    for scenario in scenarios {
        let section = format!("id=\"{}\"", scenario["scenario"].as_str().expect("a name"));
        assert_eq!(dom.matches(&section).count(), 1, "{section}");
    }
    for outside in ["<script", "<link", "<img", "<iframe", "src=", "@import", "url(", "http:", "https:"] {
        assert!(!dom.contains(outside), "{outside}");
    }
}

#[test]
fn it_fits_on_a_phone_and_on_a_desk() {
    let Some(browser) = browser() else { return };
    let folder = fixed("report-that-fits");
    // The page has no scripts. That of a page around it looks at it in frames, since no window is as narrow as a phone. What is
    // wider than its frame would have to be scrolled; the table may be, within its place.
    let around = "<!DOCTYPE html><iframe src='index.html' width='390' height='800'></iframe>\
        <iframe src='index.html' width='1280' height='800'></iframe>\
        <script>onload = () => {
            for (let number = 0; number < frames.length; number++) {
                const frame = frames[number];
                const page = frame.document;
                const wide = [...page.querySelectorAll('body *')].filter(it => !it.closest('.wide *') && !it.closest('pre *')
                    && it.getBoundingClientRect().right > frame.innerWidth + 1);
                const strips = [...page.querySelectorAll('svg.strip')].map(it => it.getBoundingClientRect());
                const seen = strips.filter(it => it.width > 100 && it.height > 10).length;
                const said = document.createElement('p');
                said.textContent = `${frame.innerWidth}: fits ${page.documentElement.scrollWidth <= frame.innerWidth}, `
                    + `too wide [${wide.map(it => it.outerHTML.slice(0, 80))}], strips ${seen} of ${strips.length}.`;
                document.body.append(said);
            }
        }</script>";
    let framed = folder.join("framed.html");
    fs::write(&framed, around).expect("a page");
    let dom = open(browser, &framed, &["--dump-dom"]);
    let strips = text(&folder.join("index.html")).matches("<svg class=\"strip\"").count();
    assert!(strips > 40, "{strips} strips");
    for width in [390, 1280] {
        let wanted = format!("<p>{width}: fits true, too wide [], strips {strips} of {strips}.</p>");
        assert!(dom.contains(&wanted), "no {wanted} in {dom}");
    }
}

#[test]
fn it_can_be_seen_and_printed() {
    let Some(browser) = browser() else { return };
    let folder = fixed("report-to-look-at");
    let empty = folder.join("empty.html");
    fs::write(&empty, "<!DOCTYPE html>").expect("a page");
    let phone = folder.join("phone.html");
    fs::write(
        &phone,
        "<!DOCTYPE html><body style='margin: 0'><iframe src='index.html' width='390' height='2400'></iframe>",
    )
    .expect("a page");
    let page = folder.join("index.html");
    for (name, page, width, dark) in
        [("phone", &phone, 600, false), ("desk", &page, 1_280, false), ("dark", &page, 1_280, true)]
    {
        let shoot = |page: &Path, name: &str| {
            let picture = folder.join(format!("{name}.png"));
            let _ = fs::remove_file(&picture);
            let target = format!("--screenshot={}", picture.display());
            let size = format!("--window-size={width},2400");
            let scheme = format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 });
            open(browser, page, &[&target, &size, &scheme]);
            fs::read(&picture).unwrap_or_else(|error| panic!("{}: {error}", picture.display()))
        };
        let (picture, nothing) = (shoot(page, name), shoot(&empty, "nothing"));
        assert_eq!(size_of(&picture), (width, 2_400), "{name}");
        // A page with text and pictures takes more than a blank one, whatever it is compressed with.
        assert!(picture.len() > 5 * nothing.len(), "{name}: {} bytes, and {} of nothing", picture.len(), nothing.len());
    }
    let [light, dark] = ["desk.png", "dark.png"].map(|name| fs::read(folder.join(name)).expect("a picture"));
    assert_ne!(light, dark, "it follows the reader's light or dark");
    let pdf = folder.join("report.pdf");
    open(browser, &page, &[&format!("--print-to-pdf={}", pdf.display())]);
    assert!(fs::read(&pdf).expect("a file").starts_with(b"%PDF-"));
}

/// Width and height of a picture, from its header.
fn size_of(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "a PNG");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}
