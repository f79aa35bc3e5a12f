//! Networks that requests come from, as far as limits tell them apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What one subscriber is given: an IPv4 address, the first half of an IPv6 one. A text that is no address is a network
/// of its own.
pub(crate) fn subscriber(address: &str) -> String {
    match parsed(address) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{}/64", prefix(address, 64)),
        None => address.to_owned(),
    }
}

/// What one site is given, which may have thousands of the former.
pub(crate) fn site(address: &str) -> String {
    match parsed(address) {
        Some(IpAddr::V4(address)) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() >> 8 << 8)),
        Some(IpAddr::V6(address)) => format!("{}/48", prefix(address, 48)),
        None => address.to_owned(),
    }
}

fn parsed(address: &str) -> Option<IpAddr> {
    address.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn prefix(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() >> (128 - bits) << (128 - bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_told_apart() {
        for (address, one, all) in [
            ("203.0.113.9", "203.0.113.9", "203.0.113.0/24"),
            ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("nonsense", "nonsense", "nonsense"),
        ] {
            assert_eq!((subscriber(address).as_str(), site(address).as_str()), (one, all), "{address}");
        }
    }
}
