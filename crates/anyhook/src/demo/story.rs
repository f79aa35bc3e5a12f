//! What the demo shows, step by step.

use std::time::{Duration, Instant};

use anyhook_domain::secret::Secret;
use anyhook_store::Clock;
use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use super::{
    api::{Api, Reply},
    handler::{Handler, Seen},
    replicate::{self, Webhook},
};

/// How long the log may lag behind what the handler saw.
const LOGGED_WITHIN: Duration = Duration::from_secs(10);

struct Story {
    api: Api,
    handler: Handler,
    clock: Clock,
    /// The demo's stand-in for Replicate's signing key.
    provider_secret: Secret,
    app_slug: String,
    inbound_url: String,
}

pub(super) async fn tell(url: &str, handler_takes: Duration) -> Result<()> {
    let mut story = Story::begin(url, handler_takes).await?;
    let event = story.a_webhook_is_delivered(handler_takes).await?;
    story.the_same_webhook_again(&event).await?;
    story.a_forged_one().await?;
    story.a_failing_handler().await?;
    story.a_replay(&event).await?;
    println!();
    println!("That is AnyHook. The log of this demo's app: {url}/api/v1/events?app_slug={}", story.app_slug);
    Ok(())
}

fn step(title: &str) {
    println!("\n{title}");
}

fn say(label: &str, text: impl std::fmt::Display) {
    println!("  {label:<22}{text}");
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

impl Story {
    async fn begin(url: &str, handler_takes: Duration) -> Result<Self> {
        let mut api = Api::new(url)?;
        let tail = hex_tail();
        step("A throw-away tenant with an app for Replicate");
        let signup = json!({
            "email": format!("demo-{tail}@example.com"),
            "password": format!("demo-{}", hex_tail()),
            "tenant": { "name": format!("Demo {tail}") },
        });
        let signed_up = api.call(Method::POST, "/api/v1/signup", Some(signup)).await?;
        api.sign_in(text(&signed_up.body, "apiKey")?);
        let handler = Handler::start(handler_takes).await?;
        let provider_secret = Secret::signing(&rand::random());
        let app = api.call(
            Method::POST,
            "/api/v1/apps",
            Some(json!({
                "name": "Replicate",
                "source": "replicate",
                "secret": provider_secret.expose(),
                "destinations": [{ "url": format!("http://{}/hook", handler.address) }],
            })),
        );
        let app = app.await?.body;
        let destination = &app["destinations"][0];
        handler.expect_secret(text(destination, "signing_secret")?);
        let story = Self {
            app_slug: text(&app, "slug")?.to_owned(),
            inbound_url: text(&app, "inboundUrl")?.to_owned(),
            api,
            handler,
            clock: Clock::system(),
            provider_secret,
        };
        say("inbound URL", &story.inbound_url);
        say("destination", text(destination, "url")?);
        Ok(story)
    }

    fn webhook(&self, message_id: &str) -> Webhook {
        replicate::completed_prediction(&self.provider_secret, message_id, self.clock.now())
    }

    async fn post(&self, webhook: &Webhook) -> Result<Reply> {
        // Providers' users put ids of their own into the query; it is handed on.
        let url = format!("{}?customId=123", self.inbound_url);
        self.api.post(&url, &webhook.headers, webhook.body.clone()).await
    }

    async fn a_webhook_is_delivered(&mut self, handler_takes: Duration) -> Result<Event> {
        step("Replicate posts a completed prediction");
        let webhook = self.webhook("msg_demo_first");
        let posted_at = Instant::now();
        let reply = self.post(&webhook).await?;
        ensure!(reply.status == 200, "the webhook was answered with {}: {}", reply.status, reply.body);
        let event = Event { id: text(&reply.body, "id")?.to_owned(), webhook };
        say("acknowledged", format!("{} after {}: {}", reply.status, ms(reply.took), event.id));
        let seen = self.handler.next().await?;
        say(
            "handler called",
            format!(
                "{} after the post; it took {}",
                ms(seen.at - posted_at),
                humantime::format_duration(handler_takes)
            ),
        );
        self.check(&seen, &event)?;
        self.wait_for_status(&event.id, "success").await?;
        say("log says", "success");
        Ok(event)
    }

    fn check(&self, seen: &Seen, event: &Event) -> Result<()> {
        ensure!(seen.event_id == event.id, "another event was delivered: {}", seen.event_id);
        ensure!(seen.body == event.webhook.body, "the body changed on its way");
        ensure!(seen.signature_is_right, "the delivery's signature is wrong");
        let verified = "the same bytes, Anyhook-Signature is right";
        say("verified", format!("{verified} (attempt {}, {})", seen.attempt, seen.trigger));
        Ok(())
    }

    async fn the_same_webhook_again(&self, event: &Event) -> Result<()> {
        step("Replicate posts the same webhook once more");
        let reply = self.post(&event.webhook).await?;
        ensure!(reply.body["id"] == event.id.as_str(), "the repeat was stored as {}", reply.body);
        say(
            "acknowledged",
            format!("{} after {}: the first one's id; not delivered again", reply.status, ms(reply.took)),
        );
        Ok(())
    }

    async fn a_forged_one(&self) -> Result<()> {
        step("Somebody else posts a forged one");
        let forged = replicate::completed_prediction(&Secret::signing(&[0; 32]), "msg_demo_forged", self.clock.now());
        let reply = self.post(&forged).await?;
        ensure!(reply.status == 401, "the forged webhook was answered with {}", reply.status);
        say("turned away", format!("{} after {}: {}", reply.status, ms(reply.took), text(&reply.body, "error")?));
        Ok(())
    }

    async fn a_failing_handler(&mut self) -> Result<()> {
        step("The handler fails once");
        self.handler.fail_next(1);
        let webhook = self.webhook("msg_demo_failing");
        let posted_at = Instant::now();
        let reply = self.post(&webhook).await?;
        let event = Event { id: text(&reply.body, "id")?.to_owned(), webhook };
        let failed = self.handler.next().await?;
        say("attempt 1", format!("answered {} {} after the post", failed.answered.as_u16(), ms(failed.at - posted_at)));
        say("waiting", "the first retry comes after 20 s, and up to a fifth more");
        let retried = self.handler.next().await?;
        say("attempt 2", format!("{:.1} s after the first one", (retried.at - failed.at).as_secs_f64()));
        self.check(&retried, &event)?;
        self.wait_for_status(&event.id, "success").await?;
        say("log says", "success");
        Ok(())
    }

    async fn a_replay(&mut self, event: &Event) -> Result<()> {
        step("The first event is replayed");
        let asked_at = Instant::now();
        let reply = self.api.call(Method::POST, &format!("/api/v1/events/{}/replay", event.id), None).await?;
        say("queued", format!("{} after {}", reply.status, ms(reply.took)));
        let seen = self.handler.next().await?;
        say("handler called", format!("{} after the request", ms(seen.at - asked_at)));
        self.check(&seen, event)
    }

    async fn wait_for_status(&self, event_id: &str, wanted: &str) -> Result<()> {
        let until = Instant::now() + LOGGED_WITHIN;
        loop {
            let event = self.api.call(Method::GET, &format!("/api/v1/events/{event_id}"), None).await?.body;
            let status = text(&event, "status")?;
            if status == wanted {
                return Ok(());
            }
            ensure!(Instant::now() < until, "the log says {status} of {event_id}, not {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

struct Event {
    id: String,
    webhook: Webhook,
}

fn text<'a>(body: &'a Value, member: &str) -> Result<&'a str> {
    body[member].as_str().with_context(|| format!("the answer has no {member}: {body}"))
}

fn hex_tail() -> String {
    format!("{:08x}", rand::random::<u32>())
}
