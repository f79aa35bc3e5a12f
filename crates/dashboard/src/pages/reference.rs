//! The API's reference, rendered from its description.

use serde_json::{Value, json};

use super::{
    html::{Html, all, element, prose, text},
    schema::{MOST_DEPTH, description, example, items, kind, resolve, string},
};

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];
/// One method of one path.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    details: &'a Value,
}

/// The page as HTML.
pub(super) fn render(document: &Value) -> String {
    let title = string(document, "/info/title");
    let sections = all(items(document, "/tags").iter().map(|tag| section(document, tag)));
    let main = all([
        element("h1", &[], text(title)),
        element("p", &[("class", "lead")], prose(string(document, "/info/description"))),
        element(
            "p",
            &[],
            all([
                text("The same as data: "),
                link("/openapi.json", "openapi.json"),
                text(". "),
                link("/", "Home"),
                text("."),
            ]),
        ),
        element("h2", &[], text("Authentication")),
        element(
            "p",
            &[],
            prose(
                "Send an API key with each request: `Authorization: Bearer ahk_live_…`. Signing up answers with the first one.",
            ),
        ),
        sections,
        element("h2", &[("id", "errors")], text("Errors")),
        properties(document, &json!({"$ref": "#/components/schemas/Error"}), 0),
    ]);
    let page = all([element("nav", &[("aria-label", "Endpoints")], contents(document)), element("main", &[], main)]);
    Html::document(title, element("div", &[("class", "reference")], page))
}

fn contents(document: &Value) -> Html {
    let section = |tag: &Value| {
        let name = string(tag, "/name");
        let entry = |operation: &Operation<'_>| {
            let id = format!("#{}", operation.id());
            element("li", &[], link(&id, operation.summary()))
        };
        let entries = all(tagged(document, name).iter().map(entry));
        all([element("p", &[], text(name)), element("ul", &[], entries)])
    };
    all(items(document, "/tags").iter().map(section))
}

fn section(document: &Value, tag: &Value) -> Html {
    let name = string(tag, "/name");
    let operations = tagged(document, name);
    all([
        element("h2", &[], text(name)),
        element("p", &[("class", "quiet")], prose(string(tag, "/description"))),
        all(operations.iter().map(|operation| operation.render(document))),
    ])
}

fn tagged<'a>(document: &'a Value, tag: &str) -> Vec<Operation<'a>> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some(Operation { method, path, details: item.get(method)? }))
    });
    operations.filter(|it| items(it.details, "/tags").iter().any(|name| name == tag)).collect()
}

impl Operation<'_> {
    fn id(&self) -> &str {
        string(self.details, "/operationId")
    }

    fn summary(&self) -> &str {
        string(self.details, "/summary")
    }

    fn render(&self, document: &Value) -> Html {
        let method = self.method.to_uppercase();
        let call = all([
            element("span", &[("class", &format!("method {}", self.method))], text(&method)),
            element("code", &[], text(self.path)),
        ]);
        let parts = all([
            element("h3", &[], text(self.summary())),
            element("p", &[("class", "call")], call),
            optional("p", prose(string(self.details, "/description"))),
            self.parameters(),
            self.body(document),
            self.answers(document),
            self.example(document),
        ]);
        element("section", &[("class", "operation"), ("id", self.id())], parts)
    }

    fn parameters(&self) -> Html {
        let row = |parameter: &Value| {
            let need = if parameter["required"] == true { "required" } else { "optional" };
            let place = format!("{}, {need}", string(parameter, "/in"));
            row(string(parameter, "/name"), &place, string(parameter, "/description"))
        };
        let rows = all(items(self.details, "/parameters").iter().map(row));
        titled("Parameters", optional("table", rows))
    }

    fn body(&self, document: &Value) -> Html {
        let Some(schema) = self.body_schema() else { return Html::default() };
        titled("Request body", properties(document, schema, 0))
    }

    fn body_schema(&self) -> Option<&Value> {
        self.details.pointer("/requestBody/content/application~1json/schema")
    }

    fn answers(&self, document: &Value) -> Html {
        let answers = self.details.get("responses").and_then(Value::as_object).into_iter().flatten();
        let answer = |(status, answer): (&String, &Value)| {
            let name = if status == "default" { "Errors" } else { status };
            let line = all([element("code", &[], text(name)), text(" "), prose(string(answer, "/description"))]);
            let content = ["application~1json", "text~1event-stream"].map(|it| format!("/content/{it}/schema"));
            match content.iter().find_map(|it| answer.pointer(it)) {
                Some(schema) if status.starts_with('2') => {
                    let summary = element("summary", &[], line);
                    element("details", &[], all([summary, properties(document, schema, 0)]))
                }
                _ => element("p", &[], line),
            }
        };
        titled("Answers", all(answers.map(answer)))
    }

    fn example(&self, document: &Value) -> Html {
        titled("Example", element("pre", &[], element("code", &[], text(&self.curl(document)))))
    }

    /// A command for a POSIX shell.
    fn curl(&self, document: &Value) -> String {
        let server = string(document, "/servers/0/url").trim_end_matches('/');
        let mut path = self.path.to_owned();
        for parameter in items(self.details, "/parameters").iter().filter(|it| it["in"] == "path") {
            let name = string(parameter, "/name");
            path = path.replace(&format!("{{{name}}}"), &name.to_uppercase());
        }
        let mut command = format!("curl -X {} {}", self.method.to_uppercase(), quoted(&format!("{server}{path}")));
        if !self.is_open() {
            command += " \\\n  -H 'Authorization: Bearer ahk_live_…'";
        }
        let body = self.body_schema().filter(|_| self.details.pointer("/requestBody/required") == Some(&json!(true)));
        if let Some(schema) = body {
            let json = example(document, schema, 0).unwrap_or_default().to_string();
            command += &format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d {}", quoted(&json));
        }
        command
    }

    /// Whether it says that it needs no credential.
    fn is_open(&self) -> bool {
        items(self.details, "/security").first().is_some_and(|scheme| scheme == &json!({}))
    }
}

/// The properties of an object, those of its parts included.
fn properties(document: &Value, schema: &Value, depth: usize) -> Html {
    let mut rows = Vec::new();
    collect(document, schema, "", depth, &mut rows);
    optional("table", all(rows))
}

fn collect(document: &Value, schema: &Value, prefix: &str, depth: usize, rows: &mut Vec<Html>) {
    let schema = resolve(document, schema);
    if depth > MOST_DEPTH {
        return;
    }
    for part in items(schema, "/allOf") {
        collect(document, part, prefix, depth + 1, rows);
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let required = items(schema, "/required").iter().any(|it| it == name);
        let kind = kind(document, property);
        let kind = if required { kind } else { format!("{kind}, optional") };
        let path = format!("{prefix}{name}");
        rows.push(row(&path, &kind, description(document, property)));
        let inner = property.get("items").unwrap_or(property);
        let brackets = if property.get("items").is_some() { "[]" } else { "" };
        collect(document, inner, &format!("{path}{brackets}."), depth + 1, rows);
    }
}

fn row(name: &str, kind: &str, description: &str) -> Html {
    let cells = all([
        element("th", &[("scope", "row")], element("code", &[], text(name))),
        element("td", &[("class", "quiet")], text(kind)),
        element("td", &[], prose(description)),
    ]);
    element("tr", &[], cells)
}

/// One word of a shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn titled(title: &str, inside: Html) -> Html {
    if inside.is_empty() { inside } else { all([element("h4", &[], text(title)), inside]) }
}

fn optional(name: &'static str, inside: Html) -> Html {
    if inside.is_empty() { inside } else { element(name, &[], inside) }
}

fn link(href: &str, label: &str) -> Html {
    element("a", &[("href", href)], text(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> String {
        render(&serde_json::to_value(crate::openapi()).unwrap())
    }

    #[test]
    fn every_operation_is_there() {
        let page = page();
        let document = crate::openapi();
        for path in document.paths.paths.keys() {
            assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        }
        assert_eq!(page.matches("<section class=\"operation\"").count(), page.matches("<li>").count());
    }

    #[test]
    fn nothing_in_a_description_becomes_html() {
        let evil = "</code><script>alert(1)</script>\"'";
        let document = json!({
            "info": {"title": evil, "description": evil},
            "servers": [{"url": evil}],
            "tags": [{"name": evil, "description": evil}],
            "paths": {evil: {"post": {
                "tags": [evil], "operationId": evil, "summary": evil, "description": evil,
                "parameters": [{"name": evil, "in": evil, "description": evil}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}},
                "responses": {"200": {"description": evil, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/X"}}}}},
            }}},
            "components": {"schemas": {"X": {"properties": {evil: {"type": evil, "description": evil, "examples": [evil]}}}}},
        });
        let page = render(&document);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\"'"), "{page}");
        assert!(page.matches("&lt;script&gt;").count() > 12);
    }

    #[test]
    fn no_page_runs_or_fetches_anything_foreign() {
        for page in [page(), super::super::HOME.to_owned()] {
            assert!(!page.contains("<script") && !page.contains("style=\"") && !page.contains("javascript:"));
            let fetched = page.split(" src=\"").chain(page.split("<link ")).skip(1);
            assert!(fetched.filter(|rest| rest.starts_with("http")).count() == 0);
        }
    }

    #[test]
    fn a_field_of_several_types_says_so() {
        let secret =
            "<code>secret</code></th><td class=\"quiet\">string or array, optional</td><td>The provider&#39;s secret";
        assert!(page().contains(secret));
    }

    #[test]
    fn an_example_can_be_pasted() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        let operations = tagged(&document, "Apps");
        let create = operations.iter().find(|it| it.id() == "create_app").unwrap();
        let curl = create.curl(&document);
        assert!(
            curl.starts_with("curl -X POST '/api/v1/apps' \\\n  -H 'Authorization: Bearer ahk_live_…' \\\n"),
            "{curl}"
        );
        assert!(curl.contains(r#""source":"replicate""#), "{curl}");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
