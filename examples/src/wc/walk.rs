//! [`Walk`]: the regular files below some paths, in the order of GNU `find`.
//!
//! That order is the directories' own, each subdirectory being walked where it stands. Only directories of many entries
//! are put in the order of the inodes first, as `find` does unless the file system is of a kind that doesn't profit
//! from it. Symbolic links are not followed, not even those that are given as arguments; sockets, devices and the like
//! are passed over.
//!
//! The walk itself doesn't touch the file system. It asks its owner to: [`Step::Look`] is to be answered with what
//! [`Place::look`] has found. No directory is open between two steps, and none is recursed into,
//! so that depth costs neither descriptors nor stack.

use gmp::fs;
use std::ffi::OsString;
use std::fs::{FileType, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::vec;

/// Directories with more entries are sorted (gnulib's fts: `FTS_INODE_SORT_DIR_ENTRIES_THRESHOLD`).
const SORTED_ABOVE: usize = 10_000;

/// `find` sorts so many entries at a time (gnulib's fts: `FTS_MAX_READDIR_ENTRIES`).
const BATCH: usize = 100_000;

/// File systems on which `find` doesn't sort, by the names that the kernel has for them.
const UNSORTED: [&str; 7] = ["cifs", "smb3", "lustre", "nfs", "nfs4", "tmpfs", "devtmpfs"];

/// A walk that is under way.
#[derive(Debug)]
pub struct Walk {
    /// The directories from a root down to where the walk is, and what is left to do in each.
    open: Vec<Listing>,
}

/// What comes next in a walk.
#[derive(Debug)]
pub enum Step {
    /// [`Place::look`] there, and give what it returns to [`Walk::enter`].
    Look(Place),
    /// A regular file.
    File(PathBuf),
    /// A path that could not be looked at.
    Failed(PathBuf, io::Error),
}

/// Where to look next.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    is_directory: bool,
}

/// What there is at a [`Place`].
#[derive(Debug)]
pub struct Listing {
    path: PathBuf,
    found: vec::IntoIter<Found>,
}

/// What there is to do in a directory, in order.
#[derive(Debug)]
enum Found {
    /// An argument, of which nothing is known yet.
    Root(PathBuf),
    File(OsString),
    Directory(OsString),
    /// The listing's path itself is a file.
    Itself,
    /// The listing's path, or something in it, has not been readable.
    Failed(Option<OsString>, io::Error),
}

impl Walk {
    /// A walk through each of `roots` in turn.
    pub fn new(roots: Vec<PathBuf>) -> Self {
        let found: Vec<_> = roots.into_iter().map(Found::Root).collect();
        Self { open: vec![Listing { path: PathBuf::new(), found: found.into_iter() }] }
    }

    /// The next step; `None` at the end.
    #[expect(
        clippy::should_implement_trait,
        reason = "a step may have to be answered: `for` would invite to forget that"
    )]
    pub fn next(&mut self) -> Option<Step> {
        loop {
            let listing = self.open.last_mut()?;
            let Some(found) = listing.found.next() else {
                self.open.pop();
                continue;
            };
            let dir = &listing.path;
            return Some(match found {
                Found::Root(path) => Step::Look(Place { path, is_directory: false }),
                Found::Directory(name) => Step::Look(Place { path: dir.join(name), is_directory: true }),
                Found::File(name) => Step::File(dir.join(name)),
                Found::Itself => Step::File(dir.clone()),
                Found::Failed(Some(name), error) => Step::Failed(dir.join(name), error),
                Found::Failed(None, error) => Step::Failed(dir.clone(), error),
            });
        }
    }

    /// Goes on in `listing`, then where the walk was.
    pub fn enter(&mut self, listing: Listing) {
        self.open.push(listing);
    }
}

impl Place {
    /// Lists a directory, or finds out what an argument is.
    pub async fn look(self) -> Listing {
        let mut found = Vec::new();
        if let Err(error) = self.look_into(&mut found).await {
            found.push(Found::Failed(None, error));
        }
        Listing { path: self.path, found: found.into_iter() }
    }

    async fn look_into(&self, found: &mut Vec<Found>) -> io::Result<()> {
        if self.is_directory {
            return list(&self.path, found).await;
        }
        let meta = fs::symlink_metadata(&self.path).await?;
        if meta.is_file() {
            found.push(Found::Itself);
        } else if meta.is_dir() {
            list(&self.path, found).await?;
        }
        Ok(())
    }
}

/// A directory's entry, before what is neither a file nor a directory is dropped: it counts for the order.
struct Entry {
    inode: u64,
    name: OsString,
    kind: io::Result<FileType>,
}

/// Appends to `found` what there is in `dir`. What has been read before an error is there too.
async fn list(dir: &Path, found: &mut Vec<Found>) -> io::Result<()> {
    let mut entries = Vec::new();
    let outcome = read(dir, &mut entries).await;
    if entries.len() > SORTED_ABOVE && is_sorted_by_find(dir).await {
        for batch in entries.chunks_mut(BATCH) {
            if batch.len() > SORTED_ABOVE {
                batch.sort_by_key(|entry| entry.inode);
            }
        }
    }
    found.extend(entries.into_iter().filter_map(|entry| match entry.kind {
        Ok(kind) if kind.is_file() => Some(Found::File(entry.name)),
        Ok(kind) if kind.is_dir() => Some(Found::Directory(entry.name)),
        Ok(_) => None,
        Err(error) => Some(Found::Failed(Some(entry.name), error)),
    }));
    outcome
}

async fn read(dir: &Path, entries: &mut Vec<Entry>) -> io::Result<()> {
    let mut read = fs::read_dir(dir).await?;
    while let Some(entry) = read.next_entry().await? {
        entries.push(Entry { inode: entry.ino(), kind: entry.file_type().await, name: entry.file_name() });
    }
    Ok(())
}

/// Whether `find` would sort a large directory at `dir`.
async fn is_sorted_by_find(dir: &Path) -> bool {
    // Like find, sort if in doubt.
    let Ok(meta) = fs::metadata(dir).await else { return true };
    !matches!(file_system(&meta).await, Ok(Some(kind)) if UNSORTED.contains(&kind.as_str()))
}

/// The kind of file system on which a file is, as the kernel lists its mounts.
async fn file_system(meta: &Metadata) -> io::Result<Option<String>> {
    let dev = meta.dev();
    let major = (dev >> 8) & 0xfff | (dev >> 32) & !0xfff;
    let minor = dev & 0xff | (dev >> 12) & !0xff;
    let device = format!("{major}:{minor}");
    // A line: ID, parent, device, root, mount point, options, any number of fields, "-", kind, and more.
    let mounts = fs::read("/proc/self/mountinfo").await?;
    Ok(String::from_utf8_lossy(&mounts)
        .lines()
        .find(|line| line.split(' ').nth(2) == Some(&device))
        .and_then(|line| line.split(" - ").nth(1)?.split(' ').next())
        .map(str::to_owned))
}
