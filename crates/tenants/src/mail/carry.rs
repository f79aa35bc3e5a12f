//! The ways out for a mail: an SMTP server, or a folder.

use std::{
    error::Error,
    fmt::{self, Write as _},
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhook_domain::Timestamp;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::client::{Certificate, Tls, TlsParameters},
};
use tokio::time::timeout;
use url::{Host, Url};
use uuid::Uuid;

use super::{address::Sender, texts::Written};

/// A server's answer to one command.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// One mail, from the connection to the last answer.
pub(super) const SENT_WITHIN: Duration = Duration::from_secs(90);

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Who takes the mails.
#[derive(Clone)]
pub enum Carrier {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    /// Each mail becomes a file, as mail programs open it.
    Folder(PathBuf),
    /// Mails wait until there is somebody.
    Nobody,
}

/// Without the server's address, which may hold a password.
impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(_) => f.write_str("Smtp"),
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Nobody => f.write_str("Nobody"),
        }
    }
}

/// Why an address of an SMTP server cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSmtp {
    #[error(
        "must look like smtps://user:password@host:465, smtp://host:25, or smtp://user:password@host:587?tls=required; \
         percent-encode what is special in the password"
    )]
    Form,
    #[error("would send the password in plain text: add ?tls=required, or begin it with smtps://")]
    PlainPassword,
    #[error("comes with a certificate of an authority that is none in PEM")]
    Authority,
}

/// A mail is still here.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCarried {
    #[error("nothing says how mail is sent")]
    NoWay,
    #[error("it cannot be written: {0}")]
    Unwritable(#[from] lettre::error::Error),
    #[error("the server refuses it: {0}")]
    Refused(String),
    #[error("{0}")]
    NotNow(String),
}

impl Carrier {
    /// `authority`: a certificate in PEM that vouches for the server besides those that the system knows.
    ///
    /// # Errors
    /// [`BadSmtp`].
    pub fn smtp(url: &str, authority: Option<&[u8]>) -> Result<Self, BadSmtp> {
        let parsed = Url::parse(url).map_err(|_| BadSmtp::Form)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| BadSmtp::Form)?;
        let tls = parsed.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let is_encrypted = parsed.scheme() == "smtps" || tls.as_deref() == Some("required");
        if parsed.password().is_some() && !is_encrypted && !is_this_machine(&parsed) {
            return Err(BadSmtp::PlainPassword);
        }
        let builder = match authority {
            Some(pem) => builder.tls(trusting(&parsed, tls.as_deref(), pem)?),
            None => builder,
        };
        Ok(Self::Smtp(Box::new(builder.timeout(Some(ANSWERS_WITHIN)).build())))
    }

    pub(super) const fn is_nobody(&self) -> bool {
        matches!(self, Self::Nobody)
    }

    /// Sends a mail; the file that it is in now, where it became one. The same mail becomes the same file.
    pub(super) async fn carry(&self, mail: Uuid, message: &Message) -> Result<Option<PathBuf>, NotCarried> {
        match self {
            Self::Smtp(server) => match timeout(SENT_WITHIN, server.send(message.clone())).await {
                Ok(Ok(_)) => Ok(None),
                Ok(Err(error)) if error.is_permanent() => Err(NotCarried::Refused(chain(&error))),
                Ok(Err(error)) => Err(NotCarried::NotNow(chain(&error))),
                Err(_) => Err(NotCarried::NotNow("the server took too long".to_owned())),
            },
            Self::Folder(folder) => {
                let file = folder.join(format!("{mail}.eml"));
                let bytes = message.formatted();
                let written = file.clone();
                let outcome = tokio::task::spawn_blocking(move || write(&written, &bytes)).await;
                let outcome = outcome.map_err(|_| NotCarried::NotNow("a thread for writing ended early".to_owned()))?;
                outcome.map_err(|error| NotCarried::NotNow(format!("{}: {error}", file.display())))?;
                Ok(Some(file))
            }
            Self::Nobody => Err(NotCarried::NoWay),
        }
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        // Not a special scheme: an address of version 4 stays a text.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn trusting(url: &Url, tls: Option<&str>, authority: &[u8]) -> Result<Tls, BadSmtp> {
    // A text without any certificate would be taken, and vouch for nothing.
    if !authority.windows(BEGIN.len()).any(|part| part == BEGIN) {
        return Err(BadSmtp::Authority);
    }
    let authority = Certificate::from_pem(authority).map_err(|_| BadSmtp::Authority)?;
    let host = url.host_str().ok_or(BadSmtp::Form)?.to_owned();
    let parameters = TlsParameters::builder(host).add_root_certificate(authority).build();
    let parameters = parameters.map_err(|_| BadSmtp::Authority)?;
    Ok(match (url.scheme(), tls) {
        ("smtps", _) => Tls::Wrapper(parameters),
        (_, Some("required")) => Tls::Required(parameters),
        (_, Some(_)) => Tls::Opportunistic(parameters),
        (_, None) => Tls::None,
    })
}

/// A mail that programs recognise as one that nobody wrote.
pub(super) fn message(
    sender: &Sender,
    to: Mailbox,
    (mail, created_at): (Uuid, Timestamp),
    written: &Written,
) -> Result<Message, NotCarried> {
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let message = Message::builder()
        .from(sender.mailbox())
        .to(to)
        .subject(written.subject.clone())
        .message_id(Some(sender.message_id(mail)))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(created_at.unix_ms_unsigned()))
        .raw_header(automatic)
        .multipart(MultiPart::alternative_plain_html(written.text.clone(), written.html.clone()))?;
    Ok(message)
}

/// Whole or not at all, and for nobody else's eyes: it may hold a token.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(file);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let partial = file.with_extension("partial");
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(partial, file)
}

/// An error and its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        write!(text, ": {inner}").expect("writing to a string");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers() {
        for good in [
            "smtp://mail.example",
            "smtp://mail.example:2525",
            "smtps://u:p%40@mail.example:465",
            "smtp://u:p@mail.example?tls=required",
            "smtp://u:p@127.0.0.1:2525",
            "smtp://u:p@[::1]",
            "smtp://u:p@localhost",
        ] {
            assert!(Carrier::smtp(good, None).is_ok(), "{good}");
        }
        for bad in ["", "mail.example:25", "http://mail.example", "smtp://", "smtp://h?tls=perhaps"] {
            assert_eq!(Carrier::smtp(bad, None).unwrap_err(), BadSmtp::Form, "{bad}");
        }
        for plain in ["smtp://u:p@mail.example", "smtp://u:p@mail.example?tls=opportunistic"] {
            assert_eq!(Carrier::smtp(plain, None).unwrap_err(), BadSmtp::PlainPassword, "{plain}");
        }
        let no_authority = Carrier::smtp("smtps://mail.example", Some(b"nothing"));
        assert_eq!(no_authority.unwrap_err(), BadSmtp::Authority);
        let shown = format!("{:?}", Carrier::smtp("smtps://u:secret@mail.example", None).unwrap());
        assert_eq!(shown, "Smtp");
    }

    #[test]
    fn a_header_stays_one_header() {
        let sender = Sender::parse("AnyHook <a@hooks.example>").unwrap();
        let written = Written {
            subject: "One\r\nBcc: x@y.example".into(),
            text: "Text\n".into(),
            html: "<p>Text</p>".into(),
            link: None,
        };
        let to = super::super::address::recipient("ada@example.com").unwrap();
        let created = Timestamp::from_unix_ms(1_750_000_000_000);
        let message = message(&sender, to, (Uuid::nil(), created), &written).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{text}");
        assert_eq!(message.envelope().to().len(), 1);
        for header in [
            "Message-ID: <00000000-0000-0000-0000-000000000000@hooks.example>",
            "Date: Sun, 15 Jun 2025 15:06:40 +0000",
            "Auto-Submitted: auto-generated",
            "From: AnyHook <a@hooks.example>",
            "To: ada@example.com",
        ] {
            assert!(text.contains(header), "{header}\n{text}");
        }
    }
}
