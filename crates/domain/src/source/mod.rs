//! Sources: how each provider's requests are verified and read. One file a provider, one table.

mod adyen;
mod asana;
mod assemblyai;
mod auto;
mod aws_sns;
mod azure_eventgrid;
mod basic;
mod bitbucket;
mod clerk;
mod cloudevents;
mod config;
mod discord;
mod dropbox;
mod elevenlabs;
mod fal;
mod generic;
mod github;
mod gitlab;
mod handshake;
mod hmac;
mod hubspot;
mod huggingface;
mod intercom;
mod json;
mod lemonsqueezy;
mod line;
mod linear;
mod mailgun;
mod meta;
mod mock;
mod msgraph;
mod mux;
mod okta;
mod openai;
mod paddle;
mod paypal;
mod pick;
#[cfg(test)]
mod properties;
mod reason;
mod recognise;
mod replicate;
mod resend;
mod resources;
mod runpod;
mod scheme;
mod sendgrid;
mod sentry;
mod shopify;
mod slack;
mod square;
mod standard_webhooks;
mod stripe;
mod svix;
mod table;
mod token;
mod twilio;
mod twitch;
mod typeform;
mod vercel;
mod woocommerce;
mod x;
mod xero;
mod zoom;

pub use config::{COMMON_SETTINGS, Config, Setting};
pub use handshake::{Handshake, Reply};
pub use mock::{Mock, Wanted};
pub use reason::{BadConfig, Reason};
pub use recognise::recognise;
pub use resources::Resources;
pub use table::SOURCES;

use crate::{Headers, Timestamp};
use mock::Example;
use pick::Pick;
use recognise::Mark;
use scheme::Scheme;

/// A request as a source sees it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// The URL as the provider called it, before any proxy.
    pub url: &'a str,
    pub headers: &'a Headers,
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The URL's query, without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&'a str> {
        self.url.split('#').next()?.split_once('?').map(|(_, query)| query)
    }

    /// A parameter of the query, decoded as a form's (`+` is a space).
    fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query()?.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A field of a form body.
    fn field(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body);
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Whether the body is declared to be of this media type.
    fn is_of_type(&self, media_type: &str) -> bool {
        let declared = self.headers.text("content-type").unwrap_or_default();
        declared.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
    }
}

/// What a source says of a request's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Verified,
    /// There was nothing to check with: the source does not sign, or the app has no secret.
    NotChecked,
    Rejected(Reason),
}

/// How a source uses a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretUse {
    /// Nothing is checked.
    None,
    /// Without a secret everything is accepted, unverified.
    Optional,
    /// The source makes no sense without one.
    Required,
    /// The provider signs with a key that it publishes: everything is checked, and the app needs no secret.
    Published,
}

impl SecretUse {
    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Published => "published",
        }
    }
}

/// Where a secret stands that comes along as it is, and is not to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretAt {
    /// It signs, and stays at home.
    Nowhere,
    /// Lower case.
    Header(String),
    /// It is neither kept nor forwarded once it was found right.
    LastPathPart,
    /// A parameter of the URL.
    Parameter(String),
}

/// One provider.
#[derive(Debug)]
pub struct Source {
    /// The word in the API and the database.
    pub slug: &'static str,
    /// The provider's own name.
    pub name: &'static str,
    pub secret: SecretUse,
    /// What the provider calls the secret.
    pub secret_name: &'static str,
    /// Where the user finds the secret.
    pub secret_help: &'static str,
    /// Where the inbound URL is entered at the provider.
    pub setup: &'static str,
    /// What is answered when the provider makes sure of the URL; empty when it does not.
    pub handshake_help: &'static str,
    /// Further settings, besides [`COMMON_SETTINGS`].
    pub settings: &'static [Setting],
    /// Lower-case names of headers whose values are not shown: they are secrets themselves. An app's settings may name
    /// another one, see [`Source::secret_at`].
    pub secret_headers: &'static [&'static str],
    /// Whether GET carries events, too, and not only POST, PUT, PATCH and DELETE.
    pub takes_get: bool,
    scheme: &'static dyn Scheme,
    marks: &'static [Mark],
    handshake: fn(&Request<'_>, &Config) -> Option<Handshake>,
    event_type: fn(&Request<'_>) -> Option<String>,
    provider_id: fn(&Request<'_>) -> Option<String>,
    accepted: fn(&Request<'_>) -> Option<Reply>,
    /// Whether a refusal has no body.
    refuses_silently: bool,
    example: Example,
    example_options: &'static [(&'static str, &'static str)],
}

/// The longest event type and provider id that are kept, in bytes; longer ones are not a provider's.
const MAX_WORD_BYTES: usize = 256;

impl Source {
    /// What most sources have in common.
    const BASE: Self = Self {
        slug: "",
        name: "",
        secret: SecretUse::Optional,
        secret_name: "Signing secret",
        secret_help: "",
        setup: "",
        settings: &[],
        secret_headers: &[],
        takes_get: false,
        scheme: &scheme::Unsigned,
        marks: &[],
        handshake: |_, _| None,
        event_type: |request| json::event_type(request.body),
        provider_id: |_| None,
        handshake_help: "",
        accepted: |_| None,
        refuses_silently: false,
        example: Example::json(r#"{"id":"evt_{id}","type":"example.created"}"#),
        example_options: &[],
    };

    #[must_use]
    pub fn named(slug: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|source| source.slug == slug).copied()
    }

    /// Whether an app of this source can work with these settings.
    ///
    /// # Errors
    /// [`BadConfig`] says what is wrong and what to do.
    pub fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        if self.secret == SecretUse::Required && config.secrets.is_empty() {
            return Err(BadConfig(format!("source {} needs a secret: {}", self.slug, self.secret_help)));
        }
        if self.secret == SecretUse::None && !config.secrets.is_empty() {
            return Err(BadConfig(format!(
                "source {} has no secret: leave secret out, or name the source that signs with it",
                self.slug
            )));
        }
        config.check(self.settings)?;
        self.scheme.check_config(config)
    }

    /// The addresses of published keys that this request has to be checked with, each one the provider's own.
    /// They are to be fetched and given to [`Source::verify`].
    ///
    /// # Errors
    /// [`Reason`] when the request names none, or another host's: then it is rejected, and nothing is fetched.
    pub fn resources(&self, request: &Request<'_>, config: &Config) -> Result<Vec<String>, Reason> {
        if !self.is_checked(config) {
            return Ok(Vec::new());
        }
        self.scheme.resources(request).map_err(Reason::fit_to_be_seen)
    }

    /// Whether the request is the provider's. Evaluated on arrival only: replays are old by nature.
    #[must_use]
    pub fn verify(&self, request: &Request<'_>, config: &Config, resources: &Resources, now: Timestamp) -> Verdict {
        if !self.is_checked(config) {
            return Verdict::NotChecked;
        }
        match self.scheme.verify(request, config, resources, now) {
            Ok(()) => Verdict::Verified,
            Err(reason) => Verdict::Rejected(reason.fit_to_be_seen()),
        }
    }

    fn is_checked(&self, config: &Config) -> bool {
        match self.secret {
            SecretUse::None => false,
            SecretUse::Published => true,
            SecretUse::Optional | SecretUse::Required => !config.secrets.is_empty(),
        }
    }

    /// Where an app's secret itself stands in its requests.
    #[must_use]
    pub fn secret_at(&self, config: &Config) -> SecretAt {
        self.scheme.secret_at(config)
    }

    /// A verified request's path as it is kept and forwarded: without its last part, where that is the secret.
    #[must_use]
    pub fn kept_path<'a>(&self, config: &Config, rest: &'a str) -> &'a str {
        let is_secret = self.secret_at(config) == SecretAt::LastPathPart;
        rest.rfind('/').filter(|_| is_secret).map_or(rest, |at| &rest[..at])
    }

    /// What the request asks for, where it is a handshake; `None`: it is an event.
    #[must_use]
    pub fn handshake(&self, request: &Request<'_>, config: &Config) -> Option<Handshake> {
        (self.handshake)(request, config)
    }

    /// The answer that this provider expects for an accepted event; `None`: any success is right.
    #[must_use]
    pub fn accepted(&self, request: &Request<'_>) -> Option<Reply> {
        (self.accepted)(request)
    }

    /// Whether this provider expects a refusal without a body.
    #[must_use]
    pub const fn refuses_silently(&self) -> bool {
        self.refuses_silently
    }

    /// The provider's own name for what happened.
    #[must_use]
    pub fn event_type(&self, request: &Request<'_>) -> Option<String> {
        (self.event_type)(request).filter(|word| is_word(word))
    }

    /// What is the same on every try of an event's delivery, and on no other event: the provider's own id, or what the
    /// app's settings name in its place.
    #[must_use]
    pub fn provider_id(&self, request: &Request<'_>, config: &Config) -> Option<String> {
        let id = match Pick::of(config) {
            Ok(Pick::Source) | Err(_) => (self.provider_id)(request),
            Ok(pick) => pick.id(request),
        };
        id.filter(|word| is_word(word))
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_WORD_BYTES && !text.chars().any(char::is_control)
}
