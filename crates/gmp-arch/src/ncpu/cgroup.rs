//! The CPU quota of this process's cgroup, in both versions of cgroups.
//!
//! `proc/self/cgroup` says which group of each hierarchy we are in, `proc/self/mountinfo` where the
//! hierarchies are mounted and which of their groups is visible as the mount point. From our group
//! up to there every group may have a limit, and the tightest holds. Go reads our group's only, and
//! misses an ancestor's.
//!
//! What can't be read or doesn't make sense is no limit.
//!
//! Go: internal/runtime/cgroup (FindCPU, readCPUQuota)

use std::fs;
use std::path::{Component, Path, PathBuf};

/// CPUs' worth of time; `None` without a limit.
pub(super) fn quota(root: &Path) -> Option<f64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let limit_of = |hierarchy: Hierarchy| {
        let group = groups.lines().find_map(|line| hierarchy.group(line))?;
        let mount = mounts.lines().filter_map(Mount::parse).find(|mount| hierarchy.is_mounted_as(mount))?;
        let top = root.join(mount.point.strip_prefix("/").unwrap_or(&mount.point));
        tightest(&top, &mount.path_below(group), hierarchy)
    };
    // A hybrid system has both, with the CPU controller in one of them.
    [Hierarchy::V2, Hierarchy::V1].into_iter().filter_map(limit_of).reduce(f64::min)
}

#[derive(Clone, Copy)]
enum Hierarchy {
    V1,
    V2,
}

impl Hierarchy {
    /// Our group, if this line of `proc/self/cgroup` ("id:controllers:path") is this hierarchy's.
    fn group(self, line: &str) -> Option<&str> {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let is_ours = match self {
            Hierarchy::V2 => id == "0" && controllers.is_empty(),
            Hierarchy::V1 => controllers.split(',').any(|controller| controller == "cpu"),
        };
        is_ours.then_some(path)
    }

    fn is_mounted_as(self, mount: &Mount) -> bool {
        match self {
            Hierarchy::V2 => mount.kind == "cgroup2",
            Hierarchy::V1 => mount.kind == "cgroup" && mount.options.split(',').any(|option| option == "cpu"),
        }
    }

    /// The limit that one group sets itself.
    fn limit(self, group: &Path) -> Option<f64> {
        let read = |file: &str| fs::read_to_string(group.join(file)).ok();
        let (quota, period) = match self {
            Hierarchy::V2 => {
                let text = read("cpu.max")?;
                let (quota, period) = text.trim().split_once(' ')?;
                (quota.to_owned(), period.to_owned())
            }
            Hierarchy::V1 => (read("cpu.cfs_quota_us")?, read("cpu.cfs_period_us")?),
        };
        // "max", and -1 in version 1, stand for no limit; zeros are not to be divided by.
        let quota = quota.trim().parse::<u64>().ok().filter(|&quota| quota > 0)?;
        let period = period.trim().parse::<u64>().ok().filter(|&period| period > 0)?;
        Some(quota as f64 / period as f64)
    }
}

fn tightest(top: &Path, below: &Path, hierarchy: Hierarchy) -> Option<f64> {
    let groups = below.ancestors().map(|group| top.join(group));
    groups.filter_map(|group| hierarchy.limit(&group)).reduce(f64::min)
}

/// A line of `proc/self/mountinfo`, as far as it matters.
struct Mount<'a> {
    /// The group that is visible at the mount point.
    root: PathBuf,
    point: PathBuf,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    /// "id parent major:minor root point options [tags…] - type source super-options".
    fn parse(line: &'a str) -> Option<Mount<'a>> {
        let (mount, filesystem) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let (root, point) = (unescape(mount.next()?), unescape(mount.next()?));
        let mut filesystem = filesystem.split(' ');
        let (kind, options) = (filesystem.next()?, filesystem.nth(1)?);
        Some(Mount { root, point, kind, options })
    }

    /// Where `group` lies below the mount point. A group outside of what is mounted, as a container
    /// without a cgroup namespace of its own may see it, is not to be reached: then the mount point
    /// stands for it.
    fn path_below(&self, group: &str) -> PathBuf {
        let below = Path::new(group).strip_prefix(&self.root).unwrap_or(Path::new(""));
        let stays_below = below.components().all(|part| matches!(part, Component::Normal(_)));
        if stays_below { below.to_owned() } else { PathBuf::new() }
    }
}

/// Blanks and backslashes in mountinfo are "\040" and the like: three octal digits.
fn unescape(field: &str) -> PathBuf {
    let mut parts = field.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                text.push(char::from(byte));
                text.push_str(&part[3..]);
            }
            None => {
                text.push('\\');
                text.push_str(part);
            }
        }
    }
    PathBuf::from(text)
}
