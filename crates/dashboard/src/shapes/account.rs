//! Tenants and users.

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::instant;
use crate::problem::Problem;

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tenant {
    #[schema(examples("ten_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    /// The first part of its inbound URLs.
    #[schema(examples("acme"))]
    slug: String,
    name: String,
    #[schema(examples("free"))]
    plan: String,
    /// Slugs under which its inbound URLs go on routing.
    former_slugs: Vec<String>,
    created_at: String,
    /// Pages show what an event holds only once somebody asks for it.
    hides_payloads: bool,
}

/// A person who signs in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    #[schema(examples("usr_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    email: String,
    /// The user has shown that it reads this address's mail.
    email_verified: bool,
    created_at: String,
}

/// The user that a mail's token belonged to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserOfToken {
    pub(crate) user: User,
}

/// What became of a mail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    pub(crate) sent: bool,
}

impl From<v1::Tenant> for Tenant {
    fn from(tenant: v1::Tenant) -> Self {
        Self {
            id: tenant.id,
            slug: tenant.slug,
            name: tenant.name,
            plan: tenant.plan,
            former_slugs: tenant.former_slugs,
            created_at: instant(tenant.created_at),
            hides_payloads: tenant.hides_payloads,
        }
    }
}

impl From<v1::User> for User {
    fn from(user: v1::User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            email_verified: user.email_verified,
            created_at: instant(user.created_at),
        }
    }
}

/// Who has signed up or in.
pub(crate) fn account(tenant: Option<v1::Tenant>, user: Option<v1::User>) -> Result<(Tenant, User), Problem> {
    let both = tenant.zip(user).ok_or_else(|| Problem::internal("tenants: an account without tenant or user"))?;
    Ok((both.0.into(), both.1.into()))
}
