//! What a host name tells by itself, before DNS is asked.

/// Zones that never lead to the public internet, but may lead into an allowed network.
const PRIVATE_ZONES: [&str; 8] =
    ["localdomain", "local", "internal", "lan", "home.arpa", "corp", "svc", "cluster.local"];

/// Zones in which nobody can run a web server that this client could reach.
const DEAD_ZONES: [&str; 3] = ["onion", "arpa", "invalid"];

/// Where a name may lead, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Anywhere.
    Public,
    /// Only into allowed networks.
    Private,
    /// To this machine (RFC 6761), whatever DNS says.
    Loopback,
    /// Nowhere.
    Dead,
}

/// The zone of a lower-case name without its final dot.
pub(crate) fn zone(name: &str) -> Zone {
    if is_under(name, "localhost") {
        Zone::Loopback
    } else if PRIVATE_ZONES.iter().any(|zone| is_under(name, zone)) {
        Zone::Private
    } else if DEAD_ZONES.iter().any(|zone| is_under(name, zone)) {
        Zone::Dead
    } else if !name.contains('.') {
        Zone::Private
    } else {
        Zone::Public
    }
}

fn is_under(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether DNS could have this name (RFC 1035 lengths; underscores are seen in the wild).
pub(crate) fn is_valid(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_valid_label)
}

fn is_valid_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
