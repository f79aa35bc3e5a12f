//! Addresses as mails carry them.

use std::fmt;

use lettre::{Address, message::Mailbox};
use uuid::Uuid;

/// Who the mails come from: `AnyHook <no-reply@example.com>`.
#[derive(Clone, Debug)]
pub struct Sender(Mailbox);

/// It is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no sender of mails; give an address such as \"AnyHook <no-reply@example.com>\"")]
pub struct BadSender;

impl Sender {
    /// # Errors
    /// [`BadSender`].
    pub fn parse(text: &str) -> Result<Self, BadSender> {
        text.trim().parse().map(Self).map_err(|_| BadSender)
    }

    pub(super) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }

    /// A mail's own id: the same each time that it is sent, so that whoever gets it twice can tell.
    pub(super) fn message_id(&self, mail: Uuid) -> String {
        format!("<{mail}@{}>", self.0.email.domain())
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An account's address as a recipient; `None` where no mail can go there.
pub(super) fn recipient(address: &str) -> Option<Mailbox> {
    address.parse::<Address>().ok().map(|address| Mailbox::new(None, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_and_recipients() {
        assert_eq!(Sender::parse(" AnyHook <a@example.com> ").unwrap().to_string(), "AnyHook <a@example.com>");
        let id = Sender::parse("a@example.com").unwrap().message_id(Uuid::nil());
        assert_eq!(id, "<00000000-0000-0000-0000-000000000000@example.com>");
        for bad in ["", "AnyHook", "a@b, c@d", "a@b\r\nBcc: c@d"] {
            assert_eq!(Sender::parse(bad).unwrap_err(), BadSender, "{bad:?}");
        }
        assert!(recipient("ada@example.com").is_some() && recipient("ada@localhost").is_some());
        for bad in
            ["<a@b.example>", "a@b.example>,<c@d.example", "a@b.example\r\nBcc:c@d.example", "\"@b.example", "a@b@c"]
        {
            assert!(recipient(bad).is_none(), "{bad:?}");
        }
    }
}
