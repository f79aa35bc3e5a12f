//! Users, their sessions and their tenants.

mod authenticate;
pub(crate) mod log_in;
pub(crate) mod openid;
mod password;
mod reset_password;
pub(crate) mod second_factor;
pub(crate) mod session;
mod sessions;
mod sign_in;
mod sign_up;
pub(crate) mod tenant;
pub(crate) mod tenants;
pub(crate) mod verify_email;

use anyhook_rpc::tenants::v1::{
    AuthenticateRequest, ChangePasswordRequest, ChangePasswordResponse, CreateTenantRequest, EndOtherSessionsRequest,
    EndOtherSessionsResponse, EndSessionRequest, EndSessionResponse, ForgotPasswordRequest, ForgotPasswordResponse,
    GetTenantRequest, GetUserRequest, ListSessionsRequest, ListSessionsResponse, ListTenantsRequest,
    ListTenantsResponse, LogInRequest, LogInResponse, LogOutRequest, LogOutResponse, Membership, Principal,
    ResetPasswordRequest, SendVerificationRequest, SendVerificationResponse, SignUpRequest, SignUpResponse, Tenant,
    TurnSessionRequest, UpdateTenantRequest, User, VerifyEmailRequest, accounts_server::Accounts,
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

    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<User>, Status> {
        answer(sessions::get_user(&self.0, &request.into_inner()).await)
    }

    async fn list_tenants(
        &self,
        request: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        answer(tenants::list_tenants(&self.0, &request.into_inner()).await)
    }

    async fn create_tenant(&self, request: Request<CreateTenantRequest>) -> Result<Response<Tenant>, Status> {
        answer(tenants::create_tenant(&self.0, &request.into_inner()).await)
    }

    async fn turn_session(&self, request: Request<TurnSessionRequest>) -> Result<Response<Membership>, Status> {
        answer(tenants::turn_session(&self.0, &request.into_inner()).await)
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        answer(sessions::list_sessions(&self.0, &request.into_inner()).await)
    }

    async fn end_session(&self, request: Request<EndSessionRequest>) -> Result<Response<EndSessionResponse>, Status> {
        answer(sessions::end_session(&self.0, &request.into_inner()).await)
    }

    async fn end_other_sessions(
        &self,
        request: Request<EndOtherSessionsRequest>,
    ) -> Result<Response<EndOtherSessionsResponse>, Status> {
        answer(sessions::end_other_sessions(&self.0, &request.into_inner()).await)
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        answer(password::change_password(&self.0, request.into_inner()).await)
    }

    async fn send_verification(
        &self,
        request: Request<SendVerificationRequest>,
    ) -> Result<Response<SendVerificationResponse>, Status> {
        answer(verify_email::send_verification(&self.0, &request.into_inner()).await)
    }

    async fn verify_email(&self, request: Request<VerifyEmailRequest>) -> Result<Response<User>, Status> {
        answer(verify_email::verify_email(&self.0, &request.into_inner()).await)
    }

    async fn forgot_password(
        &self,
        request: Request<ForgotPasswordRequest>,
    ) -> Result<Response<ForgotPasswordResponse>, Status> {
        answer(reset_password::forgot_password(&self.0, &request.into_inner()).await)
    }

    async fn reset_password(&self, request: Request<ResetPasswordRequest>) -> Result<Response<User>, Status> {
        answer(reset_password::reset_password(&self.0, request.into_inner()).await)
    }
}
