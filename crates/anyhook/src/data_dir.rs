//! The data folder: one process at a time, and the master key.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhook_domain::seal::Key;
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A data folder that is this process's alone for as long as the value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder if it is missing, and takes it.
    ///
    /// # Errors
    /// When it cannot be made or written, or another process has it.
    pub fn take(path: &Path) -> Result<Self> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the data folder {} cannot be made", path.display()))?;
        Ok(Self { path: path.to_owned(), _lock: lock(&path.join("anyhook.lock"))? })
    }

    /// The master key of the given file, else of `master.key` in the folder, which is made for a database that has not
    /// been used with any key.
    ///
    /// # Errors
    /// When the file is missing although the database was used, cannot be read, is readable by others, or holds no key.
    pub fn master_key(&self, file: Option<&Path>, is_database_new: bool) -> Result<Key> {
        if let Some(file) = file {
            return read_key(file);
        }
        let file = self.path.join("master.key");
        if !file.exists() {
            if !is_database_new {
                bail!(
                    "the master key file {} is missing, but the database was used with one: without it nothing in it can \
                     be read; put the file back from a backup, or choose another folder with ANYHOOK_DATA_DIR",
                    file.display()
                );
            }
            make_key(&file)?;
        }
        read_key(&file)
    }
}

/// The lock is the kernel's: it ends with the process, however that ends.
fn lock(path: &Path) -> Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| format!("the lock file {} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Only for the message: who holds it may not have written its number yet.
            let _ = file.read_to_string(&mut holder);
            bail!(
                "another AnyHook (process {}) works on the data folder {}: stop it, or choose another folder with \
                 ANYHOOK_DATA_DIR",
                if holder.is_empty() { "unknown" } else { &holder },
                path.parent().unwrap_or(path).display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("the lock file {} cannot be locked", path.display()))
        }
    }
}

fn make_key(path: &Path) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("the master key file {} cannot be made", path.display()))?;
    writeln!(file, "{}", STANDARD.encode(rand::random::<[u8; 32]>()))?;
    file.sync_all()?;
    Ok(())
}

fn read_key(path: &Path) -> Result<Key> {
    let context = || format!("the master key file {}", path.display());
    let mode = std::fs::metadata(path).with_context(context)?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("{} can be read by others: run chmod 600 {}", context(), path.display());
    }
    let text = std::fs::read_to_string(path).with_context(context)?;
    crate::config::read_key(&text).with_context(|| format!("{} must hold 32 bytes in base64", context()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_process_and_one_key() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("deep/data");
        let first = DataDir::take(&path).unwrap();
        let second = DataDir::take(&path).unwrap_err().to_string();
        assert!(second.contains(&std::process::id().to_string()) && second.contains("ANYHOOK_DATA_DIR"), "{second}");
        let key = first.master_key(None, true).unwrap();
        let mode = std::fs::metadata(path.join("master.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(first);
        let again = DataDir::take(&path).unwrap();
        assert_eq!(again.master_key(None, false).unwrap().expose(), key.expose());
    }

    #[test]
    fn a_lost_or_open_or_broken_key_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let folder = DataDir::take(base.path()).unwrap();
        assert!(folder.master_key(None, false).unwrap_err().to_string().contains("is missing"));
        let file = base.path().join("key");
        std::fs::write(&file, STANDARD.encode([1; 32])).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(folder.master_key(Some(&file), false).unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(folder.master_key(Some(&file), false).unwrap().expose(), &[1; 32]);
        std::fs::write(&file, "short").unwrap();
        assert!(folder.master_key(Some(&file), false).unwrap_err().to_string().contains("32 bytes"));
    }
}
