//! The floor of what an ingest endpoint can cost: an axum server that reads
//! the body and answers 200.
//!
//! `POST /noop` only reads the body. `POST /parse` also checks that it is JSON.
//! `POST /seal` encrypts it with AES-256-GCM and signs it with HMAC-SHA256.
//! With `--crypto` nothing is served: the two primitives are timed instead.

use anyhook_bench::{body::Bodies, now_us, runtime, size};
use anyhow::{Result, anyhow, ensure};
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use clap::Parser;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use serde::de::IgnoredAny;
use serde_json::json;
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

#[derive(Parser)]
#[command(about = "A trivial HTTP endpoint as a yardstick, and the cost of its crypto")]
struct Args {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:9901")]
    listen: String,
    /// Worker threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Time the crypto on bodies of this size instead of serving
    #[arg(long, value_parser = size::parse)]
    crypto: Option<usize>,
}

struct Keys {
    seal: LessSafeKey,
    sign: hmac::Key,
    nonce: AtomicU64,
}

impl Keys {
    /// Fixed keys: this measures cost, it protects nothing.
    fn new() -> Result<Self> {
        let unbound = UnboundKey::new(&AES_256_GCM, &[7; 32]).map_err(|_| anyhow!("bad key length"))?;
        Ok(Self {
            seal: LessSafeKey::new(unbound),
            sign: hmac::Key::new(hmac::HMAC_SHA256, &[9; 32]),
            nonce: AtomicU64::new(0),
        })
    }

    fn encrypt(&self, body: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&self.nonce.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let mut sealed = Vec::with_capacity(body.len() + 16);
        sealed.extend_from_slice(body);
        self.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .expect("the body is far below the AES-GCM limit");
        sealed
    }

    fn mac(&self, body: &[u8]) -> hmac::Tag {
        hmac::sign(&self.sign, body)
    }
}

async fn noop(body: Bytes) -> StatusCode {
    black_box(body);
    StatusCode::OK
}

async fn parse(body: Bytes) -> StatusCode {
    match serde_json::from_slice::<IgnoredAny>(&body) {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

async fn seal(State(keys): State<Arc<Keys>>, body: Bytes) -> StatusCode {
    black_box((keys.encrypt(&body), keys.mac(&body)));
    StatusCode::OK
}

/// Mean time of `work` in microseconds, over about a second.
fn time_us(mut work: impl FnMut()) -> f64 {
    for _ in 0..1000 {
        work();
    }
    let start = Instant::now();
    let mut rounds = 0u64;
    while start.elapsed().as_millis() < 1000 {
        for _ in 0..100 {
            work();
        }
        rounds += 100;
    }
    start.elapsed().as_secs_f64() * 1e6 / rounds as f64
}

fn crypto(size: usize) -> Result<()> {
    let keys = Keys::new()?;
    let body = Bodies::new(size, 1).render(1, now_us());
    ensure!(serde_json::from_slice::<IgnoredAny>(&body).is_ok(), "the body is not JSON");
    let encrypt = time_us(|| drop(black_box(keys.encrypt(black_box(&body)))));
    let mac = time_us(|| {
        black_box(keys.mac(black_box(&body)));
    });
    let json_check = time_us(|| {
        black_box(serde_json::from_slice::<IgnoredAny>(black_box(&body)).is_ok());
    });
    println!(
        "{}",
        json!({"size": body.len(), "aes_256_gcm_us": encrypt, "hmac_sha256_us": mac, "json_check_us": json_check})
    );
    Ok(())
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(size) = args.crypto {
        return crypto(size);
    }
    let app = Router::new()
        .route("/noop", post(noop))
        .route("/parse", post(parse))
        .route("/seal", post(seal))
        .with_state(Arc::new(Keys::new()?));
    runtime(args.threads)?.block_on(async {
        let listener = tokio::net::TcpListener::bind(&args.listen).await?;
        axum::serve(listener, app).await?;
        Ok(())
    })
}
