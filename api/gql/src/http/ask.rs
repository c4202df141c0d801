//! A request's method, headers and body, read as a GraphQL question.
//!
//! Nothing that a browser sends across origins without asking first is read: no forms, no plain text.

use async_graphql::{Name, Value, Variables, indexmap::IndexMap};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::fmt;

use super::accept::pieces;
use crate::{
    codes::ErrorCode,
    gate::{Ask, Via},
    limits::{Limits, too_large},
    refusal::Refusal,
};

/// Reads the question. `query` is the part of the URL after `?`; `body` is read already, and bounded by then:
/// check again here costs nothing.
pub fn decode(
    method: &Method,
    query: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
    limits: &Limits,
) -> Result<Ask, Refusal> {
    match *method {
        Method::GET => from_url(query.unwrap_or_default()),
        Method::POST => {
            is_json(headers)?;
            if body.len() > limits.body_bytes {
                return Err(too_large("bodyBytes", limits.body_bytes, "The body"));
            }
            from_body(body)
        }
        _ => Err(bad("Ask with GET or POST.")
            .status(StatusCode::METHOD_NOT_ALLOWED)
            .header(header::ALLOW, HeaderValue::from_static("GET, POST"))),
    }
}

/// Read as the library's own values: `serde_json::Value` takes a certain key for JSON inside JSON.
type Members = IndexMap<Name, Value>;

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::BadRequest, message)
}

fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |message: &str| bad(message).status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let is_encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    if is_encoded {
        return Err(unsupported("Send the body without Content-Encoding."));
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(line), None) = (types.next(), types.next()) else {
        return Err(unsupported("Send one Content-Type: application/json."));
    };
    let mut parts = pieces(line.to_str().unwrap_or_default(), ';');
    let is_json = parts.next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(unsupported("Send Content-Type: application/json, in UTF-8."))
    }
}

fn from_body(body: &[u8]) -> Result<Ask, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| bad("The body is not UTF-8."))?;
    if text.trim().is_empty() {
        return Err(bad("The body is empty; it must be a JSON object with a member \"query\"."));
    }
    match serde_json::from_str(text) {
        Ok(Body::Object(members)) => from_members(members, Via::Post),
        Ok(Body::Twice(name)) => Err(bad(format!("The member \"{name}\" is there twice."))),
        Ok(Body::List) => Err(bad("Batches are not accepted; send one operation per request.")),
        Err(error) if error.is_data() => Err(bad("The body must be a JSON object with a member \"query\".")),
        Err(error) => {
            Err(bad(format!("The body is not JSON: line {}, column {}.", error.line(), error.column())))
        }
    }
}

/// A body, read member by member: of two with one name, whoever stands before us may have judged the other.
enum Body {
    Object(Members),
    Twice(String),
    List,
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let (mut members, mut twice) = (Members::new(), None);
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.insert(Name::new(&name), value).is_some() {
                twice = Some(name);
            }
        }
        Ok(twice.map_or(Body::Object(members), Body::Twice))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Body, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Body::List)
    }
}

fn from_url(query: &str) -> Result<Ask, Refusal> {
    let mut members = Members::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "operationName" | "variables" | "extensions" if value.is_empty() => Value::Null,
            "query" | "operationName" => Value::String(value.into_owned()),
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| bad(format!("The parameter \"{name}\" is not JSON.")))?,
            _ => continue,
        };
        if members.insert(Name::new(&name), value).is_some() {
            return Err(bad(format!("The parameter \"{name}\" is there twice.")));
        }
    }
    from_members(members, Via::Get)
}

fn from_members(mut members: Members, via: Via) -> Result<Ask, Refusal> {
    let query = match members.swap_remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err(bad("\"query\" must be a string.")),
        None => return Err(bad("\"query\" is missing.")),
    };
    let operation_name = match members.swap_remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err(bad("\"operationName\" must be a string or null.")),
    };
    let variables = object(&mut members, "variables")?;
    let extensions = object(&mut members, "extensions")?;
    let variables = Variables::from_value(Value::Object(variables));
    Ok(Ask { query, operation_name, variables, extensions, via })
}

fn object(members: &mut Members, name: &str) -> Result<Members, Refusal> {
    match members.swap_remove(name) {
        None | Some(Value::Null) => Ok(Members::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(bad(format!("\"{name}\" must be an object or null."))),
    }
}
