//! `anyhook check`: asks a service how it is. Containers have no other program to do that with.

use std::time::Duration;

use anyhook_egress::{Egress, EgressConfig, Outgoing};
use anyhow::{Context, Result, bail};
use http::{HeaderMap, Method};

const WITHIN: Duration = Duration::from_secs(4);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to ask, such as http://127.0.0.1:4401/readyz
    url: String,
}

/// # Errors
/// When the answer is no, or none comes.
pub(crate) async fn run(args: Args) -> Result<()> {
    let anywhere = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("a constant range")).to_vec();
    let egress = Egress::new(EgressConfig { allow: anywhere, allow_http: true, ..EgressConfig::default() })?;
    let url = args.url.parse().with_context(|| format!("{} is not a URL", args.url))?;
    let question = Outgoing { method: Method::GET, url, target: None, headers: HeaderMap::new(), body: Default::default() };
    let answer = match egress.send(question, WITHIN).await {
        Ok(answer) => answer,
        Err(failure) => bail!("{} did not answer: {}", args.url, failure.message),
    };
    let said = String::from_utf8_lossy(&answer.body);
    if !answer.status.is_success() {
        bail!("{} answered {}: {said}", args.url, answer.status);
    }
    println!("{said}");
    Ok(())
}
