//! From a verified request to a sealed event.

use anyhook_domain::{
    DeliveryId, EventId, Headers, Timestamp,
    blind::{Indexed, Terms},
    delivery::HeldReason,
    event::{Head, Verification, column, dedup_key},
    filter::{self, Incoming, Wants},
    forward::traceparent,
    seal::{Key, Place},
    source::{Request, Verdict},
};
use anyhook_store::log::{NewDelivery, NewEvent};
use sha2::{Digest, Sha256};

use crate::{
    provider::Provider,
    routes::{Route, Subscriber},
};

/// A request that has arrived whole.
#[derive(Debug)]
pub(crate) struct Arrived<'a> {
    pub(crate) method: &'a str,
    /// As the provider called it.
    pub(crate) public_url: String,
    /// What follows the app's slug, with its slash.
    pub(crate) path_rest: &'a str,
    pub(crate) query: Option<&'a str>,
    pub(crate) headers: Headers,
    pub(crate) body: &'a [u8],
    pub(crate) at: Timestamp,
}

impl Arrived<'_> {
    pub(crate) fn request(&self) -> Request<'_> {
        Request { method: self.method, url: &self.public_url, headers: &self.headers, body: self.body }
    }

    fn incoming<'b>(&'b self, path: &'b str, event_type: Option<&'b str>) -> Incoming<'b> {
        let (method, query, body) = (self.method, self.query, self.body);
        Incoming { method, path, query, headers: &self.headers, body, event_type }
    }

    /// At most so many bytes are looked at to know where it goes.
    pub(crate) fn most_bytes_looked_at(&self, route: &Route) -> usize {
        filter::most_bytes_looked_at(&wants(route), &self.incoming(self.path_rest, None))
    }
}

fn wants(route: &Route) -> Vec<&Wants> {
    route.destinations.iter().map(|it| &*it.wants).collect()
}

/// When new deliveries fall to the sweep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due(pub(crate) Timestamp);

/// Names and seals a request.
pub(crate) fn accept(
    arrived: Arrived<'_>,
    verdict: &Verdict,
    (route, provider): (&Route, &Provider),
    (key_version, tenant_key): (u32, &Key),
    Due(due_at): Due,
) -> NewEvent {
    let (source, request) = (provider.source, arrived.request());
    let verification = verification(verdict);
    let provider_id = source.provider_id(&request, &provider.config);
    let rejection = match verdict {
        Verdict::Rejected(reason) => Some(reason.to_string()),
        Verdict::Verified | Verdict::NotChecked => None,
    };
    let path_rest = provider.kept_path(arrived.path_rest, verdict);
    let event_type = source.event_type(&request);
    let wanted =
        if rejection.is_none() { wanted(route, &arrived, path_rest, event_type.as_deref()) } else { Vec::new() };
    let indexed = Indexed { headers: &arrived.headers, query: arrived.query, body: arrived.body };
    // What was rejected says of itself what it likes: it is found by nothing.
    let terms = match rejection {
        None => Terms::new(tenant_key, route.app_id).of_request(&route.indexed, &indexed),
        Some(_) => Vec::new(),
    };
    let id = EventId::new(arrived.at, rand::random());
    let salt = rand::random();
    let key = tenant_key.for_event(id, &salt);
    let seal =
        |column, plain: &[u8]| key.seal(rand::random(), &Place { tenant: route.tenant_id, row: id.0, column }, plain);
    NewEvent {
        id,
        tenant_id: route.tenant_id,
        app_id: route.app_id,
        source: source.slug,
        received_at: arrived.at,
        method: arrived.method.to_owned(),
        path_rest: path_rest.to_owned(),
        event_type,
        // A forged id must never shut out the real one: what was rejected is nobody's first.
        dedup_key: provider_id
            .as_deref()
            .filter(|_| rejection.is_none())
            .map(|provider_id| dedup_key(source.slug, verification, provider_id)),
        provider_id,
        verification,
        deliveries: deliveries(route, &wanted, arrived.at, due_at),
        rejection,
        body_hash: Sha256::digest(arrived.body).into(),
        body_bytes: arrived.body.len() as u64,
        key_version,
        salt,
        sealed_body: seal(column::BODY, arrived.body),
        terms,
        traceparent: traceparent(arrived.headers.text("traceparent"), rand::random(), rand::random()),
        sealed_head: seal(
            column::HEAD,
            &Head { query: arrived.query.map(str::to_owned), headers: arrived.headers }.to_bytes(),
        ),
        keep_until: route.kept_for.map(|kept_for| arrived.at + kept_for),
    }
}

fn verification(verdict: &Verdict) -> Verification {
    match verdict {
        Verdict::Verified => Verification::Verified,
        Verdict::NotChecked => Verification::None,
        Verdict::Rejected(_) => Verification::Failed,
    }
}

/// The destinations that want what arrived.
fn wanted<'a>(route: &'a Route, arrived: &Arrived<'_>, path: &str, event_type: Option<&str>) -> Vec<&'a Subscriber> {
    let all = &route.destinations;
    if all.iter().all(|it| it.wants.is_everything()) {
        return all.iter().collect();
    }
    let is_wanted = filter::wanted_by(&wants(route), &arrived.incoming(path, event_type));
    all.iter().zip(is_wanted).filter(|(_, is_wanted)| *is_wanted).map(|(it, _)| it).collect()
}

fn deliveries(route: &Route, wanted: &[&Subscriber], at: Timestamp, due_at: Timestamp) -> Vec<NewDelivery> {
    let held = |is_paused| match (route.is_paused, is_paused) {
        (true, _) => Some(HeldReason::AppPaused),
        (false, true) => Some(HeldReason::DestinationPaused),
        (false, false) => None,
    };
    let delivery = |it: &&Subscriber| NewDelivery {
        id: DeliveryId::new(at, rand::random()),
        destination_id: it.id,
        due_at,
        held: held(it.is_paused),
    };
    wanted.iter().map(delivery).collect()
}
