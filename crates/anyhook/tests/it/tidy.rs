//! The house's rules that no compiler checks. Each rule is a pure function, tried on input that breaks it, then held
//! against the tree.

mod edges;
mod map;
mod migrations;
mod sizes;
mod statements;
mod words;

use ignore::WalkBuilder;
use std::path::{Path, PathBuf};

struct File {
    /// From the workspace's root, with forward slashes.
    path: String,
    text: String,
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate is two folders below the root").to_owned()
}

/// Every text file that git would see whose path is `wanted`, in the order of the paths.
fn files(wanted: impl Fn(&str) -> bool) -> Vec<File> {
    let root = root();
    let walk = WalkBuilder::new(&root)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .filter_entry(|entry| ![".git", "target", "node_modules"].contains(&&*entry.file_name().to_string_lossy()))
        .sort_by_file_name(Ord::cmp)
        .build();
    walk.map(|entry| entry.expect("the tree is readable"))
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(&root).expect("the walk starts at the root");
            let path = path.to_str()?.replace('\\', "/");
            // What is not UTF-8 is a picture or the like.
            let text = wanted(&path).then(|| std::fs::read_to_string(entry.path()).ok())??;
            Some(File { path, text })
        })
        .collect()
}

#[track_caller]
fn assert_kept(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n\n  {}\n", broken.join("\n  "));
}

#[test]
fn sees_the_tree() {
    let seen: Vec<_> = files(|_| true).into_iter().map(|file| file.path).collect();
    for path in ["Cargo.toml", ".clippy.toml", "crates/anyhook/tests/it/tidy.rs", "crates/domain/src/lib.rs"] {
        assert!(seen.iter().any(|seen| seen == path), "{path} is not among the files that the rules are held against");
    }
}
