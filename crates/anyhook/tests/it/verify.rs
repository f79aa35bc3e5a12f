//! `anyhook verify`: files of cases, and one captured request.

use std::process::{Command, Output};

const SIGNATURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/signatures.json");
const HANDSHAKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/handshakes.json");

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_anyhook")).arg("verify").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn every_case_is_as_expected() {
    let output = verify(&[SIGNATURES, HANDSHAKES]);
    let said = text(&output.stdout);
    let failed: Vec<_> = said.lines().filter(|line| line.starts_with("FAIL")).collect();
    assert!(output.status.success(), "{failed:#?}");
    assert_eq!(said.lines().last(), Some("239 ok, 0 failed, 2 not asserted, 241 in all"));
    assert!(said.lines().any(|line| line == "ok stripe-02"));
}

#[test]
fn a_case_that_is_not_as_expected_is_said_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.json");
    let cases = std::fs::read_to_string(SIGNATURES).unwrap();
    let mut cases: serde_json::Value = serde_json::from_str(&cases).unwrap();
    let one = cases["vectors"].as_array().unwrap().iter().find(|it| it["id"] == "github-05").unwrap().clone();
    cases["vectors"] = serde_json::json!([one]);
    cases["vectors"][0]["expect"] = "valid".into();
    std::fs::write(&wrong, cases.to_string()).unwrap();
    let output = verify(&[wrong.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "FAIL github-05: expected valid, got invalid: signed with another secret, or changed on its way";
    assert_eq!(text(&output.stdout).lines().next(), Some(expected));
}

#[test]
fn one_captured_request_is_verified_with_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let body = folder.path().join("body");
    std::fs::write(&body, b"Hello, World!").unwrap();
    // The example of GitHub's documentation.
    let header = "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let ask = |secret: &str, source: &str| {
        verify(&["--source", source, "--secret", secret, "-H", header, "--body", body.to_str().unwrap()])
    };
    let right = ask("It's a Secret to Everybody", "github");
    assert_eq!((right.status.code(), text(&right.stdout)), (Some(0), "ok github\n"));
    let wrong = ask("It's a Secret to Nobody", "github");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("signed with another secret"), "{}", text(&wrong.stderr));
    let other = ask("It's a Secret to Everybody", "stripe");
    assert!(text(&other.stderr).contains("header stripe-signature missing"), "{}", text(&other.stderr));
    let unknown = ask("x", "strype");
    assert!(
        text(&unknown.stderr).contains("source strype is unknown; known: adyen, asana"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn what_is_missing_is_said() {
    for (arguments, says) in [
        (&[][..], "name files of cases, or one captured request"),
        (&["/no/such/file"][..], "cannot read /no/such/file"),
        (&[env!("CARGO_MANIFEST_PATH")][..], "is no file of cases"),
    ] {
        let output = verify(arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
    }
}
