//! Compiles the protocol without a system `protoc`.

use std::{error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let files =
        ["accounts", "access", "operator", "sign_in", "tenants"].map(|name| format!("anyhook/tenants/v1/{name}.proto"));
    let files = protox::compile(files, [&root])?;
    tonic_prost_build::configure().bytes(".").compile_fds(files)?;
    Ok(())
}
