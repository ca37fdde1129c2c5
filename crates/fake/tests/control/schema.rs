//! The part of JSON Schema that the document uses. A member that the schema does not name is an
//! error.

use serde_json::Value;

pub(crate) struct Schemas<'d>(&'d Value);

impl<'d> Schemas<'d> {
    pub(crate) fn of(document: &'d Value) -> Self {
        Self(&document["components"]["schemas"])
    }

    /// Whether a value is as the schema says; the error says where it is not.
    pub(crate) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        self.at("", schema, value)
    }

    fn at(&self, place: &str, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            let target = &self.0[name];
            assert!(target.is_object(), "there is no schema {name}");
            return self.at(place, target, value);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let mut errors = choices.iter().map(|choice| self.at(place, choice, value));
            return match errors.find(Result::is_ok) {
                Some(_) => Ok(()),
                None => Err(format!("{place}: fits none of anyOf: {value}")),
            };
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let allowed: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            other => panic!("{place}: a schema without a type: {other}"),
        };
        let is_number = kind == "integer" && allowed.contains(&"number");
        if !(is_number || allowed.contains(&kind)) {
            return Err(format!("{place}: wanted {allowed:?}, got {value}"));
        }
        if let Some(words) = schema["enum"].as_array()
            && !value.is_null()
            && !words.contains(value)
        {
            return Err(format!("{place}: wanted one of {words:?}, got {value}"));
        }
        match value {
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.at(&format!("{place}/{index}"), &schema["items"], item)
            }),
            Value::Object(members) => {
                let required = schema["required"].as_array().into_iter().flatten();
                for name in required.filter_map(Value::as_str) {
                    if !members.contains_key(name) {
                        return Err(format!("{place}/{name} is missing"));
                    }
                }
                members.iter().try_for_each(|(name, member)| {
                    let place = format!("{place}/{name}");
                    match (&schema["properties"][name], &schema["additionalProperties"]) {
                        (Value::Null, Value::Bool(true)) => Ok(()),
                        (Value::Null, other @ Value::Object(_)) => self.at(&place, other, member),
                        (Value::Null, _) => Err(format!("{place} is not documented")),
                        (schema, _) => self.at(&place, schema, member),
                    }
                })
            }
            _ => Ok(()),
        }
    }
}
