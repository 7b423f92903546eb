//! The example `wc` against the system's `find`, `xargs`, `cat` and `wc`, on trees that are nasty.

use crate::support::binary;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The locales that are compared. If the system hasn't got one, it is the C locale to all programs.
const LOCALES: [&str; 2] = ["C", "C.UTF-8"];

/// Runs the example. `setup` may change the command.
fn wc(
    locale: &str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    setup: impl FnOnce(Command) -> Command,
) -> Output {
    let mut command = setup(Command::new(binary("wc")));
    command.args(arguments).env("LC_ALL", locale);
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// The last line on stdout.
fn totals(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let last = stdout.lines().last();
    last.unwrap_or_else(|| panic!("nothing on stdout: {output:?}")).to_owned()
}

/// What the example's last line is to be, from the system's tools.
fn expected(locale: &str, dir: &Path, setup: impl FnOnce(Command) -> Command) -> String {
    const PIPE: &str = r#"find "$0" -type f -print0 | xargs -0 cat | wc -lwc"#;
    let mut command = setup(Command::new("sh"));
    command.args(["-c", PIPE]).arg(dir).env("LC_ALL", locale);
    let output = command.stderr(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Whether there is something to compare with; tells if there isn't.
fn can_compare() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        const PROBE: &str = "find . -maxdepth 0 -print0 | xargs -0 true && printf '\\001' | wc -w";
        let probe = Command::new("sh").args(["-c", PROBE]).output();
        let words = probe.map(|output| output.stdout);
        match words.as_deref().map(<[u8]>::trim_ascii) {
            Ok(b"0") => true,
            Ok(b"1") => {
                eprintln!("not compared: this wc counts words of which nothing prints");
                false
            }
            _ => {
                eprintln!("not compared: no find, xargs or wc with the options needed");
                false
            }
        }
    })
}

/// Asserts that the example and the system's tools agree on `dir`, in all locales.
fn assert_same(dir: &Path) {
    for locale in LOCALES {
        let output = wc(locale, [dir], |c| c);
        assert!(output.status.success(), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        if can_compare() {
            let expected = expected(locale, dir, |c| c);
            assert_eq!(totals(&output), expected, "{locale}, {}", dir.display());
        }
    }
}

fn temp_dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write(dir: &Path, name: impl AsRef<OsStr>, text: impl AsRef<[u8]>) {
    fs::write(dir.join(name.as_ref()), text).unwrap();
}

/// Random numbers, the same each time (Knuth's MMIX constants).
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 40) as usize
}

#[test]
fn texts_with_nasty_borders() {
    let dir = temp_dir();
    let texts: [&[u8]; 16] = [
        b"",
        b"no newline",
        b"starts in a word\nends in one",
        b" spaces around ",
        b"\n\n\n",
        b"\0\0\0",
        b"a\0b\x01c \x7f",
        b"\xff\xfe \x80",
        b"arrow \xe2\x86",
        b"\x92",
        b"\x92\xe2",
        b"\x86\x92\x92\x92\x92",
        "no-break\u{a0}space, ideographic\u{3000}space, \u{2028}line".as_bytes(),
        "\u{feff}\u{200b} \u{ad} \u{e000} \u{378} \u{85}".as_bytes(),
        b"\xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf \xf0\x9f\x98",
        b"\x80last",
    ];
    // Whichever way the directory orders them, many borders come up.
    for (i, left) in texts.iter().enumerate() {
        for (j, right) in texts.iter().enumerate() {
            let pair = dir.path().join(format!("{i}-{j}"));
            fs::create_dir(&pair).unwrap();
            write(&pair, "left", left);
            write(&pair, "right", right);
        }
    }
    assert_same(dir.path());
}

#[test]
fn random_texts() {
    const BYTES: &[u8] = b"ab \n\t\0\x80\xa0\x9f\xc2\xc3\xe2\xe3\xed\xf0\xf4\xff";
    let dir = temp_dir();
    let mut seed = 1;
    for file in 0..200 {
        let len = random(&mut seed) % 2_000;
        let any = file % 2 == 0;
        let text: Vec<u8> = (0..len)
            .map(|_| match random(&mut seed) {
                n if any => n as u8,
                n => BYTES[n % BYTES.len()],
            })
            .collect();
        write(dir.path(), file.to_string(), text);
    }
    assert_same(dir.path());
}

#[test]
fn every_character() {
    let dir = temp_dir();
    let alone: String = ('\0'..=char::MAX).map(|c| format!("{c}\n")).collect();
    let between: String = ('\0'..=char::MAX).map(|c| format!("a{c}b\n")).collect();
    write(dir.path(), "alone", alone);
    write(dir.path(), "between", between);
    assert_same(dir.path());
}

/// Longer than what is read at once, with characters that straddle the borders between two reads.
#[test]
fn large_files() {
    let dir = temp_dir();
    for shift in 0..3 {
        let text = format!("{}{}", &"xxx"[..shift], "→日本 語\n".repeat(50_000));
        write(dir.path(), shift.to_string(), text);
    }
    write(dir.path(), "binary", vec![0x80; 300_000]);
    assert_same(dir.path());
}

#[test]
fn names_and_kinds() {
    let dir = temp_dir();
    let dir = dir.path();
    let target = dir.join("target");
    fs::create_dir(&target).unwrap();
    write(&target, "in target", "counted once");
    for name in [&b"-v"[..], b"new\nline", b" ", b"\xff\xfe", b".hidden", b"*"] {
        write(dir, OsStr::from_bytes(name), "some words");
    }
    symlink(&target, dir.join("link to a directory")).unwrap();
    symlink("..", target.join("loop")).unwrap();
    symlink(target.join("in target"), dir.join("link to a file")).unwrap();
    symlink("nowhere", dir.join("broken link")).unwrap();
    let _socket = UnixListener::bind(dir.join("socket")).unwrap();
    let fifo = Command::new("mkfifo").arg(dir.join("fifo")).status();
    assert!(fifo.unwrap().success());
    assert_same(dir);

    // Arguments are not followed either, unless a slash says so.
    let link = dir.join("link to a directory");
    assert_eq!(totals(&wc("C", [&link], |c| c)).trim_ascii(), "0       0       0");
    assert_same(&link);
    assert_same(&link.join(""));
    assert_same(&dir.join("broken link"));
    assert_same(&dir.join("fifo"));
    assert_same(&target.join("in target"));
}

#[test]
fn deep_directories() {
    let dir = temp_dir();
    let mut deep = dir.path().to_owned();
    for depth in 0..1_500 {
        deep.push("d");
        fs::create_dir(&deep).unwrap();
        write(&deep, "f", depth.to_string());
    }
    assert_same(dir.path());
}

/// Large directories are walked in another order than small ones: that of the inodes.
#[test]
fn large_directory() {
    const FILES: usize = 12_000;
    let dir = temp_dir();
    let (made, large) = (dir.path().join("made"), dir.path().join("large"));
    for dir in [&made, &large] {
        fs::create_dir(dir).unwrap();
    }
    let mut seed = 2;
    for file in 0..FILES {
        let text = ["", "in", " after", "before ", "\n"][random(&mut seed) % 5];
        write(&made, file.to_string(), text);
    }
    // So that the directory has an order of its own, even if it keeps entries as they come.
    for step in 0..FILES {
        let file = (step * 7_919 % FILES).to_string();
        fs::rename(made.join(&file), large.join(&file)).unwrap();
    }
    assert_same(&large);
}

#[test]
fn many_files_with_few_descriptors() {
    let dir = temp_dir();
    for file in 0..3_000 {
        write(dir.path(), file.to_string(), "one word\n");
    }
    let output = wc("C", [dir.path()], |command| {
        let mut limited = Command::new("sh");
        limited.args(["-c", r#"ulimit -n 64 && exec "$0" "$@""#]);
        limited.arg(command.get_program());
        limited
    });
    assert!(output.status.success(), "{output:?}");
    assert_eq!(totals(&output).split_whitespace().collect::<Vec<_>>(), ["3000", "6000", "27000"]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_counted() {
    let dir = temp_dir();
    // Not where root only can go, for we may have to be somebody else.
    let program = dir.path().join("wc");
    // By cp, because a file that this process has just written may be open for a moment in a child that another test starts,
    // and can't be run then.
    assert!(Command::new("cp").arg(binary("wc")).arg(&program).status().unwrap().success());
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let closed = tree.join("closed directory");
    fs::create_dir(&closed).unwrap();
    write(&closed, "inside", "not seen");
    write(&tree, "closed file", "not seen");
    write(&tree, "open file", "seen\n");
    let set_mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
    set_mode(dir.path(), 0o755).unwrap();
    set_mode(&tree.join("closed file"), 0).unwrap();
    set_mode(&closed, 0).unwrap();

    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let as_nobody = |command: Command| {
        if !is_root {
            return command;
        }
        let mut setpriv = Command::new("setpriv");
        setpriv.args(nobody).arg(command.get_program());
        setpriv
    };
    if is_root && !as_nobody(Command::new("true")).status().is_ok_and(|s| s.success()) {
        eprintln!("not tested: root can read everything, and there is no setpriv");
        return;
    }
    let output = wc("C", [&tree], |_| as_nobody(Command::new(&program)));
    set_mode(&closed, 0o700).unwrap();

    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("tree/closed file: "), "{stderr}");
    assert!(stderr.contains("tree/closed directory: "), "{stderr}");
    assert_eq!(totals(&output).split_whitespace().collect::<Vec<_>>(), ["1", "1", "5"]);
}

#[test]
fn arguments() {
    let dir = temp_dir();
    write(dir.path(), "file", "three words here\n");
    let run = |arguments: &[&OsStr]| wc("C", arguments, |c| c);
    let path = dir.path().as_os_str();
    let nowhere = dir.path().join("nowhere");

    for wrong in [&[][..], &["-v".as_ref()], &["--".as_ref()], &["-x".as_ref(), path]] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("usage: wc"));
    }

    let output = run(&[path, nowhere.as_os_str(), path]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(nowhere.to_str().unwrap()), "{stderr}");
    assert_eq!(totals(&output), format!("{:7} {:7} {:7}", 2, 6, 34));

    let output = run(&["--".as_ref(), "-v".as_ref()]);
    assert_eq!(output.status.code(), Some(1), "a path here: {output:?}");
}

#[test]
fn verbose_tells_of_each_file() {
    let dir = temp_dir();
    let name = OsStr::from_bytes(b"not \xff UTF-8");
    write(dir.path(), name, "joined");
    let output = wc("C", [OsStr::new("-v"), dir.path().as_os_str()], |c| c);
    let mut expected = format!("{:7} {:7} {:7} ", 0, 1, 6).into_bytes();
    expected.extend(dir.path().join(name).as_os_str().as_bytes());
    writeln!(expected, "\n{:7} {:7} {:7}", 0, 1, 6).unwrap();
    assert_eq!(output.stdout, expected, "{output:?}");
}

/// A reader that goes away is an error, not a panic.
#[test]
fn closed_stdout() -> io::Result<()> {
    let (reader, writer) = UnixStream::pair()?;
    drop(reader);
    let output = Command::new(binary("wc")).arg(env!("CARGO_MANIFEST_DIR")).stdout(OwnedFd::from(writer)).output()?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("wc: stdout: "), "{stderr}");
    Ok(())
}
