//! The API against its description, `docs/rest.openapi.json`: routes, callers, statuses, and each
//! element of each answer. `BLESS=1` writes the examples of the description anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{Server, dialog, user};
use crate::Answer;
use crate::call::TOKEN_PATH;
use crate::routes::{Access, ROUTES};

/// The methods of OpenAPI that the API has.
const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// No request adds a media domain.
const MEDIA_DOMAIN: &str = "configuration = [{ xml = \"<MediaDomain><name>chat</name>\
                            <interruptible>true</interruptible></MediaDomain>\" }]";

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rest.openapi.json")
}

/// The description.
struct Description(Value);

/// A request that the description has, with its example.
struct Request<'d> {
    of: &'d Description,
    method: String,
    /// As described: `/User/{user}`.
    path: &'d str,
    operation: &'d Value,
}

impl Description {
    fn read() -> Self {
        let text = std::fs::read_to_string(path()).expect("the description");
        Self(serde_json::from_str(&text).expect("it is JSON"))
    }

    /// The value itself, or the one that it refers to.
    fn resolved<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value["$ref"].as_str() {
            Some(name) => self.0.pointer(&name[1..]).unwrap_or_else(|| panic!("no {name}")),
            None => value,
        }
    }

    fn requests(&self) -> Vec<Request<'_>> {
        let mut all = Vec::new();
        for (path, item) in self.0["paths"].as_object().expect("paths") {
            for method in METHODS.iter().filter(|method| item.get(**method).is_some()) {
                let (operation, method) = (&item[*method], method.to_uppercase());
                all.push(Request { of: self, method, path, operation });
            }
        }
        all
    }

    /// The parts of an element that its schema does not describe.
    fn undescribed(&self, element: &stanza::Element, schema: &Value) -> Vec<String> {
        let schema = self.resolved(schema);
        let properties = &schema["properties"];
        let mut found = Vec::new();
        let mut wrong = |what: String| found.push(format!("{}: {what}", element.name.local));
        for attribute in &element.attrs {
            if properties[&attribute.name.local]["xml"]["attribute"] != true {
                wrong(format!("attribute {}", attribute.name.local));
            }
        }
        let has_children = element.children().next().is_some();
        if schema["type"] != "object" && has_children {
            wrong("no text".to_owned());
        }
        let known = schema["enum"].as_array();
        if known.is_some_and(|known| !known.iter().any(|word| *word == *element.text())) {
            wrong(format!("{:?} is none of {}", element.text(), schema["enum"]));
        }
        let mut counts = BTreeMap::new();
        for child in element.children() {
            let count = counts.entry(&child.name.local).or_insert(0);
            *count += 1;
            let own = self.resolved(&properties[&child.name.local]);
            match own["type"].as_str() {
                Some("array") => found.extend(self.undescribed(child, &own["items"])),
                Some(_) if *count == 1 => found.extend(self.undescribed(child, own)),
                Some(_) => {
                    found.push(format!("{}: {} twice", element.name.local, child.name.local))
                }
                None => found.push(format!("{}: element {}", element.name.local, child.name.local)),
            }
        }
        found
    }
}

impl Request<'_> {
    /// A server on which the example can be answered: agents are signed in, a call goes on, and
    /// objects have been added by the examples that add them.
    fn server(&self) -> Server {
        let mut server = match self.operation["x-flavour"].as_str() {
            Some("sso") => return Server::with("ccx", "sso = { token = \"60s\" }"),
            flavour => Server::with(flavour.unwrap_or("ccx"), MEDIA_DOMAIN),
        };
        for id in ["1001", "1002", "1003"] {
            server.ready(id);
        }
        let all = self.of.requests();
        // Neither an example that adds the same again, nor the other spelling of it.
        let is_own = |it: &Request<'_>| it.method == self.method && it.body() == self.body();
        let adds = |it: &Request<'_>| match it.method.as_str() {
            "POST" => !it.path.starts_with("/User/") && !is_own(it),
            method => method == "PUT" && it.path.ends_with("Config") && it.fits(self),
        };
        for request in all.iter().filter(|it| adds(it)) {
            assert!(request.sent(&mut server, "").status < 300, "{} is to be added", request.path);
        }
        // An agent who makes a call must not be in another.
        if self.method != "POST" {
            let call = "<requestedAction>MAKE_CALL</requestedAction><fromAddress>1081001\
                        </fromAddress><toAddress>1081002</toAddress>";
            let path = "User/1001/Dialogs";
            assert_eq!(server.ask("POST", path, "1001", &dialog(call)).status, 202);
        }
        if self.path.ends_with("/{user}") && self.method == "PUT" {
            server.ask("PUT", "User/1002", "1002", &user("<state>NOT_READY</state>"));
        }
        server
    }

    /// Whether the deployment of the other request has this one.
    fn fits(&self, other: &Self) -> bool {
        let own = &self.operation["x-flavour"];
        own.is_null() || *own == other.operation["x-flavour"]
    }

    /// The answer to the example, with this in the place of each part of the path that is a
    /// parameter, unless it is empty.
    fn sent(&self, server: &mut Server, other: &str) -> Answer {
        let caller = self.operation["x-caller"].as_str().unwrap_or_default();
        self.sent_by(server, caller, other, self.body())
    }

    fn body(&self) -> &str {
        let example = &self.operation["requestBody"]["content"]["application/xml"]["example"];
        example.as_str().unwrap_or_default()
    }

    fn sent_by(&self, server: &mut Server, caller: &str, other: &str, body: &str) -> Answer {
        let (mut path, mut query, mut lines) = (self.path.to_owned(), Vec::new(), String::new());
        for parameter in self.operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.of.resolved(parameter);
            let name = parameter["name"].as_str().expect("a name");
            let example = parameter["example"].as_str().unwrap_or_default();
            match parameter["in"].as_str() {
                Some("path") => {
                    let value = if other.is_empty() { example } else { other };
                    path = path.replace(&format!("{{{name}}}"), value);
                }
                Some("query") if !example.is_empty() => query.push(format!("{name}={example}")),
                Some("header") => lines.push_str(&format!("{name}: {example}\n")),
                _ => {}
            }
        }
        let path = if path == TOKEN_PATH { path } else { path[1..].to_owned() };
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let lines = format!("{lines}Content-Type: application/xml\nCookie: JSESSIONID=1");
        server.full(&self.method, &format!("{path}{query}"), caller, &lines, body)
    }

    /// The response that the description has for a status.
    fn response(&self, status: u16) -> Option<&Value> {
        let response = self.operation["responses"].get(status.to_string())?;
        Some(self.of.resolved(response))
    }

    /// The mistakes of an answer, by the description.
    fn mistakes(&self, answer: &Answer) -> Vec<String> {
        let named = |what: &str| format!("{} {}: {what}", self.method, self.path);
        let Some(response) = self.response(answer.status) else {
            return vec![named(&format!("status {} is not described: {answer:?}", answer.status))];
        };
        let mut mistakes = Vec::new();
        let described = |name: &str| {
            let headers = response["headers"].as_object();
            headers.is_some_and(|all| all.keys().any(|own| own.eq_ignore_ascii_case(name)))
        };
        // Of HTTP and of authentication, which the description leaves to them.
        let usual = ["content-type", "www-authenticate", "requestid", "cache-control"];
        for (name, _) in &answer.headers {
            if !usual.contains(&&*name.to_lowercase()) && !described(name) {
                mistakes.push(named(&format!("header {name} is not described")));
            }
        }
        if let Some(schema) = response.pointer("/content/application~1json/schema") {
            let body: Value = serde_json::from_str(&answer.body).expect("JSON");
            let properties = &self.of.resolved(schema)["properties"];
            let own = body.as_object().expect("an object");
            let strange = own.keys().filter(|name| properties.get(name).is_none());
            mistakes.extend(strange.map(|name| named(&format!("member {name}"))));
            return mistakes;
        }
        match (response.pointer("/content/application~1xml/schema"), root(answer)) {
            (Some(schema), Some(root)) => {
                let name = &self.of.resolved(schema)["xml"]["name"];
                if *name != *root.name.local {
                    mistakes.push(named(&format!("the root is {}, not {name}", root.name.local)));
                }
                let all = self.of.undescribed(&root, schema);
                mistakes.extend(all.iter().map(|what| named(&format!("not described: {what}"))));
            }
            (None, None) => {}
            // A servlet container answers some errors without a document.
            (Some(_), None) if answer.status >= 400 => {}
            (schema, _) => mistakes.push(named(&format!("a body is there, or {schema:?}"))),
        }
        mistakes
    }
}

/// The root of the document in an answer.
fn root(answer: &Answer) -> Option<stanza::Element> {
    let (_, xml) = answer.body.split_once("?>\n")?;
    Some(stanza::parse(xml).unwrap_or_else(|error| panic!("{error}: {answer:?}")))
}

fn word(access: Access) -> &'static str {
    match access {
        Access::Open => "open",
        Access::Caller => "caller",
        Access::Reader => "reader",
        Access::Member => "member",
        Access::Administrator => "administrator",
    }
}

#[test]
fn every_route_is_described_with_its_callers_and_nothing_else_is() {
    let routes = ROUTES
        .iter()
        .map(|route| format!("{} /{} {}", route.method, route.path, word(route.access)));
    let token = format!("GET {TOKEN_PATH} open");
    let routes: BTreeSet<String> = routes.chain([token]).collect();
    let description = Description::read();
    let described = description.requests().into_iter().map(|request| {
        let parts = request.path.split('/');
        let parts: Vec<&str> = parts.map(|it| if it.starts_with('{') { "*" } else { it }).collect();
        let access = request.operation["x-access"].as_str().expect("x-access");
        format!("{} {} {access}", request.method, parts.join("/"))
    });
    let described: BTreeSet<String> = described.collect();
    let only_one: Vec<&String> = routes.symmetric_difference(&described).collect();
    assert!(only_one.is_empty(), "only in the table, or only in the description: {only_one:#?}");
}

#[test]
fn every_example_is_answered_as_described() {
    let description = Description::read();
    let (mut mistakes, mut examples) = (Vec::new(), BTreeMap::new());
    for request in description.requests() {
        let mut server = request.server();
        let answer = request.sent(&mut server, "");
        let mut statuses = request.operation["responses"].as_object().expect("responses").keys();
        let is_done = statuses.any(|it| *it == answer.status.to_string() && it.starts_with('2'));
        // Some routes are there to refuse.
        if !is_done && !matches!(request.path, "/Dialog" | "/User/{user}/Media/{medium}") {
            mistakes.push(format!("{} {}: {answer:?}", request.method, request.path));
        }
        mistakes.extend(request.mistakes(&answer));
        let example = request.response(answer.status);
        let example = example.and_then(|it| it.pointer("/content/application~1xml/examples/fake"));
        if let Some(name) = example.and_then(|it| it["$ref"].as_str()) {
            let name = name.rsplit('/').next().expect("a name").to_owned();
            // The first request that refers to an example is the one that it is of.
            examples.entry(name).or_insert(answer.body);
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    let examples: serde_json::Map<String, Value> = examples
        .into_iter()
        .map(|(name, body)| (name, serde_json::json!({ "value": body })))
        .collect();
    let Description(mut made) = description;
    made["components"]["examples"] = examples.into();
    let text = format!("{made:#}\n");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path(), &text).expect("the description is written");
    }
    let kept = std::fs::read_to_string(path()).expect("the description").replace("\r\n", "\n");
    assert!(kept == text, "the examples are others: BLESS=1 cargo test -p rest writes them anew");
}

#[test]
fn every_refusal_is_described() {
    let description = Description::read();
    let mut mistakes = Vec::new();
    for request in description.requests() {
        let mut server = request.server();
        let mut check = |answer: &Answer| mistakes.extend(request.mistakes(answer));
        let caller = request.operation["x-caller"].as_str().unwrap_or_default();
        check(&request.sent_by(&mut server, "", "", request.body()));
        check(&request.sent_by(&mut server, "1004", "", request.body()));
        check(&request.sent(&mut server, "77777"));
        for body in ["<Wrong/>", "<", ""].iter().filter(|_| !request.body().is_empty()) {
            check(&request.sent_by(&mut server, caller, "", body));
        }
        server.status = contact::SystemStatus::OutOfService;
        check(&request.sent(&mut server, ""));
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}
