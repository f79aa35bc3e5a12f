//! The tenants service: where it listens, where it is found, and how both sides know each other.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhook_rpc::{Remote, ServiceToken, Tls, Transport};
use anyhook_tenants::{Guard, ServerTls};
use clap::Args;

use super::problems::Problems;

#[derive(Clone, Args)]
pub(super) struct TokenArgs {
    /// What the services show each other: 32 or more random characters; two, separated by a comma, during a rotation:
    /// the first is shown, both are accepted
    #[arg(long, env = "ANYHOOK_SERVICE_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    service_token: Option<String>,
    /// File with the service token
    #[arg(long, env = "ANYHOOK_SERVICE_TOKEN_FILE", value_name = "FILE")]
    service_token_file: Option<PathBuf>,
    /// Own certificate in PEM: the tenants service's, or with client certificates the caller's
    #[arg(long, env = "ANYHOOK_TENANTS_TLS_CERT_FILE", value_name = "FILE")]
    tenants_tls_cert_file: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, env = "ANYHOOK_TENANTS_TLS_KEY_FILE", value_name = "FILE")]
    tenants_tls_key_file: Option<PathBuf>,
    /// Certificate of the authority that signed the other side's; the tenants service then demands certificates
    #[arg(long, env = "ANYHOOK_TENANTS_TLS_CA_FILE", value_name = "FILE")]
    tenants_tls_ca_file: Option<PathBuf>,
}

impl TokenArgs {
    /// `None` when there is a problem.
    fn token(&mut self, problems: &mut Problems) -> Option<ServiceToken> {
        let name = "service-token";
        let given = problems.secret(name, self.service_token.take(), self.service_token_file.as_deref());
        let wanted = "one for all services, such as the output of `openssl rand -hex 32`";
        let token = problems.required_secret(name, given, wanted)?;
        let token = ServiceToken::parse(&token);
        token.inspect_err(|invalid| problems.say(name, &format!("cannot be used: {invalid}"))).ok()
    }

    fn own(&self, problems: &mut Problems) -> Option<(Vec<u8>, Vec<u8>)> {
        let certificate = problems.file("tenants-tls-cert-file", self.tenants_tls_cert_file.as_deref());
        let key = problems.file("tenants-tls-key-file", self.tenants_tls_key_file.as_deref());
        if certificate.is_some() != key.is_some() {
            problems.say("tenants-tls-cert-file", "and its key go together: give both, or neither");
        }
        certificate.zip(key)
    }

    fn authority(&self, problems: &mut Problems) -> Option<Vec<u8>> {
        problems.file("tenants-tls-ca-file", self.tenants_tls_ca_file.as_deref())
    }

    /// `None` when there is a problem.
    pub(super) fn guard(mut self, problems: &mut Problems) -> Option<Guard> {
        let token = self.token(problems);
        let callers_authority = self.authority(problems);
        let own = self.own(problems);
        if callers_authority.is_some() && own.is_none() {
            problems.say("tenants-tls-ca-file", "needs the service's own certificate and key beside it");
        }
        let tls = own.map(|(certificate, key)| ServerTls { certificate, key, callers_authority });
        let guard = Guard { token: token?, tls };
        if let Err(error) = guard.check() {
            problems.say("tenants-tls-cert-file", &format!("and its key cannot be used: {error}"));
        }
        Some(guard)
    }
}

#[derive(Clone, Args)]
pub(super) struct CallerArgs {
    /// Where the tenants service is
    #[arg(long, env = "ANYHOOK_TENANTS_URL", value_name = "URL")]
    tenants_url: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
}

impl CallerArgs {
    /// `within` is the caller's patience. `None` when there is a problem.
    pub(super) fn check(mut self, within: Duration, problems: &mut Problems) -> Option<Transport> {
        let url = problems.url("tenants-url", self.tenants_url.take());
        let url = problems.required("tenants-url", url, "the tenants service's address, such as http://tenants:4402");
        let token = self.token.token(problems);
        let authority = self.token.authority(problems);
        let own = self.token.own(problems);
        if own.is_some() && authority.is_none() {
            problems.say("tenants-tls-ca-file", "is missing: without it the tenants service cannot be recognised");
        }
        if url.is_empty() {
            return None;
        }
        let remote = Remote { url, token: token?, within, tls: authority.map(|authority| Tls { authority, own }) };
        let transport = Transport::connect(&remote);
        transport.inspect_err(|invalid| problems.say("tenants-url", &format!("cannot be used: {invalid}"))).ok()
    }
}

#[derive(Clone, Args)]
pub(super) struct TenantsAddrArgs {
    /// Where the tenants service answers gRPC
    #[arg(long, env = "ANYHOOK_TENANTS_ADDR", default_value = "127.0.0.1:4402", value_name = "IP:PORT")]
    tenants_addr: String,
}

impl TenantsAddrArgs {
    pub(super) fn check(self, problems: &mut Problems) -> SocketAddr {
        problems.address("tenants-addr", &self.tenants_addr)
    }
}
