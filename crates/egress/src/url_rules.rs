//! The rules for addresses: what a text must look like, what a URL may say, and where its host may lead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

use crate::config::EgressConfig;
use crate::name::{self, Zone};
use crate::{Refusal, address};

const MAX_CHARS: usize = 2048;

/// The part of the configuration that decides about addresses.
#[derive(Debug)]
pub(crate) struct Rules {
    allow: Vec<IpNet>,
    allow_http: bool,
    ports: Option<Vec<u16>>,
}

/// Where a request goes, as far as it is known without DNS.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) port: u16,
    pub(crate) is_secure: bool,
    /// Set if only allowed networks may be reached, and then what to say otherwise.
    narrowed_by: Option<Refusal>,
}

/// Who is addressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An address, written out.
    Literal(IpAddr),
    /// This machine, by name, and those of its addresses that are allowed.
    Loopback(String, Vec<IpAddr>),
    /// A name without its final dot, to be looked up.
    Name(String),
}

impl Rules {
    pub(crate) fn new(config: &EgressConfig) -> Self {
        Self { allow: config.allow.clone(), allow_http: config.allow_http, ports: config.ports.clone() }
    }

    /// Judges an address as it was typed.
    pub(crate) fn parse(&self, text: &str) -> Result<Url, Refusal> {
        check_characters(text)?;
        let authority = authority_of(text)?;
        let url = Url::parse(text).map_err(|_| Refusal::Malformed)?;
        check_host_form(&url, authority)?;
        self.target(&url)?;
        Ok(url)
    }

    /// Judges a URL that was parsed before, perhaps with a longer path by now.
    pub(crate) fn target(&self, url: &Url) -> Result<Target, Refusal> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        http::Uri::try_from(url.as_str()).map_err(|_| Refusal::Malformed)?;
        let port = url.port_or_known_default().ok_or(Refusal::Scheme)?;
        self.aim(url.scheme(), url.host().ok_or(Refusal::Malformed)?, port)
    }

    /// Judges what the connector is asked to dial.
    pub(crate) fn target_of(&self, uri: &http::Uri) -> Result<Target, Refusal> {
        let scheme = uri.scheme_str().ok_or(Refusal::Scheme)?;
        let host = Host::parse(uri.host().ok_or(Refusal::Malformed)?).map_err(|_| Refusal::Malformed)?;
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        match &host {
            Host::Domain(name) => self.aim(scheme, Host::Domain(name.as_str()), port),
            Host::Ipv4(address) => self.aim(scheme, Host::Ipv4(*address), port),
            Host::Ipv6(address) => self.aim(scheme, Host::Ipv6(*address), port),
        }
    }

    fn aim(&self, scheme: &str, host: Host<&str>, port: u16) -> Result<Target, Refusal> {
        let is_secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(Refusal::Scheme),
        };
        if port == 0 || self.ports.as_ref().is_some_and(|ports| !ports.contains(&port)) {
            return Err(Refusal::Port(port));
        }
        let mut narrowed_by = (!is_secure && !self.allow_http).then_some(Refusal::NotHttps);
        let place = match host {
            Host::Ipv4(address) => Place::Literal(address.into()),
            Host::Ipv6(address) => Place::Literal(address.into()),
            Host::Domain(name) => self.place_of(name, &mut narrowed_by)?,
        };
        let target = Target { place, port, is_secure, narrowed_by };
        self.vet(&target, target.known_addresses())?;
        Ok(target)
    }

    fn place_of(&self, name: &str, narrowed_by: &mut Option<Refusal>) -> Result<Place, Refusal> {
        let bare = name.strip_suffix('.').unwrap_or(name);
        if !name::is_valid(bare) {
            return Err(Refusal::InvalidName(name.to_owned()));
        }
        let private = Refusal::PrivateName(bare.to_owned());
        match name::zone(bare) {
            Zone::Dead => return Err(private),
            Zone::Loopback => return self.loopback(bare).ok_or(private),
            Zone::Private => *narrowed_by = Some(private),
            Zone::Public => {}
        }
        match narrowed_by {
            Some(refusal) if self.allow.is_empty() => Err(refusal.clone()),
            _ => Ok(Place::Name(bare.to_owned())),
        }
    }

    /// Those of this machine's two addresses that are allowed: a developer allows loopback, and often only one of them.
    fn loopback(&self, name: &str) -> Option<Place> {
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let allowed: Vec<_> = both.into_iter().filter(|address| self.is_allowed(*address)).collect();
        (!allowed.is_empty()).then(|| Place::Loopback(name.to_owned(), allowed))
    }

    /// INVARIANT: nothing is dialled that did not pass here together with every other answer for its name.
    pub(crate) fn vet(&self, target: &Target, addresses: &[IpAddr]) -> Result<(), Refusal> {
        match (&target.narrowed_by, addresses.iter().all(|address| self.is_allowed(*address))) {
            (_, true) => Ok(()),
            (Some(refusal), false) => Err(refusal.clone()),
            (None, false) if addresses.iter().all(|address| self.is_reachable(*address)) => Ok(()),
            (None, false) => Err(Refusal::ForbiddenAddress(target.host())),
        }
    }

    fn is_reachable(&self, address: IpAddr) -> bool {
        self.is_allowed(address) || address::is_public(address)
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allow.iter().any(|net| net.contains(&address))
    }
}

impl Target {
    /// The host as people read it.
    pub(crate) fn host(&self) -> String {
        match &self.place {
            Place::Literal(address) => address.to_string(),
            Place::Loopback(name, _) | Place::Name(name) => name.clone(),
        }
    }

    fn known_addresses(&self) -> &[IpAddr] {
        match &self.place {
            Place::Literal(address) => std::slice::from_ref(address),
            Place::Loopback(_, addresses) => addresses,
            Place::Name(_) => &[],
        }
    }
}

fn check_characters(text: &str) -> Result<(), Refusal> {
    if text.chars().nth(MAX_CHARS).is_some() {
        return Err(Refusal::TooLong);
    }
    let is_forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '\u{feff}');
    if text.contains(is_forbidden) { Err(Refusal::ForbiddenCharacter) } else { Ok(()) }
}

/// The text between `//` and the path. WHATWG parsing forgives missing and surplus slashes; people mean neither.
fn authority_of(text: &str) -> Result<&str, Refusal> {
    let (scheme, rest) = text.split_once(':').ok_or(Refusal::Malformed)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(Refusal::Scheme);
    }
    let rest = rest.strip_prefix("//").ok_or(Refusal::Malformed)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority {
        "" => Err(Refusal::Malformed),
        _ if authority.contains('@') => Err(Refusal::Credentials),
        _ => Ok(authority),
    }
}

/// WHATWG parsing silently turns `0x7f.1`, `2130706433` and `①②⑦.⓪.⓪.①` into 127.0.0.1: an address that does not
/// look like what it is gets refused, whatever it is.
fn check_host_form(url: &Url, authority: &str) -> Result<(), Refusal> {
    let written = match authority.rsplit_once(':') {
        Some((host, _)) if !authority.ends_with(']') => host,
        _ => authority,
    };
    match url.host() {
        Some(Host::Ipv4(address)) if address.to_string() != written => Err(Refusal::AddressForm),
        Some(Host::Domain(_)) if written.contains('%') => Err(Refusal::InvalidName(written.to_owned())),
        _ => Ok(()),
    }
}
