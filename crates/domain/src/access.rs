//! What members are, and what API keys may do.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// From the least to the most.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word)
            }

            /// All words, for a sentence.
            #[must_use]
            pub fn words() -> String {
                Self::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
            }
        }
    };
}

words! {
    /// What a user is in a tenant; a later one may do whatever an earlier one may.
    Role {
        Viewer = "viewer",
        Member = "member",
        Admin = "admin",
        Owner = "owner",
    }
}

words! {
    /// What an API key may do; a later one may do whatever an earlier one may.
    Scope {
        /// Look at everything.
        Read = "read",
        /// And send events again.
        Write = "write",
        /// And change the configuration.
        Admin = "admin",
    }
}

/// Why a member stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRefusal {
    /// Whoever asks may not do that.
    NotAllowed,
    /// A tenant keeps an owner.
    LastOwner,
}

/// Whether somebody may give a member another role, or, with none, remove it: administrators and owners may, and what is
/// about an owner only an owner.
///
/// # Errors
/// [`MemberRefusal`].
pub fn change_member(actor: Role, of: Role, to: Option<Role>, n_owners: i64) -> Result<(), MemberRefusal> {
    let is_about_owners = of == Role::Owner || to == Some(Role::Owner);
    if actor < Role::Admin || (is_about_owners && actor < Role::Owner) {
        return Err(MemberRefusal::NotAllowed);
    }
    if to == Some(Role::Owner) { Ok(()) } else { leave(of, n_owners) }
}

/// Whether somebody may give a role up: a tenant keeps an owner.
///
/// # Errors
/// [`MemberRefusal`].
pub fn leave(of: Role, n_owners: i64) -> Result<(), MemberRefusal> {
    if of == Role::Owner && n_owners <= 1 { Err(MemberRefusal::LastOwner) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written_and_no_other() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(*role));
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(*scope));
        }
        assert_eq!((Role::parse("Owner"), Role::parse(""), Scope::parse("owner")), (None, None, None));
        assert!(Role::Owner > Role::Admin && Scope::Admin > Scope::Write && Scope::Write > Scope::Read);
        assert_eq!(Scope::words(), "read, write, admin");
    }

    #[test]
    fn owners_are_the_owners_business_and_the_last_one_stays() {
        use MemberRefusal::{LastOwner, NotAllowed};
        use Role::{Admin, Member, Owner, Viewer};
        for (actor, of, to, n_owners, expected) in [
            (Owner, Viewer, Some(Admin), 1, Ok(())),
            (Owner, Member, None, 1, Ok(())),
            (Owner, Admin, Some(Owner), 1, Ok(())),
            (Owner, Owner, Some(Admin), 2, Ok(())),
            (Owner, Owner, None, 2, Ok(())),
            (Owner, Owner, Some(Owner), 1, Ok(())),
            (Owner, Owner, Some(Admin), 1, Err(LastOwner)),
            (Owner, Owner, None, 1, Err(LastOwner)),
            (Admin, Viewer, Some(Admin), 1, Ok(())),
            (Admin, Admin, None, 1, Ok(())),
            (Admin, Admin, Some(Owner), 1, Err(NotAllowed)),
            (Admin, Owner, None, 2, Err(NotAllowed)),
            (Admin, Owner, None, 1, Err(NotAllowed)),
            (Member, Viewer, Some(Member), 1, Err(NotAllowed)),
            (Viewer, Viewer, None, 1, Err(NotAllowed)),
        ] {
            assert_eq!(change_member(actor, of, to, n_owners), expected, "{actor:?} {of:?} {to:?} {n_owners}");
        }
        assert_eq!([leave(Viewer, 1), leave(Owner, 2), leave(Owner, 1)], [Ok(()), Ok(()), Err(LastOwner)]);
    }
}
