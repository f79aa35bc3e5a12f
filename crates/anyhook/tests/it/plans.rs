//! Plans from a file, as an operator writes it.

use std::process::{Command, Output};

fn up(arguments: &[&str], plans: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plans.toml");
    std::fs::write(&file, plans).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_anyhook"));
    // Something else is wrong as well, so that it never starts.
    command.args(["up", "--ingress-addr", "here", "--plans-file"]).arg(&file).args(arguments);
    command.output().unwrap()
}

fn said(arguments: &[&str], plans: &str) -> String {
    let output = up(arguments, plans);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_is_wrong_with_the_file_is_said() {
    let good = "[plan.starter]\nevents_per_month = 500\nkept_days = 7\n";
    let fine = said(&["--default-plan", "starter"], good);
    assert!(fine.contains("--ingress-addr") && !fine.contains("plan"), "{fine}");
    let no_default = said(&[], good);
    assert!(no_default.contains("--default-plan") && no_default.contains("one of starter"), "{no_default}");
    let typo = said(&["--default-plan", "starter"], &good.replace("kept_days", "keep_days"));
    assert!(typo.contains("--plans-file") && typo.contains("line 3: unknown field `keep_days`"), "{typo}");
}
