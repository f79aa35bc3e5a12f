//! The OpenID Connect issuer by way of which people may sign in.

use std::path::PathBuf;

use anyhook_domain::secret::Secret;
use anyhook_tenants::OpenId;
use clap::Args;
use url::{Host, Url};

use super::problems::Problems;

const ISSUER: &str = "oidc-issuer";
const MOST_NAME_CHARS: usize = 60;

#[derive(Clone, Default, Args)]
pub(super) struct OidcArgs {
    /// OpenID Connect issuer by way of which people may sign in, exactly as it calls itself, such as
    /// https://login.example.com; it sends them back to /api/v1/login/oidc/callback below the public dashboard URL
    #[arg(long, env = "ANYHOOK_OIDC_ISSUER", value_name = "URL")]
    oidc_issuer: Option<String>,
    /// What AnyHook is called there
    #[arg(long, env = "ANYHOOK_OIDC_CLIENT_ID", value_name = "ID")]
    oidc_client_id: Option<String>,
    /// The secret that the issuer gave out for that; a public client has none
    #[arg(long, env = "ANYHOOK_OIDC_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    oidc_client_secret: Option<String>,
    /// File with the client secret
    #[arg(long, env = "ANYHOOK_OIDC_CLIENT_SECRET_FILE", value_name = "FILE")]
    oidc_client_secret_file: Option<PathBuf>,
    /// What people know the issuer by [default: its host]
    #[arg(long, env = "ANYHOOK_OIDC_NAME", value_name = "NAME")]
    oidc_name: Option<String>,
    /// Whether people who come from the issuer and have no account get one: on or off
    #[arg(long, env = "ANYHOOK_OIDC_SIGNUP", value_name = "ON|OFF", default_value = "on")]
    oidc_signup: String,
    /// What the issuer is asked for besides `openid`, separated by spaces; it must bring the e-mail address
    #[arg(long, env = "ANYHOOK_OIDC_SCOPES", value_name = "SCOPES", default_value = "email")]
    oidc_scopes: String,
}

impl OidcArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Option<OpenId> {
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let secret =
            problems.secret("oidc-client-secret", self.oidc_client_secret, self.oidc_client_secret_file.as_deref());
        let (issuer, client_id) = (given(self.oidc_issuer), given(self.oidc_client_id));
        if issuer.is_none() && client_id.is_none() {
            return None;
        }
        let issuer = problems.required(ISSUER, issuer, "the issuer's URL, such as https://login.example.com");
        let client_id = problems.required("oidc-client-id", client_id, "what the issuer calls AnyHook");
        let host = host_of(&issuer, problems);
        let name = given(self.oidc_name).unwrap_or(host);
        if name.chars().count() > MOST_NAME_CHARS {
            problems.say("oidc-name", &format!("must have at most {MOST_NAME_CHARS} characters"));
        }
        let scopes = self.oidc_scopes.split_whitespace().filter(|scope| *scope != "openid").map(str::to_owned);
        let may_sign_up = problems.on_or_off("oidc-signup", &self.oidc_signup);
        let client_secret = secret.text().map(Secret::new);
        Some(OpenId { issuer, client_id, client_secret, name, scopes: scopes.collect(), may_sign_up })
    }
}

/// What comes from the issuer must not be changed on its way; between two programs of one machine it cannot be.
fn host_of(issuer: &str, problems: &mut Problems) -> String {
    let url = Url::parse(issuer).ok().filter(|url| url.query().is_none() && url.fragment().is_none());
    let host = url.as_ref().and_then(Url::host);
    let is_own = match &host {
        Some(Host::Domain(name)) => *name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_good = url.as_ref().is_some_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_own));
    if !is_good && !issuer.is_empty() {
        problems.say(ISSUER, &format!("is {issuer}, but must be an https:// URL without a query"));
    }
    host.map(|host| host.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(issuer: &str, client_id: &str) -> OidcArgs {
        OidcArgs {
            oidc_issuer: Some(issuer.into()),
            oidc_client_id: Some(client_id.into()),
            oidc_client_secret: Some("hunter2".into()),
            oidc_signup: "off".into(),
            oidc_scopes: "openid email profile".into(),
            ..OidcArgs::default()
        }
    }

    fn said(args: OidcArgs) -> String {
        let mut problems = Problems::default();
        args.check(&mut problems);
        problems.none().unwrap_err().to_string()
    }

    #[test]
    fn an_issuer_is_taken_as_it_calls_itself() {
        for issuer in ["https://login.example.com/realms/acme/", "http://127.0.0.1:8080", "http://localhost:8080/x"] {
            let mut problems = Problems::default();
            let openid = args(issuer, "anyhook").check(&mut problems).unwrap();
            problems.none().unwrap();
            assert_eq!((openid.issuer.as_str(), openid.may_sign_up), (issuer, false));
            assert_eq!(openid.scopes, ["email", "profile"]);
        }
        let openid = args("https://login.example.com", "anyhook").check(&mut Problems::default()).unwrap();
        assert_eq!(openid.name, "login.example.com");
        assert!(args("", " ").check(&mut Problems::default()).is_none());
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        for issuer in ["http://login.example.com", "login.example.com", "https://a.example/?b", "ftp://a.example"] {
            let text = said(args(issuer, "anyhook"));
            assert!(text.starts_with("ANYHOOK_OIDC_ISSUER") && !text.contains("hunter2"), "{text}");
        }
        assert!(
            said(args("https://a.example", "")).starts_with("ANYHOOK_OIDC_CLIENT_ID (--oidc-client-id) is missing")
        );
        assert!(said(args("", "anyhook")).starts_with("ANYHOOK_OIDC_ISSUER (--oidc-issuer) is missing"));
        let odd = OidcArgs { oidc_signup: "maybe".into(), ..args("https://a.example", "anyhook") };
        assert!(said(odd).contains("on or off"));
    }
}
