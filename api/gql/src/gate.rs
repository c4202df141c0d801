//! The way in: from what a client sent to a request the library may execute, or a refusal.
//!
//! Text, tree, operation, variables, price, in this order: each step bounds the work of the next.

use std::sync::Arc;

use async_graphql::{
    Name, Positioned, Request, Value, Variables,
    indexmap::IndexMap,
    parser::{
        self,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
    },
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    at_hand::Straight,
    cache::Cache,
    codes::ErrorCode,
    cost::{self, Cost, CostTable},
    limits::{self, Limits},
    literals,
    merge::merge,
    refusal::Refusal,
    variables,
};

/// Memory of one selection in a parsed document, roughly: a field with a name, a place and an argument.
const SELECTION_BYTES: usize = 512;

/// What a client asks, out of its envelope.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub query: String,
    pub operation_name: Option<String>,
    pub variables: Variables,
    /// The request's own `extensions`, as sent.
    pub extensions: IndexMap<Name, Value>,
    pub via: Via,
}

/// How the question came, which decides what it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Via {
    /// Queries only: a link must not change anything.
    Get,
    #[default]
    Post,
    /// Subscriptions too.
    Stream,
}

/// A question worth executing.
#[derive(Debug)]
pub struct Admitted {
    /// Carries the merged document. Add the viewer with `Request::data`.
    pub request: Request,
    pub kind: OperationType,
    pub operation_name: Option<String>,
    /// Names of the fields at the root, for logs and for limits of their own.
    pub roots: Vec<String>,
    pub cost: Cost,
}

/// Holds every request to the limits and the price list.
pub struct Gate {
    limits: Limits,
    prices: CostTable,
    documents: Cache<Document>,
}

/// A document as it runs.
struct Document {
    merged: ExecutableDocument,
    is_straight: bool,
}

impl Gate {
    pub fn new(limits: Limits, prices: CostTable) -> Self {
        let documents = Cache::new(limits.cache_bytes);
        Self { limits, prices, documents }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Decides whether `ask` may run.
    pub fn admit(&self, ask: Ask) -> Result<Admitted, Refusal> {
        let Document { merged, is_straight } = &*self.document(&ask.query)?;
        let (name, operation) = choose(merged, ask.operation_name.as_deref())?;
        fits_transport(operation.node.ty, ask.via)?;
        let variables = variables::coerce(&operation.node, ask.variables, self.prices.outline())?;
        let cost = cost::price(&self.prices, merged, &operation.node, &variables, self.limits.cost)
            .within_limit()?;
        let kind = operation.node.ty;
        let roots = roots(&operation.node);
        let mut request = Request::new(ask.query).variables(variables);
        request.operation_name.clone_from(&name);
        request.set_parsed_query(merged.clone());
        if *is_straight {
            request = request.data(Straight);
        }
        Ok(Admitted { request, kind, operation_name: name, roots, cost })
    }

    /// Prices a document without running it.
    pub fn price(&self, ask: Ask) -> Result<Cost, Refusal> {
        let Document { merged, .. } = &*self.document(&ask.query)?;
        let (_, operation) = choose(merged, ask.operation_name.as_deref())?;
        let variables = variables::coerce(&operation.node, ask.variables, self.prices.outline())?;
        Ok(cost::price(&self.prices, merged, &operation.node, &variables, self.limits.cost))
    }

    fn document(&self, text: &str) -> Result<Arc<Document>, Refusal> {
        if let Some(document) = self.documents.get(text) {
            return Ok(document);
        }
        let read = limits::text::read(text, &self.limits)?;
        let document = parser::parse_query(read)?;
        let selections = limits::document::check(&document, &self.limits)?;
        let merged = merge(document, self.prices.outline())?;
        literals::check(&merged, self.prices.outline())?;
        let document = Arc::new(Document { is_straight: Straight::is(&merged), merged });
        let bytes = text.len().saturating_add(SELECTION_BYTES.saturating_mul(selections));
        self.documents.put(text, &document, bytes);
        Ok(document)
    }
}

type Chosen<'a> = (Option<String>, &'a Positioned<OperationDefinition>);

fn choose<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<Chosen<'a>, Refusal> {
    let refuse = |message: String| Err(Refusal::new(ErrorCode::OperationAmbiguous, message));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok((None, operation)),
        (DocumentOperations::Single(_), Some(name)) => {
            refuse(format!("The document has no operation named \"{name}\"."))
        }
        (DocumentOperations::Multiple(operations), Some(name)) => match operations.get(name) {
            Some(operation) => Ok((Some(name.to_owned()), operation)),
            None => refuse(format!("The document has no operation named \"{name}\".")),
        },
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.iter();
            match (all.next(), all.next()) {
                (Some((name, operation)), None) => Ok((Some(name.to_string()), operation)),
                _ => refuse("The document has several operations; choose one with operationName.".to_owned()),
            }
        }
    }
}

fn fits_transport(kind: OperationType, via: Via) -> Result<(), Refusal> {
    match (kind, via) {
        (OperationType::Query, _) | (_, Via::Stream) | (OperationType::Mutation, Via::Post) => Ok(()),
        (OperationType::Mutation, Via::Get) => {
            Err(Refusal::new(ErrorCode::BadRequest, "A mutation must be sent with POST.")
                .status(StatusCode::METHOD_NOT_ALLOWED)
                .header(header::ALLOW, HeaderValue::from_static("POST")))
        }
        (OperationType::Subscription, _) => {
            Err(Refusal::new(ErrorCode::BadRequest, "A subscription needs a streaming transport."))
        }
    }
}

fn roots(operation: &OperationDefinition) -> Vec<String> {
    use async_graphql::parser::types::Selection;
    let mut names = Vec::new();
    let mut open: Vec<_> = operation.selection_set.node.items.iter().rev().collect();
    while let Some(selection) = open.pop() {
        match &selection.node {
            Selection::Field(field) => names.push(field.node.name.node.to_string()),
            Selection::InlineFragment(fragment) => {
                open.extend(fragment.node.selection_set.node.items.iter().rev());
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    names
}
