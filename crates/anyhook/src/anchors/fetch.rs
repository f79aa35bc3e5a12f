//! The chain as an API gives it, each day with its apps.

use std::time::Duration;

use anyhook_egress::{Egress, EgressConfig, Outgoing};
use anyhow::{Context, Result, bail};
use http::{HeaderMap, Method};
use url::Url;

use super::{answers::Answer, chain::Chain};

const WITHIN: Duration = Duration::from_secs(30);
/// An answer has at most 10,000 apps.
const MOST_BYTES: usize = 16 * 1024 * 1024;

pub(super) async fn chain(base: &str, chain: &mut Chain) -> Result<()> {
    let anywhere = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("a constant range")).to_vec();
    let config =
        EgressConfig { allow: anywhere, read_bytes: MOST_BYTES, keep_bytes: MOST_BYTES, ..EgressConfig::default() };
    let api = Api { client: Egress::new(config)?, base: base.trim_end_matches('/') };
    api.pages("limit=200", chain).await?;
    for day in chain.days() {
        if chain.get(day).is_some_and(|anchor| anchor.app_count > 0) {
            api.pages(&format!("day={day}"), chain).await?;
        }
    }
    Ok(())
}

struct Api<'a> {
    client: Egress,
    base: &'a str,
}

impl Api<'_> {
    async fn pages(&self, query: &str, chain: &mut Chain) -> Result<()> {
        let mut cursor: Option<String> = None;
        loop {
            let more = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let url = format!("{}/api/v1/anchors?{query}{more}", self.base);
            let Answer::Anchors { anchors, next_cursor } = self.get(&url).await? else {
                bail!("{url} did not answer with anchors");
            };
            let is_empty = anchors.is_empty();
            chain.add(anchors);
            if next_cursor.is_none() || next_cursor == cursor || is_empty {
                return Ok(());
            }
            cursor = next_cursor;
        }
    }

    async fn get(&self, address: &str) -> Result<Answer> {
        let url: Url = address.parse().with_context(|| format!("{address} is not a URL"))?;
        let question =
            Outgoing { method: Method::GET, url, target: None, headers: HeaderMap::new(), body: Default::default() };
        let answer = match self.client.send(question, WITHIN).await {
            Ok(answer) => answer,
            Err(failure) => bail!("{address} did not answer: {}", failure.message),
        };
        if !answer.status.is_success() {
            bail!("{address} answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        serde_json::from_slice(&answer.body).with_context(|| format!("{address} did not answer with anchors"))
    }
}
