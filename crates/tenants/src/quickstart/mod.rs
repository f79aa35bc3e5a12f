//! Tenants without an account: made for whoever asks, claimed by somebody who has one, or ended.

mod admission;
mod claim;
mod create;
mod end;
mod names;

use anyhook_rpc::tenants::v1::{
    ClaimQuickstartRequest, ClaimQuickstartResponse, CreateQuickstartRequest, CreateQuickstartResponse,
    quickstarts_server::Quickstarts,
};
use tonic::{Request, Response, Status};

pub(crate) use admission::Admission;

use crate::{Tenants, problem::answer};

/// Whether and how many tenants there are without an account.
#[derive(Clone, Copy, Debug)]
pub struct Quickstart {
    pub is_on: bool,
    /// Tenants that nobody has claimed yet, over all who asked for them; a few more where several ask at once.
    pub most_unclaimed: u32,
}

#[tonic::async_trait]
impl Quickstarts for Tenants {
    async fn create_quickstart(
        &self,
        request: Request<CreateQuickstartRequest>,
    ) -> Result<Response<CreateQuickstartResponse>, Status> {
        answer(create::create_quickstart(&self.0, request.into_inner()).await)
    }

    async fn claim_quickstart(
        &self,
        request: Request<ClaimQuickstartRequest>,
    ) -> Result<Response<ClaimQuickstartResponse>, Status> {
        answer(claim::claim_quickstart(&self.0, request.into_inner()).await)
    }
}
