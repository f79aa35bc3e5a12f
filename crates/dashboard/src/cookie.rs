//! The session's cookie, and the one that a browser keeps on its way to an issuer.

use anyhook_domain::Timestamp;
use anyhook_rpc::tenants::v1::Session;
use http::{HeaderMap, HeaderValue, header};

use crate::problem::Problem;

/// With the prefix, browsers take the cookie only from this very host, over TLS, for all paths.
const SECURE_NAME: &str = "__Host-anyhook_session";
const PLAIN_NAME: &str = "anyhook_session";
const SECURE_TICKET: &str = "__Host-anyhook_sign_in";
const PLAIN_TICKET: &str = "anyhook_sign_in";

/// How the dashboard is reached decides how its cookie looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionCookie {
    is_secure: bool,
}

impl SessionCookie {
    pub(crate) fn of(public_url: &str) -> Self {
        Self { is_secure: public_url.starts_with("https://") }
    }

    const fn name(self) -> &'static str {
        if self.is_secure { SECURE_NAME } else { PLAIN_NAME }
    }

    /// The `Set-Cookie` that signs a browser in.
    ///
    /// # Errors
    /// [`Problem`] when there is no session, or its token cannot stand in a header.
    pub(crate) fn set(self, session: Option<&Session>, now: Timestamp) -> Result<HeaderValue, Problem> {
        let session = session.ok_or_else(|| Problem::internal("tenants: signed in without a session"))?;
        let seconds = Timestamp::from_unix_ms(session.expires_at).since(now).as_secs();
        let text = self.render(&session.token, seconds);
        HeaderValue::from_str(&text).map_err(|_| Problem::internal("tenants: a session token that is no header value"))
    }

    /// The `Set-Cookie` that signs a browser out.
    pub(crate) fn clear(self) -> HeaderValue {
        HeaderValue::from_str(&self.render("", 0)).expect("it is made of ASCII words")
    }

    fn render(self, token: &str, seconds: u64) -> String {
        render(self.name(), token, seconds, self.is_secure)
    }

    /// The session token that a request brings.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, self.name())
    }
}

/// What a browser shows that comes back from an issuer. Only top-level navigations from there bring it along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TicketCookie {
    is_secure: bool,
}

impl TicketCookie {
    pub(crate) fn of(public_url: &str) -> Self {
        Self { is_secure: public_url.starts_with("https://") }
    }

    const fn name(self) -> &'static str {
        if self.is_secure { SECURE_TICKET } else { PLAIN_TICKET }
    }

    /// # Errors
    /// [`Problem`] when the ticket cannot stand in a header.
    pub(crate) fn set(self, ticket: &str, expires_at: i64, now: Timestamp) -> Result<HeaderValue, Problem> {
        let seconds = Timestamp::from_unix_ms(expires_at).since(now).as_secs();
        let text = render(self.name(), ticket, seconds, self.is_secure);
        HeaderValue::from_str(&text).map_err(|_| Problem::internal("tenants: a ticket that is no header value"))
    }

    pub(crate) fn clear(self) -> HeaderValue {
        HeaderValue::from_str(&render(self.name(), "", 0, self.is_secure)).expect("it is made of ASCII words")
    }

    pub(crate) fn read(self, headers: &HeaderMap) -> Option<&str> {
        read(headers, self.name())
    }
}

fn render(name: &str, value: &str, seconds: u64, is_secure: bool) -> String {
    let secure = if is_secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn read<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == wanted && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_ms(1_000_000);

    fn session() -> Session {
        Session { token: "tok".into(), expires_at: NOW.unix_ms() + 60_500 }
    }

    #[test]
    fn flags_follow_the_public_url() {
        let set = |url| SessionCookie::of(url).set(Some(&session()), NOW).unwrap();
        assert_eq!(
            set("https://hooks.example"),
            "__Host-anyhook_session=tok; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set("http://127.0.0.1:4400"), "anyhook_session=tok; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        let cleared = SessionCookie::of("http://127.0.0.1:4400").clear();
        assert_eq!(cleared, "anyhook_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_ticket_is_kept_like_a_session() {
        let set = |url| TicketCookie::of(url).set("t", NOW.unix_ms() + 600_000, NOW).unwrap();
        assert_eq!(
            set("https://hooks.example"),
            "__Host-anyhook_sign_in=t; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set("http://127.0.0.1:4400"), "anyhook_sign_in=t; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
        let cleared = TicketCookie::of("http://a.example").clear();
        assert_eq!(cleared, "anyhook_sign_in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_token_cannot_add_header_fields() {
        let odd = Session { token: "a\r\nset-cookie: b".into(), ..session() };
        assert!(SessionCookie::of("http://a.example").set(Some(&odd), NOW).is_err());
        assert!(SessionCookie::of("http://a.example").set(None, NOW).is_err());
    }

    #[test]
    fn it_is_found_among_others_and_only_under_its_own_name() {
        let read = |url, cookies: &[&str]| {
            let headers = cookies.iter().map(|text| (header::COOKIE, text.parse().unwrap())).collect();
            SessionCookie::of(url).read(&headers).map(str::to_owned)
        };
        assert_eq!(read("http://a.example", &["x=1; anyhook_session=tok", "y=2"]), Some("tok".into()));
        assert_eq!(read("http://a.example", &["x=1", "y=2;anyhook_session=tok="]), Some("tok=".into()));
        assert_eq!(read("https://a.example", &["anyhook_session=tok"]), None, "another host could have set it");
        assert_eq!(read("https://a.example", &["__Host-anyhook_session=tok"]), Some("tok".into()));
        assert_eq!(read("http://a.example", &["anyhook_session="]), None);
        assert_eq!(read("http://a.example", &[]), None);
    }
}
