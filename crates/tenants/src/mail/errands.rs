//! Errands: who is told, and the letters to them.

use anyhook_domain::{TenantId, access::Role};
use anyhook_store::config::{NewMail, NewToken, Purpose, TakenMail};

use super::{
    RESET_WITHIN,
    letter::{Errand, Says},
};
use crate::{Service, accounts::session, check, problem::Problem};

impl Service {
    /// Puts the letters of an errand in its place; `false` when somebody else has done so.
    pub(super) async fn run_errand(&self, taken: TakenMail, errand: Errand) -> Result<bool, Problem> {
        match errand {
            Errand::ForgottenPassword { email } => self.answer_forgotten(taken, &email).await,
            Errand::QuotaUsed { tenant, plan, used } => {
                let says = |tenant: &str| Says::QuotaUsed { tenant: tenant.to_owned(), plan: plan.clone(), used };
                self.tell(taken, check::tenant(&tenant)?, Role::Admin, says).await
            }
            Errand::DestinationPaused { tenant, url, reason } => {
                let says = |tenant: &str| Says::DestinationPaused {
                    tenant: tenant.to_owned(),
                    url: url.clone(),
                    reason: reason.clone(),
                };
                self.tell(taken, check::tenant(&tenant)?, Role::Owner, says).await
            }
        }
    }

    /// Nobody is told that there is no such account.
    async fn answer_forgotten(&self, taken: TakenMail, email: &str) -> Result<bool, Problem> {
        let Some(user) = self.store.user_by_email(email).await? else {
            return Ok(self.store.finish_mail(taken, &[]).await?);
        };
        let (token, now) = (session::token(), self.now());
        let new = NewToken {
            token_hash: session::hash(&token),
            user: user.id,
            purpose: Purpose::ResetPassword,
            email: &user.email,
            created_at: now,
            expires_at: now + RESET_WITHIN,
        };
        let mail = self.letter_within(&user.email, Says::ResetPassword { token }, RESET_WITHIN);
        Ok(self.store.grant_token(taken, &new, &mail).await?)
    }

    /// Tells a tenant's members of a role, or a higher one.
    async fn tell(
        &self,
        taken: TakenMail,
        tenant: TenantId,
        least: Role,
        says: impl Fn(&str) -> Says,
    ) -> Result<bool, Problem> {
        let Some(row) = self.store.tenant(tenant).await? else {
            return Ok(self.store.finish_mail(taken, &[]).await?);
        };
        let members = self.store.members(tenant).await?;
        let told = members.iter().filter(|member| Role::parse(&member.role).is_some_and(|role| role >= least));
        let letters: Vec<NewMail> = told.map(|member| self.letter(&member.email, says(&row.name))).collect();
        Ok(self.store.finish_mail(taken, &letters).await?)
    }
}
