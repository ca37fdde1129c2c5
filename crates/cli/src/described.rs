//! The descriptions of the wire as Markdown: of the REST API (OpenAPI 3.1) and of the WebSocket
//! (AsyncAPI 3).

use serde_json::Value;

/// Members of a value that must be there, since tests compare the descriptions with the code.
const MISSING: &str = "?";

/// The requests of an OpenAPI document by tag, then its objects.
///
/// # Errors
///
/// It is not JSON.
pub(crate) fn openapi(text: &str) -> Result<String, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut out = String::new();
    for tag in array(&document["tags"]) {
        let name = word(&tag["name"]);
        out.push_str(&format!("## Requests: {name}\n\n| request | for | body | answers |\n"));
        out.push_str("| --- | --- | --- | --- |\n");
        for (path, item) in members(&document["paths"]) {
            for (method, operation) in members(item) {
                if operation["tags"][0] == tag["name"] {
                    out.push_str(&request(path, method, operation, &document));
                }
            }
        }
        out.push('\n');
    }
    out.push_str("## Objects\n\nEach element that an answer or a body may have, by its path.\n");
    for (name, schema) in members(&document["components"]["schemas"]) {
        out.push_str(&object(name, schema, &document));
    }
    Ok(out.trim_end().to_owned())
}

/// A line of the table of requests.
fn request(path: &str, method: &str, operation: &Value, document: &Value) -> String {
    let body = &operation["requestBody"]["content"]["application/xml"]["schema"]["$ref"];
    let body = body.as_str().map(linked).unwrap_or_default();
    let mut query = Vec::new();
    for parameter in array(&operation["parameters"]) {
        let parameter = resolved(parameter, document);
        if parameter["in"] == "query" {
            query.push(word(&parameter["name"]).to_owned());
        }
    }
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let answers = members(&operation["responses"]).map(|(status, response)| {
        let schema = resolved(response, document)
            .pointer("/content/application~1xml/schema/$ref")
            .or_else(|| response.pointer("/content/application~1json/schema/$ref"));
        match schema.and_then(Value::as_str).filter(|_| status.starts_with('2')) {
            Some(name) => format!("{status} {}", linked(name)),
            None => status.clone(),
        }
    });
    let answers: Vec<String> = answers.collect();
    let cce = if operation["x-flavour"] == "cce" { "; CCE only" } else { "" };
    format!(
        "| `{} {path}{query}`<br>{}{cce} | {} | {body} | {} |\n",
        method.to_uppercase(),
        word(&operation["summary"]),
        word(&operation["x-access"]),
        answers.join(", ")
    )
}

/// A section about an object: its elements, and an example.
fn object(name: &str, schema: &Value, document: &Value) -> String {
    let mut rows = Vec::new();
    fields(schema, "", &mut rows);
    let mut out = format!("\n### {name}\n");
    if let Some(about) = schema["description"].as_str() {
        out.push_str(&format!("\n{about}.\n"));
    }
    if !rows.is_empty() {
        out.push_str(&format!("\n| element | value |\n| --- | --- |\n{}", rows.concat()));
    }
    if let Some(example) = document["components"]["examples"][name]["value"].as_str() {
        out.push_str(&format!(
            "\n<details><summary>Example</summary>\n\n```xml\n{example}\n```\n\n</details>\n"
        ));
    }
    out
}

/// A row for each element below a schema, by its path.
fn fields(schema: &Value, path: &str, rows: &mut Vec<String>) {
    for (name, field) in members(&schema["properties"]) {
        let is_attribute = field["xml"]["attribute"] == true;
        let path = format!("{path}{}{name}", if is_attribute { "@" } else { "" });
        let (each, many) = match field["items"].is_null() {
            true => (field, ""),
            false => (&field["items"], "any number; "),
        };
        let mut about = each["description"].as_str().or_else(|| field["description"].as_str());
        let words: Vec<String> =
            array(&each["enum"]).map(|value| format!("`{}`", word(value))).collect();
        let words = words.join(", ");
        if about.is_none() && !words.is_empty() {
            about = Some(&words);
        }
        if let Some(name) = each["$ref"].as_str() {
            rows.push(format!("| `{path}` | {many}{} |\n", linked(name)));
            continue;
        }
        let is_group = each["type"] == "object";
        let about = format!("{many}{}", about.unwrap_or_default());
        if !is_group || !about.is_empty() {
            rows.push(format!("| `{path}` | {} |\n", about.trim_end_matches("; ")));
        }
        fields(each, &format!("{path}/"), rows);
    }
}

/// The operations of an AsyncAPI document, with the messages of each and their examples.
///
/// # Errors
///
/// It is not JSON.
pub(crate) fn asyncapi(text: &str) -> Result<String, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut out = String::new();
    let mut shown = Vec::new();
    for (_, operation) in members(&document["operations"]) {
        out.push_str(&format!("## {}\n", word(&operation["title"])));
        let messages = array(&operation["messages"]).chain(array(&operation["reply"]["messages"]));
        for message in messages.map(|it| word(&it["$ref"])) {
            let name = message.rsplit('/').next().unwrap_or_default();
            let message = &document["components"]["messages"][name];
            let side = word(&message["tags"][0]["name"]);
            let title = word(&message["title"]);
            if shown.contains(&name) {
                out.push_str(&format!("\nThe {side} may say: [{title}](#{}).\n", anchor(title)));
                continue;
            }
            shown.push(name);
            out.push_str(&format!(
                "\n### {title}\n\nFrom the {side}, {}.",
                word(&message["x-specification"])
            ));
            let summary = message["summary"].as_str();
            out.extend(summary.map(|summary| format!(" {summary}.")));
            for example in array(&message["examples"]) {
                let (case, text) = (word(&example["name"]), word(&example["payload"]));
                out.push_str(&format!(" In case `{case}`:\n\n```xml\n{text}\n```\n"));
            }
        }
        out.push('\n');
    }
    Ok(out.trim_end().to_owned())
}

/// A link to the section of a schema.
fn linked(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or_default();
    format!("[{name}](#{})", anchor(name))
}

/// The anchor of a heading, as GitHub and mdBook make it.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn resolved<'d>(value: &'d Value, document: &'d Value) -> &'d Value {
    let name = value["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    name.and_then(|name| document.pointer(name)).unwrap_or(value)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or(MISSING)
}
