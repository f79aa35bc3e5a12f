//! What a browser is given on its way to an issuer and back, where the dashboard is behind https.

use anyhook_rpc::tenants::v1::{
    FinishOpenIdRequest, FinishOpenIdResponse, NeedsCode, Session, SignedIn, StartOpenIdRequest, StartOpenIdResponse,
    finish_open_id_response::Outcome,
};
use axum::Router;
use http::HeaderMap;

use crate::fixture::{Dashboard, answering};

const FLAGS: &str = "Path=/; Max-Age=";

fn started(request: StartOpenIdRequest) -> Result<StartOpenIdResponse, tonic::Status> {
    assert_eq!(request.redirect_url, "https://hooks.example/api/v1/login/oidc/callback");
    let url = format!("https://issuer.example/auth?for={}", request.return_to);
    Ok(StartOpenIdResponse { url, ticket: "ticket".into(), expires_at: i64::MAX / 2 })
}

/// By the state that the browser brings.
fn finished(request: FinishOpenIdRequest) -> Result<FinishOpenIdResponse, tonic::Status> {
    let session = Session { token: "tok".into(), expires_at: i64::MAX / 2 };
    let outcome = match request.state.as_str() {
        "in" => Outcome::SignedIn(SignedIn { session: Some(session), ..SignedIn::default() }),
        "code" => Outcome::NeedsCode(NeedsCode { ticket: "other".into(), expires_at: i64::MAX / 2 }),
        _ => Outcome::Refused("oidc_taken".into()),
    };
    assert_eq!(request.ticket, "ticket");
    Ok(FinishOpenIdResponse { return_to: "/apps#here".into(), outcome: Some(outcome) })
}

async fn dashboard() -> Dashboard {
    let tenants = answering(Router::new(), "SignIn/StartOpenId", started);
    Dashboard::beside(answering(tenants, "SignIn/FinishOpenId", finished)).await
}

/// Each cookie up to its age, and what follows.
fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let all = headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().split_once(FLAGS).unwrap());
    all.map(|(kept, rest)| (kept.to_owned(), rest.split_once(';').unwrap().1.to_owned())).collect()
}

fn kept(cookies: &[(String, String)]) -> Vec<&str> {
    assert!(cookies.iter().all(|(_, flags)| flags == " HttpOnly; SameSite=Lax; Secure"), "{cookies:?}");
    cookies.iter().map(|(kept, _)| kept.as_str()).collect()
}

#[tokio::test]
async fn a_browser_goes_there_with_a_ticket_of_this_host() {
    let dashboard = dashboard().await;
    let answer = dashboard.get("/api/v1/login/oidc?return_to=/apps").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "https://issuer.example/auth?for=/apps"));
    assert_eq!(kept(&cookies(&answer.headers)), ["__Host-anyhook_sign_in=ticket; "]);
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = dashboard.get("/api/v1/login/oidc?return_to=//evil.example").await;
    assert_eq!(answer.header("location"), "https://issuer.example/auth?for=/");
}

#[tokio::test]
async fn it_comes_back_to_a_page_of_ours() {
    let dashboard = dashboard().await;
    let signed_in = ["__Host-anyhook_session=tok; ", "__Host-anyhook_sign_in=; "];
    for (state, page, expected) in [
        ("in", "https://hooks.example/apps#here", &signed_in[..]),
        ("code", "https://hooks.example/login#second_factor=needed", &["__Host-anyhook_sign_in=other; "]),
        ("refused", "https://hooks.example/apps#error=oidc_taken", &["__Host-anyhook_sign_in=; "]),
    ] {
        // The plain name is not taken: another host could have set it.
        let cookie = ("cookie", "anyhook_sign_in=forged; __Host-anyhook_sign_in=ticket");
        let from = ("sec-fetch-site", "cross-site");
        let path = format!("/api/v1/login/oidc/callback?code=c&state={state}");
        let answer = dashboard.ask("GET", &path, &[cookie, from], "").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, page));
        assert_eq!(kept(&cookies(&answer.headers)), expected, "{state}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_said_by_the_page() {
    // This tenants service knows no call.
    let dashboard = Dashboard::new().await;
    for path in ["/api/v1/login/oidc", "/api/v1/login/oidc/callback", "/api/v1/login/oidc/callback?code=a&state=b"] {
        let answer = dashboard.get(path).await;
        let page = "https://hooks.example/login#error=internal";
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, page), "{path}");
    }
}
