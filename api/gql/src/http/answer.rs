//! An answer's bytes, status and headers.
//!
//! `data` is there exactly when execution started. Errors come first, each with a code of the closed list and the
//! request's id, in an order that does not depend on which resolver was quicker.

use std::collections::BTreeMap;

use async_graphql::{PathSegment, Pos, Response, ServerError, Value};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{accept::Media, json};
use crate::{classify::classify, codes::ErrorCode, cost::Cost, refusal::Refusal};

/// A document can be wrong in as many ways as it has tokens; its author mends the first ones first.
const REQUEST_ERRORS: usize = 20;

const VARY: &str = "Accept, Accept-Language, Authorization";

/// What answers to one request have in common.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    pub media: Media,
    pub request_id: &'a str,
    /// Known once the request was admitted.
    pub cost: Option<&'a Cost>,
}

/// What goes out, and what stays in.
#[derive(Debug)]
pub struct Answer {
    pub response: http::Response<Vec<u8>>,
    /// Errors whose words the client did not get, for the log.
    pub hidden: Vec<Hidden>,
}

/// An error of ours, as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    pub path: String,
    pub message: String,
}

impl Reply<'_> {
    /// Answers with what the library made of the request.
    pub fn respond(self, mut response: Response) -> Answer {
        // Execution gives every error a path; validation has none to give.
        let has_started =
            response.data != Value::Null || response.errors.iter().any(|error| !error.path.is_empty());
        response.errors.sort_by_cached_key(order);
        if !has_started {
            response.errors.truncate(REQUEST_ERRORS);
        }
        let mut hidden = Vec::new();
        let errors: Vec<_> =
            response.errors.into_iter().map(|error| self.entry(error, has_started, &mut hidden)).collect();
        let status = match errors.first() {
            Some(first) if !has_started => self.status(first.code),
            _ => StatusCode::OK,
        };
        let data = has_started.then_some(&response.data);
        let body = self.body(&errors, data, response.extensions);
        Answer { response: self.message(status, &response.http_headers, body), hidden }
    }

    /// Answers a request that was turned away.
    pub fn refuse(self, refusal: Refusal) -> Answer {
        let status = refusal.status.unwrap_or_else(|| self.status(refusal.code));
        let mut headers: HeaderMap = refusal.headers.into_iter().collect();
        if status == StatusCode::UNAUTHORIZED && !headers.contains_key(header::WWW_AUTHENTICATE) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let entry = Entry {
            code: refusal.code,
            message: refusal.message,
            locations: refusal.locations,
            path: Vec::new(),
            extensions: self.extensions(refusal.code, refusal.extensions),
        };
        let body = self.body(&[entry], None, BTreeMap::new());
        Answer { response: self.message(status, &headers, body), hidden: Vec::new() }
    }

    fn entry(self, error: ServerError, has_started: bool, hidden: &mut Vec<Hidden>) -> Entry {
        let verdict = classify(&error, has_started);
        if verdict.is_hidden {
            hidden.push(Hidden { path: written(&error.path), message: error.message });
        }
        let mut extensions = BTreeMap::new();
        if !verdict.is_hidden
            && let Some(given) = &error.extensions
            && let Ok(Value::Object(given)) = async_graphql::to_value(given)
        {
            extensions.extend(given.into_iter().map(|(name, value)| (name.to_string(), value)));
        }
        Entry {
            code: verdict.code,
            message: verdict.message,
            locations: error.locations,
            path: error.path,
            extensions: self.extensions(verdict.code, extensions),
        }
    }

    fn extensions(self, code: ErrorCode, mut given: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        given.insert("code".to_owned(), Value::from(code.as_str()));
        given.insert("requestId".to_owned(), Value::from(self.request_id));
        given
    }

    fn status(self, code: ErrorCode) -> StatusCode {
        match self.media {
            Media::Json => code.legacy_status(),
            Media::GraphqlResponse => code.status(),
        }
    }

    fn body(
        self,
        errors: &[Entry],
        data: Option<&Value>,
        mut extensions: BTreeMap<String, Value>,
    ) -> Vec<u8> {
        if let Some(cost) = self.cost {
            extensions.insert("cost".to_owned(), cost.to_value());
        }
        let mut body = vec![b'{'];
        let member = |name: &str, body: &mut Vec<u8>| {
            if body.len() > 1 {
                body.push(b',');
            }
            json::text(name, body);
            body.push(b':');
        };
        if !errors.is_empty() {
            member("errors", &mut body);
            json::any(errors, &mut body);
        }
        if let Some(data) = data {
            member("data", &mut body);
            json::value(data, &mut body);
        }
        if !extensions.is_empty() {
            member("extensions", &mut body);
            json::members(extensions.iter().map(|(name, value)| (name.as_str(), value)), &mut body);
        }
        body.push(b'}');
        body
    }

    fn message(self, status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> http::Response<Vec<u8>> {
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        let to = response.headers_mut();
        to.insert(header::CONTENT_TYPE, self.media.header());
        to.insert(header::VARY, HeaderValue::from_static(VARY));
        to.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        to.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        for (name, value) in headers {
            to.append(name, value.clone());
        }
        response
    }
}

#[derive(Serialize)]
struct Entry {
    #[serde(skip)]
    code: ErrorCode,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Pos>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<PathSegment>,
    extensions: BTreeMap<String, Value>,
}

/// By place in the answer, then by place in the document.
fn order(error: &ServerError) -> (Vec<(usize, String)>, Vec<Pos>, String) {
    let path = error.path.iter().map(|step| match step {
        PathSegment::Field(name) => (0, name.clone()),
        PathSegment::Index(at) => (*at, String::new()),
    });
    (path.collect(), error.locations.clone(), error.message.clone())
}

fn written(path: &[PathSegment]) -> String {
    let steps = path.iter().map(|step| match step {
        PathSegment::Field(name) => name.clone(),
        PathSegment::Index(at) => at.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}
