//! The service for second factors and accounts at an issuer.

use anyhook_rpc::tenants::v1::{
    BeginSecondFactorRequest, BeginSecondFactorResponse, ConfirmSecondFactorRequest, ConfirmSecondFactorResponse,
    EndSecondFactorRequest, EndSecondFactorResponse, FinishOpenIdRequest, FinishOpenIdResponse, GetSecondFactorRequest,
    GetSecondFactorResponse, GetSignInOptionsRequest, GetSignInOptionsResponse, ListIdentitiesRequest,
    ListIdentitiesResponse, PassOpenIdRequest, RemoveIdentityRequest, RemoveIdentityResponse, ResetSecondFactorRequest,
    ResetSecondFactorResponse, SignedIn, StartOpenIdRequest, StartOpenIdResponse, sign_in_server::SignIn,
};
use tonic::{Request, Response, Status};

use super::{openid, second_factor};
use crate::{Tenants, problem::answer};

#[tonic::async_trait]
impl SignIn for Tenants {
    async fn get_sign_in_options(
        &self,
        _: Request<GetSignInOptionsRequest>,
    ) -> Result<Response<GetSignInOptionsResponse>, Status> {
        Ok(Response::new(openid::options(&self.0)))
    }

    async fn start_open_id(
        &self,
        request: Request<StartOpenIdRequest>,
    ) -> Result<Response<StartOpenIdResponse>, Status> {
        answer(openid::start(&self.0, request.into_inner()).await)
    }

    async fn finish_open_id(
        &self,
        request: Request<FinishOpenIdRequest>,
    ) -> Result<Response<FinishOpenIdResponse>, Status> {
        answer(openid::finish(&self.0, request.into_inner()).await)
    }

    async fn pass_open_id(&self, request: Request<PassOpenIdRequest>) -> Result<Response<SignedIn>, Status> {
        answer(openid::pass(&self.0, request.into_inner()).await)
    }

    async fn list_identities(
        &self,
        request: Request<ListIdentitiesRequest>,
    ) -> Result<Response<ListIdentitiesResponse>, Status> {
        answer(openid::list(&self.0, &request.into_inner()).await)
    }

    async fn remove_identity(
        &self,
        request: Request<RemoveIdentityRequest>,
    ) -> Result<Response<RemoveIdentityResponse>, Status> {
        answer(openid::remove(&self.0, &request.into_inner()).await)
    }

    async fn get_second_factor(
        &self,
        request: Request<GetSecondFactorRequest>,
    ) -> Result<Response<GetSecondFactorResponse>, Status> {
        answer(second_factor::get(&self.0, &request.into_inner()).await)
    }

    async fn begin_second_factor(
        &self,
        request: Request<BeginSecondFactorRequest>,
    ) -> Result<Response<BeginSecondFactorResponse>, Status> {
        answer(second_factor::begin(&self.0, request.into_inner()).await)
    }

    async fn confirm_second_factor(
        &self,
        request: Request<ConfirmSecondFactorRequest>,
    ) -> Result<Response<ConfirmSecondFactorResponse>, Status> {
        answer(second_factor::confirm(&self.0, request.into_inner()).await)
    }

    async fn end_second_factor(
        &self,
        request: Request<EndSecondFactorRequest>,
    ) -> Result<Response<EndSecondFactorResponse>, Status> {
        answer(second_factor::end(&self.0, request.into_inner()).await)
    }

    async fn reset_second_factor(
        &self,
        request: Request<ResetSecondFactorRequest>,
    ) -> Result<Response<ResetSecondFactorResponse>, Status> {
        answer(second_factor::reset(&self.0, &request.into_inner()).await)
    }
}
