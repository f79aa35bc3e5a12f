//! Users, sessions, API keys and tenants.

mod authenticate;
mod log_in;
mod session;
mod sign_up;
mod tenant;

use anyhook_rpc::tenants::v1::{
    AuthenticateRequest, GetTenantRequest, LogInRequest, LogInResponse, LogOutRequest, LogOutResponse, Principal,
    SignUpRequest, SignUpResponse, Tenant, UpdateTenantRequest, accounts_server::Accounts,
};
use tonic::{Request, Response, Status};

use crate::{Tenants, problem::answer};

#[tonic::async_trait]
impl Accounts for Tenants {
    async fn sign_up(&self, request: Request<SignUpRequest>) -> Result<Response<SignUpResponse>, Status> {
        answer(sign_up::sign_up(&self.0, request.into_inner()).await)
    }

    async fn log_in(&self, request: Request<LogInRequest>) -> Result<Response<LogInResponse>, Status> {
        answer(log_in::log_in(&self.0, request.into_inner()).await)
    }

    async fn log_out(&self, request: Request<LogOutRequest>) -> Result<Response<LogOutResponse>, Status> {
        answer(log_in::log_out(&self.0, request.into_inner()).await)
    }

    async fn authenticate(&self, request: Request<AuthenticateRequest>) -> Result<Response<Principal>, Status> {
        answer(authenticate::authenticate(&self.0, request.into_inner()).await)
    }

    async fn get_tenant(&self, request: Request<GetTenantRequest>) -> Result<Response<Tenant>, Status> {
        answer(tenant::get_tenant(&self.0, request.into_inner()).await)
    }

    async fn update_tenant(&self, request: Request<UpdateTenantRequest>) -> Result<Response<Tenant>, Status> {
        answer(tenant::update_tenant(&self.0, request.into_inner()).await)
    }
}
