//! What the operator of the installation sees and sets.

mod authenticate;
mod operators;
mod plan;
mod tenants;

use anyhook_rpc::tenants::v1::{
    AuthenticateOperatorRequest, AuthenticateOperatorResponse, GetAnyTenantRequest, GetStatusRequest,
    GetStatusResponse, ListAllTenantsRequest, ListAllTenantsResponse, SetPlanRequest, TenantSummary,
    operator_server::Operator,
};
use tonic::{Request, Response, Status};

pub use operators::{BadOperators, Operators};

use crate::{Tenants, problem::answer};

#[tonic::async_trait]
impl Operator for Tenants {
    async fn authenticate_operator(
        &self,
        request: Request<AuthenticateOperatorRequest>,
    ) -> Result<Response<AuthenticateOperatorResponse>, Status> {
        answer(authenticate::authenticate_operator(&self.0, request.into_inner()).await)
    }

    async fn list_all_tenants(
        &self,
        request: Request<ListAllTenantsRequest>,
    ) -> Result<Response<ListAllTenantsResponse>, Status> {
        answer(tenants::list_all_tenants(&self.0, &request.into_inner()).await)
    }

    async fn get_any_tenant(&self, request: Request<GetAnyTenantRequest>) -> Result<Response<TenantSummary>, Status> {
        answer(tenants::get_any_tenant(&self.0, &request.into_inner()).await)
    }

    async fn set_plan(&self, request: Request<SetPlanRequest>) -> Result<Response<TenantSummary>, Status> {
        answer(plan::set_plan(&self.0, &request.into_inner()).await)
    }

    async fn get_status(&self, _: Request<GetStatusRequest>) -> Result<Response<GetStatusResponse>, Status> {
        answer(tenants::get_status(&self.0).await)
    }
}
