//! API keys, and who did what.

mod audit;
mod create;
mod keys;

pub(crate) use create::refuse_expiring;

use anyhook_rpc::tenants::v1::{
    CreateApiKeyRequest, CreatedApiKey, ListApiKeysRequest, ListApiKeysResponse, ListAuditRequest, ListAuditResponse,
    RevokeApiKeyRequest, RevokeApiKeyResponse, access_server::Access,
};
use tonic::{Request, Response, Status};

use crate::{Tenants, problem::answer};

#[tonic::async_trait]
impl Access for Tenants {
    async fn list_api_keys(
        &self,
        request: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        answer(keys::list_api_keys(&self.0, &request.into_inner()).await)
    }

    async fn create_api_key(&self, request: Request<CreateApiKeyRequest>) -> Result<Response<CreatedApiKey>, Status> {
        answer(create::create_api_key(&self.0, &request.into_inner()).await)
    }

    async fn revoke_api_key(
        &self,
        request: Request<RevokeApiKeyRequest>,
    ) -> Result<Response<RevokeApiKeyResponse>, Status> {
        answer(keys::revoke_api_key(&self.0, &request.into_inner()).await)
    }

    async fn list_audit(&self, request: Request<ListAuditRequest>) -> Result<Response<ListAuditResponse>, Status> {
        answer(audit::list_audit(&self.0, &request.into_inner()).await)
    }
}
