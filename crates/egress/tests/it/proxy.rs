//! Proxies from the environment would lead every request past the guard: they are not used.

use std::process::Stdio;

use tokio::process::Command;

use crate::support::{AMPLE, OK, Peer, local, post};

const TARGET: &str = "EGRESS_TEST_TARGET";

/// The environment of a process cannot be changed safely from within, so the client runs in a second one.
#[tokio::test]
async fn proxies_from_the_environment_are_ignored() {
    let (target, proxy) = (Peer::answering(OK).await, Peer::answering(OK).await);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxy::in_a_second_process", "--ignored"]).env(TARGET, target.url());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, format!("http://{}", proxy.address));
    }
    let status = child.stdout(Stdio::null()).status().await.unwrap();
    assert!(status.success());
    assert_eq!((target.n_accepted(), proxy.n_accepted()), (1, 0));
}

#[tokio::test]
#[ignore = "run by the test above, with proxies in its environment"]
async fn in_a_second_process() {
    let target = std::env::var(TARGET).unwrap();
    assert_eq!(local().send(post(&target), AMPLE).await.unwrap().status, 200);
}
