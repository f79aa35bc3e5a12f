//! How mail is sent.

use std::path::{Path, PathBuf};

use anyhook_tenants::{Carrier, MailConfig, Sender};
use clap::Args;

use super::problems::Problems;

const URL: &str = "smtp-url";
const FROM: &str = "mail-from";

#[derive(Clone, Args)]
pub(super) struct MailArgs {
    /// The mail server: smtps://USER:PASSWORD@HOST:465, or smtp://HOST:25, or smtp:// with ?tls=required (STARTTLS) or
    /// ?tls=opportunistic; the password percent-encoded
    #[arg(long, env = "ANYHOOK_SMTP_URL", value_name = "URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// File with the mail server's URL, so that its password is in no process list
    #[arg(long, env = "ANYHOOK_SMTP_URL_FILE", value_name = "FILE")]
    smtp_url_file: Option<PathBuf>,
    /// Certificate in PEM of the authority that vouches for the mail server, besides those that the system knows
    #[arg(long, env = "ANYHOOK_SMTP_CA_FILE", value_name = "FILE")]
    smtp_ca_file: Option<PathBuf>,
    /// Who mails come from, such as "AnyHook <no-reply@example.com>"; must be given with a mail server
    #[arg(long, env = "ANYHOOK_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Without a mail server: folder into which each mail is written as a file [default of `up`: mail in the data folder]
    #[arg(long, env = "ANYHOOK_MAIL_FOLDER", value_name = "FOLDER")]
    mail_folder: Option<PathBuf>,
}

/// How mail is sent, as far as it was said.
#[derive(Clone)]
pub(super) struct Mail {
    sender: Sender,
    carrier: Carrier,
}

impl MailArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Mail {
        let url = problems.secret(URL, self.smtp_url, self.smtp_url_file.as_deref()).text();
        let authority = problems.file("smtp-ca-file", self.smtp_ca_file.as_deref());
        let from = self.mail_from.filter(|text| !text.trim().is_empty());
        if url.is_some() && from.is_none() {
            problems.say(FROM, "is missing: who mails come from, such as \"AnyHook <no-reply@example.com>\"");
        }
        let sender = Sender::parse(from.as_deref().unwrap_or("AnyHook <anyhook@localhost>")).unwrap_or_else(|bad| {
            problems.say(FROM, &bad.to_string());
            Sender::parse("anyhook@localhost").expect("a constant address")
        });
        let folder = self.mail_folder.filter(|folder| !folder.as_os_str().is_empty());
        let carrier = match url {
            Some(url) => Carrier::smtp(&url, authority.as_deref()).unwrap_or_else(|bad| {
                problems.say(URL, &bad.to_string());
                Carrier::Nobody
            }),
            None => folder.map_or(Carrier::Nobody, Carrier::Folder),
        };
        Mail { sender, carrier }
    }
}

impl Mail {
    /// Mails without anywhere to go wait, and need no address of the dashboard yet.
    pub(super) const fn goes_nowhere(&self) -> bool {
        matches!(self.carrier, Carrier::Nobody)
    }

    pub(super) fn config(self, dashboard_url: String) -> MailConfig {
        MailConfig { dashboard_url, sender: self.sender, carrier: self.carrier, shows_links: false }
    }

    /// For a process that has a data folder. `is_private`: nobody but whoever works on this machine reaches it.
    pub(super) fn config_within(self, dashboard_url: String, data_dir: &Path, is_private: bool) -> MailConfig {
        let carrier = match self.carrier {
            Carrier::Nobody => Carrier::Folder(data_dir.join("mail")),
            given => given,
        };
        MailConfig { dashboard_url, sender: self.sender, carrier, shows_links: is_private }
    }
}
