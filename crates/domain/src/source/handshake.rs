//! Requests that a provider makes to learn whether its URL is right. They are answered, and are no events.

use crate::secret::Secret;

/// What a provider's handshake asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// Answered whoever asks: the answer gives nothing away.
    Answer(Reply),
    /// Answered once the request is verified as any event is: the answer is made with the app's secret, or acts.
    Signed(Reply),
    /// Like [`Handshake::Signed`], and before it is answered, this address is asked for once.
    Confirm { url: String, reply: Reply },
    /// The provider names the secret that it will sign with: kept, if the app has none, and then answered.
    Learn { secret: Secret, reply: Reply },
    /// It is one, but not this app's: 403 with this sentence.
    Refuse(String),
}

/// An answer to a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// No body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// 200 with what the sender gave, in a form that no browser takes for a page.
    #[must_use]
    pub fn echo(text: &str) -> Self {
        let headers = vec![("content-type", "text/plain".to_owned()), ("x-content-type-options", "nosniff".to_owned())];
        Self { status: 200, headers, body: text.as_bytes().to_vec() }
    }

    /// 200 with a JSON body.
    #[must_use]
    pub fn json(body: &serde_json::Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self { status: 200, headers, body: body.to_string().into_bytes() }
    }
}
