//! The words of all mails, as plain text and as HTML.

use anyhook_domain::{Month, Timestamp};

use super::letter::{QuotaUsed, Says};

/// What a recipient reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// Where it leads, if anywhere.
    pub(super) link: Option<String>,
}

struct Draft {
    subject: String,
    before: Vec<String>,
    link: Option<String>,
    after: Vec<String>,
}

const TAKEN_OVER: &str = "Nobody had verified this address before. To be on the safe side, the account's second factor is \
                          off, and the API keys and invitations of workspaces that have no other member are gone: make \
                          new ones where you need them.";
const NOT_ASKED_FOR: &str = "If you did not ask for this, ignore this mail: nothing changes.";

/// INVARIANT: what comes from outside is on one line, and escaped in the HTML.
pub(super) fn write(says: &Says, dashboard_url: &str) -> Written {
    let Draft { subject, before, link, after } = draft(says, dashboard_url);
    let subject = one_line(&subject);
    let [before, after] = [before, after].map(|texts| texts.iter().map(|it| one_line(it)).collect::<Vec<_>>());
    let text = before.iter().chain(&link).chain(&after).cloned().collect::<Vec<_>>().join("\n\n") + "\n";
    let paragraph = |text: &String| format!("<p>{}</p>\n", escaped(text));
    let anchor = |link: &String| format!("<p><a href=\"{0}\">{0}</a></p>\n", escaped(link));
    let parts = before.iter().map(paragraph).chain(link.iter().map(anchor)).chain(after.iter().map(paragraph));
    let html = format!("<!doctype html>\n<html lang=\"en\"><body>\n{}</body></html>\n", parts.collect::<String>());
    Written { subject, text, html, link }
}

fn draft(says: &Says, url: &str) -> Draft {
    match says {
        Says::VerifyEmail { token } => Draft {
            subject: "Verify your e-mail address".into(),
            before: vec![
                "Somebody signed up to AnyHook with this address. If that was you, open this link within \
                          seven days:"
                    .into(),
            ],
            link: Some(format!("{url}/verify-email#{token}")),
            after: vec![NOT_ASKED_FOR.into()],
        },
        Says::ResetPassword { token } => Draft {
            subject: "Choose another password".into(),
            before: vec![
                "Somebody asked for another password for your AnyHook account. If that was you, open this \
                          link within the hour:"
                    .into(),
            ],
            link: Some(format!("{url}/reset-password#{token}")),
            after: vec![NOT_ASKED_FOR.into()],
        },
        Says::PasswordChanged { at, is_taken_over } => password_changed(*at, *is_taken_over, url),
        Says::IdentityLinked { at, issuer, email } => identity_linked(*at, issuer, email.as_deref(), url),
        Says::SecondFactorReset { at } => second_factor_reset(*at, url),
        Says::Invitation { token, tenant, role, by } => {
            let by = by.as_deref().unwrap_or("An administrator");
            Draft {
                subject: format!("You are invited to \u{201c}{tenant}\u{201d}"),
                before: vec![format!(
                    "{by} invites you to \u{201c}{tenant}\u{201d} on AnyHook, as {role}. To accept, open this link within \
                     seven days:"
                )],
                link: Some(format!("{url}/invite#{token}")),
                after: vec!["If you do not know what this is about, ignore this mail.".into()],
            }
        }
        Says::QuotaUsed { tenant, plan, used } => quota_used(tenant, plan, *used, url),
        Says::DestinationPaused { tenant, url: destination, reason } => Draft {
            subject: format!("A destination of \u{201c}{tenant}\u{201d} was paused"),
            before: vec![
                format!("The handler at {destination} asked for no more deliveries: {reason}."),
                "Its destination is paused. Events are stored and held, and go out once you resume it:".into(),
            ],
            link: Some(url.to_owned()),
            after: Vec::new(),
        },
    }
}

fn password_changed(at: i64, is_taken_over: bool, url: &str) -> Draft {
    let at = Timestamp::from_unix_ms(at);
    Draft {
        subject: "Your password was changed".into(),
        before: vec![
            format!("The password of your AnyHook account was changed at {at}."),
            "If that was not you, choose another one at once; that also ends all sessions:".into(),
        ],
        link: Some(format!("{url}/forgot-password")),
        after: if is_taken_over { vec![TAKEN_OVER.into()] } else { Vec::new() },
    }
}

fn identity_linked(at: i64, issuer: &str, email: Option<&str>, url: &str) -> Draft {
    let at = Timestamp::from_unix_ms(at);
    let account = email.map(|email| format!(" ({email})")).unwrap_or_default();
    Draft {
        subject: format!("Your account is linked with {issuer}"),
        before: vec![
            format!("Since {at}, an account of {issuer}{account} signs in to your AnyHook account."),
            "If that was not you, choose another password, sign in, and remove it in your settings:".into(),
        ],
        link: Some(format!("{url}/forgot-password")),
        after: Vec::new(),
    }
}

fn second_factor_reset(at: i64, url: &str) -> Draft {
    let at = Timestamp::from_unix_ms(at);
    Draft {
        subject: "Your second factor was turned off".into(),
        before: vec![
            format!("The operator of this server turned the second factor of your AnyHook account off at {at}."),
            "Sign in and set up another one. If you did not ask for this, tell the operator:".into(),
        ],
        link: Some(url.to_owned()),
        after: Vec::new(),
    }
}

fn quota_used(tenant: &str, plan: &str, used: QuotaUsed, url: &str) -> Draft {
    let QuotaUsed { percent, n_events, events_per_month, month } = used;
    let month = Month::of_number(month).map(|month| month.to_string()).unwrap_or_default();
    let then = if percent >= 100 {
        "Further events of this month are stored and held. They go out next month, or at once with a larger plan; after \
         twice the plan's number, senders are turned away."
    } else {
        "Beyond its number, events are stored and held until next month."
    };
    Draft {
        subject: format!("\u{201c}{tenant}\u{201d} has used {percent} % of its events in {month}"),
        before: vec![
            format!(
                "\u{201c}{tenant}\u{201d} has received {n_events} events in {month}. Its plan, {plan}, has \
                 {events_per_month} a month."
            ),
            then.into(),
        ],
        link: Some(url.to_owned()),
        after: Vec::new(),
    }
}

/// Without anything that begins another line, of a header above all.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || "\u{2028}\u{2029}".contains(c) { ' ' } else { c }).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://hooks.example";

    fn invitation(tenant: &str) -> Written {
        let by = Some("eve@example.com".to_owned());
        write(&Says::Invitation { token: "t-1".into(), tenant: tenant.into(), role: "admin".into(), by }, URL)
    }

    #[test]
    fn names_end_no_line_and_open_no_tag() {
        let written = invitation("A\r\nBcc: x@y\u{2028}<b onload='x'>&\"");
        assert!(!written.subject.contains(['\r', '\n', '\u{2028}']), "{}", written.subject);
        assert!(!written.html.contains("<b "), "{}", written.html);
        assert!(written.html.contains("&lt;b onload=&#39;x&#39;&gt;&amp;&quot;"), "{}", written.html);
        assert_eq!(written.text.lines().filter(|line| line.starts_with("Bcc")).count(), 0);
    }

    #[test]
    fn links_lead_to_the_dashboard() {
        let token = || "t-1".to_owned();
        for (says, path) in [
            (Says::VerifyEmail { token: token() }, "/verify-email#t-1"),
            (Says::ResetPassword { token: token() }, "/reset-password#t-1"),
            (Says::PasswordChanged { at: 0, is_taken_over: false }, "/forgot-password"),
            (Says::IdentityLinked { at: 0, issuer: "Acme SSO".into(), email: None }, "/forgot-password"),
            (Says::SecondFactorReset { at: 0 }, ""),
        ] {
            let written = write(&says, URL);
            let link = format!("{URL}{path}");
            assert_eq!(written.link.as_deref(), Some(link.as_str()));
            assert!(written.text.contains(&format!("\n\n{link}\n")) && written.html.contains(&format!("\"{link}\"")));
        }
        assert_eq!(invitation("Acme").link.unwrap(), format!("{URL}/invite#t-1"));
    }

    #[test]
    fn how_much_was_used_is_said_in_numbers() {
        let used = |percent| QuotaUsed { percent, n_events: 2400, events_per_month: 3000, month: 202_611 };
        let says = |percent| Says::QuotaUsed { tenant: "Acme".into(), plan: "free".into(), used: used(percent) };
        let near = write(&says(80), URL);
        assert_eq!(near.subject, "\u{201c}Acme\u{201d} has used 80 % of its events in 2026-11");
        assert!(near.text.contains("2400 events") && near.text.contains("free, has 3000 a month"), "{}", near.text);
        assert!(write(&says(100), URL).text.contains("twice the plan's number"));
    }
}
