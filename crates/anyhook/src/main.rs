//! `anyhook`: the only binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    match anyhook::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("anyhook: {error:#}");
            ExitCode::FAILURE
        }
    }
}
