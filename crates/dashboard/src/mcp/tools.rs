//! The tools: each is one call of the REST API, with its parameters by name.

use rmcp::model::{JsonObject, Tool as Listed, ToolAnnotations};
use serde_json::{Map, Value, json};

/// What a tool does to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It looks.
    None,
    /// It adds, and takes nothing away.
    Adds,
    /// It changes or ends what is there.
    Changes,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Body,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: Place,
    /// A JSON Schema type.
    kind: &'static str,
    pub(super) is_required: bool,
    help: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    title: &'static str,
    help: &'static str,
    pub(super) method: &'static str,
    /// With `{parameter}` where a path parameter goes.
    pub(super) path: &'static str,
    pub(super) parameters: &'static [Parameter],
    effect: Effect,
    /// The answer has what senders or handlers wrote.
    pub(super) is_from_outside: bool,
    /// Anybody may use it.
    pub(super) is_public: bool,
}

const fn path(name: &'static str, help: &'static str) -> Parameter {
    Parameter { name, place: Place::Path, kind: "string", is_required: true, help }
}

const fn query(name: &'static str, kind: &'static str, help: &'static str) -> Parameter {
    Parameter { name, place: Place::Query, kind, is_required: false, help }
}

const fn body(name: &'static str, kind: &'static str, help: &'static str) -> Parameter {
    Parameter { name, place: Place::Body, kind, is_required: false, help }
}

const fn needed(parameter: Parameter) -> Parameter {
    Parameter { is_required: true, ..parameter }
}

const LOOK: Tool = Tool {
    name: "",
    title: "",
    help: "",
    method: "GET",
    path: "",
    parameters: &[],
    effect: Effect::None,
    is_from_outside: false,
    is_public: false,
};

const APP: Parameter = path("app", "the app's slug");
const EVENT: Parameter = path("event_id", "the event's id, such as evt_01h455vb4pex5vsknk084sn02q");

/// Listing events; waiting for one looks there, too.
pub(super) const EVENTS: Tool = Tool {
    name: "anyhook_events",
    title: "List events",
    help: "Lists events, newest first: what came, whether it was verified, and what became of it.",
    path: "/api/v1/events",
    parameters: &[
        query("app_slug", "string", "only of this app"),
        query("status", "string", "success, queued, held, retrying, failed or rejected"),
        query("source", "string", "only of this source, from anyhook_providers"),
        query("event_type", "string", "only of this type; with a * at the end, of types that begin so"),
        query("since", "string", "received then or later, as an RFC 3339 instant"),
        query("until", "string", "received before then"),
        query("q", "string", "text in the type, an id, the path, or the error"),
        query("limit", "integer", "1 to 200"),
        query("cursor", "string", "nextCursor of the page before"),
    ],
    is_from_outside: true,
    ..LOOK
};

/// The tool that is not one call.
pub(super) const WAIT: &str = "anyhook_wait_for_event";

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "anyhook_quickstart",
        title: "Begin without an account",
        help: "Makes an inbound URL and an API key that live for seven days; needs no key. From then on give the answer's \
               api_key as the argument api_key of the other tools, and show the user its claim_url: whoever opens it keeps \
               everything. Use it only where the user has no API key.",
        method: "POST",
        path: "/api/v1/quickstart",
        parameters: &[
            body("destination_url", "string", "where events go; without one they are stored, to be looked at"),
            body("source", "string", "which provider posts, from anyhook_providers; recognised when left out"),
        ],
        effect: Effect::Adds,
        is_public: true,
        ..LOOK
    },
    Tool {
        name: "anyhook_apps_list",
        title: "List apps",
        help: "Lists the apps: each is one webhook source, with its inbound URL and its destinations.",
        path: "/api/v1/apps",
        ..LOOK
    },
    Tool {
        name: "anyhook_apps_create",
        title: "Create an app",
        help: "Creates an app and answers with its inbound URL, to be given to the provider, and with the signing secret of \
               each new destination, this once.",
        method: "POST",
        path: "/api/v1/apps",
        parameters: &[
            needed(body("name", "string", "what people call it")),
            body("source", "string", "which provider posts to it, from anyhook_providers; recognised when left out"),
            body("slug", "string", "the last part of its inbound URL; made from the name when left out"),
            body("secret", "string", "the provider's secret, so that requests are verified"),
            body("source_config", "object", "further settings of the source, from anyhook_providers"),
            body("destinations", "array", "where events go: [{\"url\": \"https://…\"}]"),
        ],
        effect: Effect::Adds,
        ..LOOK
    },
    Tool {
        name: "anyhook_apps_update",
        title: "Change an app",
        help: "Changes an app: its name, slug, source, secret, whether it is active, and its destinations (the whole list). \
               What is left out stays.",
        method: "PATCH",
        path: "/api/v1/apps/{app}",
        parameters: &[
            APP,
            body("name", "string", "what people call it"),
            body("slug", "string", "a new slug; the former URL goes on routing"),
            body("source", "string", "which provider posts to it"),
            body("secret", "string", "the provider's secret; empty removes it"),
            body("source_config", "object", "further settings of the source"),
            body("is_active", "boolean", "false: what comes is discarded"),
            body("is_paused", "boolean", "true: what comes is stored, and delivered on resume"),
            body("destinations", "array", "all destinations; one that is missing here is deleted"),
        ],
        effect: Effect::Changes,
        ..LOOK
    },
    Tool {
        name: "anyhook_rotate_secret",
        title: "Rotate a signing secret",
        help: "Makes a new signing secret for a destination and answers with it, this once; the old one signs beside it for a \
               while.",
        method: "POST",
        path: "/api/v1/apps/{app}/destinations/{destination_id}/rotate-secret",
        parameters: &[APP, path("destination_id", "the destination's id, from anyhook_apps_list")],
        effect: Effect::Changes,
        ..LOOK
    },
    EVENTS,
    Tool {
        name: "anyhook_inspect",
        title: "Inspect an event",
        help: "Shows one event: its request with headers and body, its deliveries, and each attempt with the handler's answer. \
               That is written into the audit log.",
        path: "/api/v1/events/{event_id}",
        parameters: &[EVENT],
        is_from_outside: true,
        ..LOOK
    },
    Tool {
        name: "anyhook_undelivered",
        title: "List undelivered events",
        help: "Lists an app's events that are not delivered: waiting, retrying, held or failed.",
        path: "/api/v1/apps/{app}/events/undelivered",
        parameters: &[APP, query("limit", "integer", "1 to 200")],
        is_from_outside: true,
        ..LOOK
    },
    Tool {
        name: "anyhook_replay",
        title: "Replay an event",
        help: "Sends a stored event to its destinations once more. The handlers act on it again.",
        method: "POST",
        path: "/api/v1/events/{event_id}/replay",
        parameters: &[EVENT, body("url", "string", "to this URL in place of the destinations")],
        effect: Effect::Changes,
        ..LOOK
    },
    Tool {
        name: "anyhook_replay_failed",
        title: "Replay failed events",
        help: "Sends all failed events of an app once more. The handlers act on them again.",
        method: "POST",
        path: "/api/v1/apps/{app}/replay-failed",
        parameters: &[APP],
        effect: Effect::Changes,
        ..LOOK
    },
    Tool {
        name: "anyhook_replay_many",
        title: "Replay events by filter",
        help: "Sends all events again that a filter takes, in the background. Ask with dry_run first: then nothing is sent, and \
               the answer is how many there are.",
        method: "POST",
        path: "/api/v1/replays",
        parameters: &[
            needed(body(
                "filter",
                "object",
                "as anyhook_events takes it: app_slug, status, source, event_type, since, until, q",
            )),
            body("destination_id", "string", "to this destination only"),
            body("dry_run", "boolean", "true: only count"),
            body("rate_per_second", "integer", "at most so many in a second"),
        ],
        effect: Effect::Changes,
        ..LOOK
    },
    Tool {
        name: "anyhook_reverify",
        title: "Verify rejected events again",
        help: "After an app's source or secret was corrected: verifies its rejected events again, and delivers those that are \
               right now.",
        method: "POST",
        path: "/api/v1/apps/{app}/reverify",
        parameters: &[APP],
        effect: Effect::Changes,
        ..LOOK
    },
    Tool {
        name: "anyhook_mock",
        title: "Make an example request",
        help: "Makes a signed example request of a provider, with a command that sends it.",
        method: "POST",
        path: "/api/v1/tools/mock",
        parameters: &[
            body("provider", "string", "a slug from anyhook_providers"),
            body("app", "string", "an app's slug: its provider and inbound URL are used"),
            body("secret", "string", "what to sign with; one is made when left out"),
            body("url", "string", "where it would be sent"),
            body("body", "string", "in place of the provider's own example"),
        ],
        ..LOOK
    },
    Tool {
        name: "anyhook_test_event",
        title: "Send a test event",
        help: "Posts an example to an app's inbound URL, signed with the app's own secret: an event like any other, which is \
               delivered. anyhook_inspect shows what becomes of it.",
        method: "POST",
        path: "/api/v1/apps/{app}/test",
        parameters: &[APP],
        effect: Effect::Adds,
        ..LOOK
    },
    Tool {
        name: "anyhook_verify",
        title: "Verify a captured request",
        help: "Says whether a captured request is its provider's, and if not, why.",
        method: "POST",
        path: "/api/v1/tools/verify",
        parameters: &[
            needed(body("provider", "string", "a slug from anyhook_providers; auto recognises it")),
            needed(body("headers", "object", "names and values")),
            body("body", "string", "the body as text"),
            body("body_base64", "string", "the body in base64, where it is not text"),
            body("secret", "string", "the provider's secret"),
            body("requestUrl", "string", "the URL as the provider called it"),
            body("method", "string", "POST when left out"),
            body("now", "string", "when it arrived, as an RFC 3339 instant; now when left out"),
        ],
        is_from_outside: true,
        ..LOOK
    },
    Tool {
        name: "anyhook_providers",
        title: "List providers",
        help: "Lists the providers whose requests can be verified: where the secret is found, and how each is set up.",
        path: "/api/v1/sources",
        is_public: true,
        ..LOOK
    },
    Tool {
        name: WAIT,
        title: "Wait for an event",
        help: "Waits until a new event comes, and answers with it; after the time given, says that none came. Send the webhook \
               after calling this, or name the newest event that you know.",
        path: "/api/v1/events",
        parameters: &[
            query("app_slug", "string", "only of this app"),
            query("after", "string", "the id of the newest event that you know; the newest one there is when left out"),
            query("timeout_seconds", "integer", "1 to 50; 25 when left out"),
        ],
        is_from_outside: true,
        ..LOOK
    },
];

impl Tool {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// As `tools/list` shows it.
    pub(super) fn listed(&self) -> Listed {
        let is_read_only = self.effect == Effect::None;
        let hints = ToolAnnotations::from_raw(
            Some(self.title.to_owned()),
            Some(is_read_only),
            Some(self.effect == Effect::Changes),
            Some(is_read_only),
            Some(self.is_from_outside),
        );
        Listed::new(self.name, self.help, self.schema()).with_annotations(hints)
    }

    fn schema(&self) -> JsonObject {
        let mut properties: Map<String, Value> =
            self.parameters.iter().map(|it| (it.name.to_owned(), it.schema())).collect();
        if !self.is_public {
            let help = "an API key, ahk_live_…, where the connection brings none; it is neither kept nor logged";
            properties.insert("api_key".to_owned(), json!({ "type": "string", "description": help }));
        }
        let required: Vec<_> = self.parameters.iter().filter(|it| it.is_required).map(|it| it.name).collect();
        let schema = json!({ "type": "object", "properties": properties, "required": required });
        schema.as_object().cloned().unwrap_or_default()
    }
}

impl Parameter {
    fn schema(&self) -> Value {
        match self.kind {
            "array" => json!({ "type": "array", "items": { "type": "object" }, "description": self.help }),
            kind => json!({ "type": kind, "description": self.help }),
        }
    }
}
