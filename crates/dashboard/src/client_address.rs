//! Where a request comes from, as far as that can be known.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, request::Parts};
use ipnet::IpNet;

use crate::api::Api;

pub(crate) const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of whoever sends a request; `None` where the connection's is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl ClientAddress {
    /// As the tenants service takes it.
    pub(crate) fn text(self) -> Option<String> {
        self.0.map(|address| address.to_string())
    }
}

impl FromRequestParts<Api> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let trusted = &api.config().trusted_proxies;
        Ok(Self(peer.map(|ConnectInfo(peer)| client(peer.ip(), &parts.headers, trusted))))
    }
}

/// The last address that a trusted proxy saw. INVARIANT: what anybody else wrote into the header counts for nothing.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let mut last = peer.to_canonical();
    let fields: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let named = fields.iter().rev().flat_map(|field| field.to_str().unwrap_or_default().rsplit(','));
    for text in named {
        if !is_trusted(last) {
            break;
        }
        let Some(address) = parse(text.trim()) else { break };
        last = address;
    }
    last
}

/// Some proxies name the port as well.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for field in forwarded {
            headers.append(FORWARDED_FOR, field.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "it may write what it likes");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", "203.0.113.9"]), "203.0.113.9", "the last field is the nearest");
        assert_eq!(seen("::ffff:10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(seen("fd00::1", &["nonsense, 10.0.0.9"]), "10.0.0.9");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
