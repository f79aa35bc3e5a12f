//! Why an address is not accepted, in words for the person who typed it.

/// Why an address is refused. Its text says what to do; [`Refusal::code`] is for machines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than 2048 characters.
    #[error("The address is too long. Use at most 2048 characters.")]
    TooLong,
    /// A control character, space, backslash or byte order mark.
    #[error(
        "The address has a space, a backslash or an invisible character in it. Remove it, or write it as %20 or alike."
    )]
    ForbiddenCharacter,
    /// Not a URL at all.
    #[error("This is not a complete address. Write it like https://example.com/webhook.")]
    Malformed,
    /// A scheme other than http and https.
    #[error("The address must start with https:// or http://.")]
    Scheme,
    /// Plain http where only https is accepted.
    #[error("The address must start with https://, because plain http can be read and changed on its way.")]
    NotHttps,
    /// A user name or password in front of the host.
    #[error("The address must not contain a user name or a password. Send credentials in a header.")]
    Credentials,
    /// A port that is not among the accepted ones.
    #[error("Port {0} is not accepted here. Use one that the operator of this server has opened, such as 443.")]
    Port(u16),
    /// An IPv4 address in another form than four decimal numbers.
    #[error("Write the IP address as four plain decimal numbers, like 203.0.113.7, or use a name.")]
    AddressForm,
    /// A host name that DNS cannot have.
    #[error("{0:?} is not a valid host name. Use letters, digits, hyphens and dots.")]
    InvalidName(String),
    /// A name that only means something inside a private network.
    #[error(
        "{0} is a private name that cannot be reached from here. Use a public name, or ask the operator of this server to allow its network."
    )]
    PrivateName(String),
    /// A private, local, reserved or otherwise forbidden address, or a name that leads to one.
    #[error(
        "{0} leads to a private, local or reserved address. Use a public one, or ask the operator of this server to allow its network."
    )]
    ForbiddenAddress(String),
    /// DNS says that the name does not exist or has no address.
    #[error("The name {0} has no address in DNS. Check its spelling and its A and AAAA records.")]
    NameNotFound(String),
    /// DNS did not say anything useful in time.
    #[error(
        "The name {0} could not be looked up, because its DNS servers did not give an answer. Try again, or check them."
    )]
    ResolverFailed(String),
}

impl Refusal {
    /// A stable word for this refusal, in `snake_case`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::ForbiddenCharacter => "forbidden_character",
            Self::Malformed => "malformed",
            Self::Scheme => "scheme",
            Self::NotHttps => "not_https",
            Self::Credentials => "credentials",
            Self::Port(_) => "port",
            Self::AddressForm => "address_form",
            Self::InvalidName(_) => "invalid_name",
            Self::PrivateName(_) => "private_name",
            Self::ForbiddenAddress(_) => "forbidden_address",
            Self::NameNotFound(_) => "name_not_found",
            Self::ResolverFailed(_) => "resolver_failed",
        }
    }

    /// Whether only DNS stood in the way, so that the same address may be fine later.
    pub fn is_unresolved(&self) -> bool {
        matches!(self, Self::NameNotFound(_) | Self::ResolverFailed(_))
    }
}
