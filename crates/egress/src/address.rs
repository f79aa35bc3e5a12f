//! Which IP addresses are public: a positive rule, so that whatever is not known to be public is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// What lies between 1.0.0.0 and 223.255.255.255 and is nevertheless not the public internet (IANA IPv4
/// Special-Purpose Address Registry), and Azure's WireServer, which is public by number only.
const RESERVED_V4: [Ipv4Net; 17] = [
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(168, 63, 129, 16, 32),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 31, 196, 0, 24),
    v4(192, 52, 193, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(192, 175, 48, 0, 24),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Class E and multicast are outside the positive range already; zero is not.
    v4(0, 0, 0, 0, 8),
];

/// The only block from which public IPv6 addresses are given out.
const UNICAST_V6: Ipv6Net = v6(0x2000, 0, 0, 3);

/// What lies in it and is not public: protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112.
const RESERVED_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0xdb8, 0, 32),
    v6(0x2002, 0, 0, 16),
    v6(0x2620, 0x4f, 0x8000, 48),
    v6(0x3fff, 0, 0, 20),
];

/// The well-known prefix under which a NAT64 gateway reaches IPv4 (RFC 6052).
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// Whether packets to this address go to the public internet, whichever way it is written.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    (1..=223).contains(&address.octets()[0]) && !RESERVED_V4.iter().any(|net| net.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if NAT64.contains(&address) {
        return is_public_v4(last_four_bytes(address));
    }
    UNICAST_V6.contains(&address) && !is_isatap(address) && !RESERVED_V6.iter().any(|net| net.contains(&address))
}

/// An ISATAP interface identifier (RFC 5214) carries an IPv4 address that its router would forward to.
fn is_isatap(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    segments[4] & 0xfdff == 0 && segments[5] == 0x5efe
}

fn last_four_bytes(address: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = address.octets();
    Ipv4Addr::new(a, b, c, d)
}
