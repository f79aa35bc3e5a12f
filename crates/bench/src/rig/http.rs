//! Single HTTP requests to AnyHook's API and to the sink.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

const WITHIN: Duration = Duration::from_secs(30);

/// Makes a request that must succeed; the answer's JSON, or null when it is none.
///
/// # Errors
/// When nobody answers in time, or the answer is not 2xx.
pub async fn call(method: Method, url: &str, key: Option<&str>, body: Option<&Value>) -> Result<Value> {
    let answer = tokio::time::timeout(WITHIN, exchange(request(method, url, key, body)?, url.parse()?)).await;
    let (status, body) = answer.with_context(|| format!("{url} has not answered"))??;
    ensure!((200..300).contains(&status), "{url} answered {status}: {}", String::from_utf8_lossy(&body));
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

fn request(method: Method, url: &str, key: Option<&str>, body: Option<&Value>) -> Result<Request<Full<Bytes>>> {
    let uri: Uri = url.parse().with_context(|| format!("{url} is no URL"))?;
    let host = uri.authority().context("the URL has no host")?.to_string();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    Ok(request.body(Full::new(body))?)
}

async fn exchange(request: Request<Full<Bytes>>, uri: Uri) -> Result<(u16, Bytes)> {
    let address = uri.authority().context("the URL has no host")?.as_str();
    let stream = TcpStream::connect(address).await.with_context(|| format!("nobody listens on {address}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    // The connection ends when its sender is dropped, that is, after the answer.
    let (answer, _) = tokio::join!(answer, connection);
    answer
}
