//! All sources.

use super::{
    Source, adyen, asana, assemblyai, auto, aws_sns, azure_eventgrid, basic, bitbucket, clerk, cloudevents, discord,
    dropbox, elevenlabs, fal, generic, github, gitlab, hmac, hubspot, huggingface, intercom, lemonsqueezy, line,
    linear, mailgun, meta, msgraph, mux, okta, openai, paddle, paypal, replicate, resend, runpod, sendgrid, sentry,
    shopify, slack, square, standard_webhooks, stripe, svix, token, twilio, twitch, typeform, vercel, woocommerce, x,
    xero, zoom,
};

/// All sources, by slug.
pub const SOURCES: &[&Source] = &[
    &adyen::SOURCE,
    &asana::SOURCE,
    &assemblyai::SOURCE,
    &auto::SOURCE,
    &aws_sns::SOURCE,
    &azure_eventgrid::SOURCE,
    &basic::SOURCE,
    &bitbucket::SOURCE,
    &clerk::SOURCE,
    &cloudevents::SOURCE,
    &discord::SOURCE,
    &dropbox::SOURCE,
    &elevenlabs::SOURCE,
    &fal::SOURCE,
    &generic::SOURCE,
    &github::SOURCE,
    &gitlab::SOURCE,
    &hmac::SOURCE,
    &hubspot::SOURCE,
    &huggingface::SOURCE,
    &intercom::SOURCE,
    &lemonsqueezy::SOURCE,
    &line::SOURCE,
    &linear::SOURCE,
    &mailgun::SOURCE,
    &meta::SOURCE,
    &msgraph::SOURCE,
    &mux::SOURCE,
    &okta::SOURCE,
    &openai::SOURCE,
    &paddle::SOURCE,
    &paypal::SOURCE,
    &replicate::SOURCE,
    &resend::SOURCE,
    &runpod::SOURCE,
    &sendgrid::SOURCE,
    &sentry::SOURCE,
    &shopify::SOURCE,
    &slack::SOURCE,
    &square::SOURCE,
    &standard_webhooks::SOURCE,
    &stripe::SOURCE,
    &svix::SOURCE,
    &token::SOURCE,
    &twilio::SOURCE,
    &twitch::SOURCE,
    &typeform::SOURCE,
    &vercel::SOURCE,
    &woocommerce::SOURCE,
    &x::SOURCE,
    &xero::SOURCE,
    &zoom::SOURCE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_sorted() {
        let slugs: Vec<_> = SOURCES.iter().map(|source| source.slug).collect();
        assert!(slugs.windows(2).all(|pair| pair[0] < pair[1]), "{slugs:?}");
        assert!(Source::named("replicate").is_some());
        assert!(Source::named("no-such-source").is_none());
    }
}
