//! Apps and their destinations.

pub(crate) mod create;
mod destination;
mod draft;
mod example;
pub(crate) mod learn;
mod list;
pub(crate) mod options;
mod probe;
mod read;
pub(crate) mod replay_url;
mod rotate;
mod secret;
pub(crate) mod source;
mod test_event;
mod update;
mod verify;

use anyhook_rpc::tenants::v1::{
    App, CheckDestinationRequest, CheckUrlRequest, CreateAppRequest, CreateDestinationRequest, CreatedApp,
    CreatedDestination, DeleteAppRequest, DeleteAppResponse, DeleteDestinationRequest, DeleteDestinationResponse,
    Destination, GetAppRequest, ListAppsRequest, ListAppsResponse, Probe, RotateSecretRequest, SendTestEventRequest,
    SentTestEvent, TakeReplayUrlRequest, TakenReplayUrl, TestDestinationRequest, UpdateAppRequest,
    UpdateDestinationRequest, VerifyRequestRequest, VerifyRequestResponse, apps_server::Apps,
};
pub(crate) use read::find;
use tonic::{Request, Response, Status};

use crate::{Tenants, problem::answer};

const MAX_APPS: i64 = 1000;
const MAX_DESTINATIONS: usize = 20;

#[tonic::async_trait]
impl Apps for Tenants {
    async fn list_apps(&self, request: Request<ListAppsRequest>) -> Result<Response<ListAppsResponse>, Status> {
        answer(read::list_apps(&self.0, request.into_inner()).await)
    }

    async fn get_app(&self, request: Request<GetAppRequest>) -> Result<Response<App>, Status> {
        answer(read::get_app(&self.0, request.into_inner()).await)
    }

    async fn create_app(&self, request: Request<CreateAppRequest>) -> Result<Response<CreatedApp>, Status> {
        answer(create::create_app(&self.0, request.into_inner()).await)
    }

    async fn update_app(&self, request: Request<UpdateAppRequest>) -> Result<Response<CreatedApp>, Status> {
        answer(update::update_app(&self.0, request.into_inner()).await)
    }

    async fn delete_app(&self, request: Request<DeleteAppRequest>) -> Result<Response<DeleteAppResponse>, Status> {
        answer(update::delete_app(&self.0, request.into_inner()).await)
    }

    async fn create_destination(
        &self,
        request: Request<CreateDestinationRequest>,
    ) -> Result<Response<CreatedDestination>, Status> {
        answer(destination::create_destination(&self.0, request.into_inner()).await)
    }

    async fn update_destination(
        &self,
        request: Request<UpdateDestinationRequest>,
    ) -> Result<Response<Destination>, Status> {
        answer(destination::update_destination(&self.0, request.into_inner()).await)
    }

    async fn delete_destination(
        &self,
        request: Request<DeleteDestinationRequest>,
    ) -> Result<Response<DeleteDestinationResponse>, Status> {
        answer(destination::delete_destination(&self.0, request.into_inner()).await)
    }

    async fn rotate_secret(
        &self,
        request: Request<RotateSecretRequest>,
    ) -> Result<Response<CreatedDestination>, Status> {
        answer(rotate::rotate_secret(&self.0, request.into_inner()).await)
    }

    async fn send_test_event(&self, request: Request<SendTestEventRequest>) -> Result<Response<SentTestEvent>, Status> {
        answer(test_event::send_test_event(&self.0, request.into_inner()).await)
    }

    async fn test_destination(&self, request: Request<TestDestinationRequest>) -> Result<Response<Probe>, Status> {
        answer(probe::test_destination(&self.0, request.into_inner()).await)
    }

    async fn check_destination(&self, request: Request<CheckDestinationRequest>) -> Result<Response<Probe>, Status> {
        answer(probe::check_destination(&self.0, request.into_inner()).await)
    }

    async fn check_url(&self, request: Request<CheckUrlRequest>) -> Result<Response<Probe>, Status> {
        answer(probe::check_url(&self.0, request.into_inner()).await)
    }

    async fn take_replay_url(
        &self,
        request: Request<TakeReplayUrlRequest>,
    ) -> Result<Response<TakenReplayUrl>, Status> {
        answer(replay_url::take_replay_url(&self.0, request.into_inner()).await)
    }

    async fn verify_request(
        &self,
        request: Request<VerifyRequestRequest>,
    ) -> Result<Response<VerifyRequestResponse>, Status> {
        answer(verify::verify_request(&self.0, request.into_inner()).await)
    }
}
