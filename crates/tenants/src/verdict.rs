//! What a source says of a request's origin, now or then.

use anyhook_domain::{
    Timestamp,
    source::{Config, Request, Resources, Source, Verdict},
};
use anyhook_egress::NotFetched;

use crate::Service;

impl Service {
    /// As if the request arrived at this instant; what the provider publishes is taken as it is today.
    ///
    /// # Errors
    /// [`NotFetched`] when the provider's published key could not be had.
    pub(crate) async fn verdict(
        &self,
        source: &Source,
        request: &Request<'_>,
        config: &Config,
        at: Timestamp,
    ) -> Result<Verdict, NotFetched> {
        let verify = |keys: &Resources| source.verify(request, config, keys, at);
        match source.resources(request, config) {
            Err(reason) => Ok(Verdict::Rejected(reason)),
            Ok(urls) if urls.is_empty() => Ok(verify(&Resources::default())),
            Ok(urls) => self.published.verify_with(&urls, self.now(), verify).await,
        }
    }
}
