//! Somebody who uses the network.

use crate::{Answer, Reply, client, world::Inner};
use entity::ids::{OrganizationId, UserId};
use http::Request;
use serde_json::{Value, json};
use std::sync::Arc;

/// Somebody, with what they are known by.
#[derive(Clone)]
pub struct Actor {
    pub(crate) world: Arc<Inner>,
    pub name: String,
    /// Nobody signed in has none.
    pub user: Option<UserId>,
    /// Where they own a seat.
    pub organization: Option<OrganizationId>,
    pub token: Option<String>,
    /// Language they ask in.
    pub language: &'static str,
    /// Network address they ask from, for a server that trusts its proxy.
    pub address: Option<String>,
}

impl Actor {
    /// Asks the API, the way every client does.
    pub async fn asks(&self, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables });
        let reply =
            self.sends(Request::post("/graphql").body(body.to_string().into_bytes()).expect("a request"));
        Answer::read(format!("{} asks {document} with {variables}", self.name), reply.await)
    }

    /// Runs one mutation by its name; `shown` is what its payload is asked for, beside the errors.
    pub async fn does(&self, mutation: &str, shown: &str, input: Value) -> Answer {
        let (first, rest) = mutation.split_at(1);
        let noun = format!("{}{rest}Input", first.to_uppercase());
        let document = format!(
            "mutation ($input: {noun}!) {{ {mutation}(input: $input) {{ {shown} errors {{ code path message }} }} }}"
        );
        self.asks(&document, json!({ "input": input })).await
    }

    /// Sends any request, with the actor's token and, unless given, the headers of a GraphQL client.
    pub async fn sends(&self, mut request: Request<Vec<u8>>) -> Reply {
        let headers = request.headers_mut();
        let mut fallback = |name: &'static str, value: &str| {
            headers.entry(name).or_insert_with(|| value.parse().expect("a header"));
        };
        fallback("content-type", "application/json");
        fallback("accept", "application/graphql-response+json");
        fallback("accept-language", self.language);
        if let Some(token) = &self.token {
            fallback("authorization", &format!("Bearer {token}"));
        }
        if let Some(address) = &self.address {
            fallback("x-forwarded-for", address);
        }
        client::send(self.world.address, request).await
    }

    /// Reads a page or a file.
    pub async fn gets(&self, path: &str) -> Reply {
        self.sends(Request::get(path).body(Vec::new()).expect("a request")).await
    }

    /// The same person, asking another server of the same network.
    #[must_use]
    pub fn at(&self, server: &crate::World) -> Self {
        Self { world: server.0.clone(), ..self.clone() }
    }

    /// The same person, asking from a network address; the server has to trust its proxy.
    #[must_use]
    pub fn from(&self, address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..self.clone() }
    }

    /// Whoever holds this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person, asking in English.
    #[must_use]
    pub fn in_english(&self) -> Self {
        Self { language: "en", ..self.clone() }
    }

    /// Whom the API takes them for.
    pub async fn viewer(&self) -> door::authz::Viewer {
        let mut headers = http::HeaderMap::new();
        if let Some(token) = &self.token {
            headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        let facts = door::authz::RequestFacts::default();
        let viewer = self.world.app.authn.authenticate(&headers, &facts).await;
        viewer.unwrap_or_else(|fault| panic!("{} is not let in: {fault}", self.name))
    }

    /// Id of their organization.
    pub fn org(&self) -> String {
        self.organization.unwrap_or_else(|| panic!("{} has no organization", self.name)).to_string()
    }
}
