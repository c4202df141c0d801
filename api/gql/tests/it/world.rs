//! A small schema that counts how often its resolvers run, and a gate before it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    Context, EmptySubscription, Enum, Error, ID, InputObject, Interface, Object, Response, Schema,
    SimpleObject, Value, Variables,
};
use gql::{
    cost::CostTable,
    gate::{Admitted, Ask, Gate, Via},
    http::{Media, Reply},
    limits::Limits,
    refusal::Refusal,
};

pub struct World {
    pub schema: Schema<Query, Mutation, EmptySubscription>,
    pub gate: Gate,
    runs: Arc<AtomicUsize>,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let schema = Schema::build(Query, Mutation, EmptySubscription).data(Arc::clone(&runs)).finish();
        let mut limits =
            Limits { once: vec!["sessionCreate".into(), "passwordReset".into()], ..Limits::default() };
        change(&mut limits);
        let gate = Gate::new(limits, CostTable::from_sdl(&schema.sdl()).unwrap());
        Self { schema, gate, runs }
    }

    pub fn admit(&self, query: &str) -> Result<Admitted, Refusal> {
        self.gate.admit(ask(query))
    }

    /// How a document is refused: code and, for limits, its name.
    pub fn refusal(&self, query: &str) -> String {
        match self.admit(query) {
            Ok(_) => "admitted".to_owned(),
            Err(refusal) => match refusal.extensions.get("limit") {
                Some(Value::Object(limit)) => format!("{} {}", refusal.code, limit["name"]),
                _ => refusal.code.to_string(),
            },
        }
    }

    pub async fn run(&self, ask: Ask) -> Response {
        let admitted = self.gate.admit(ask).unwrap();
        self.schema.execute(admitted.request).await
    }

    /// The answer's JSON, the refusal's if it comes to that.
    pub async fn answer(&self, ask: Ask) -> serde_json::Value {
        let reply = Reply { media: Media::GraphqlResponse, request_id: "req_1", cost: None };
        let answer = match self.gate.admit(ask) {
            Ok(admitted) => reply.respond(self.schema.execute(admitted.request).await),
            Err(refusal) => reply.refuse(refusal),
        };
        serde_json::from_slice(answer.response.body()).unwrap()
    }

    /// How many resolvers with an effect ran since last asked.
    pub fn runs(&self) -> usize {
        self.runs.swap(0, Ordering::SeqCst)
    }
}

pub fn ask(query: &str) -> Ask {
    Ask { query: query.to_owned(), via: Via::Post, ..Ask::default() }
}

pub fn ask_with(query: &str, variables: serde_json::Value) -> Ask {
    Ask { variables: Variables::from_json(variables), ..ask(query) }
}

fn count(ctx: &Context<'_>) {
    ctx.data_unchecked::<Arc<AtomicUsize>>().fetch_add(1, Ordering::SeqCst);
}

#[derive(Interface, Clone)]
#[graphql(field(name = "id", ty = "ID"))]
pub enum Node {
    Project(Project),
    Organization(Organization),
}

#[derive(Clone)]
pub struct Project(pub i32);

#[derive(Clone)]
pub struct Organization {
    id: ID,
    name: String,
}

#[Object]
impl Organization {
    async fn id(&self) -> ID {
        self.id.clone()
    }

    async fn name(&self) -> &str {
        &self.name
    }
}

#[derive(SimpleObject)]
pub struct Theme {
    name: String,
}

#[derive(SimpleObject)]
pub struct ProjectConnection {
    edges: Vec<ProjectEdge>,
    nodes: Vec<Project>,
    page_info: PageInfo,
}

#[derive(SimpleObject)]
pub struct ProjectEdge {
    node: Project,
    cursor: String,
}

#[derive(SimpleObject)]
pub struct PageInfo {
    has_next_page: bool,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Idea,
    Grown,
}

#[derive(InputObject)]
pub struct PayInput {
    amount: i32,
    stage: Option<Stage>,
    #[graphql(default = 1)]
    times: i32,
}

fn page(first: Option<i32>) -> ProjectConnection {
    let nodes: Vec<_> = (0..first.unwrap_or(20)).map(Project).collect();
    let edges =
        nodes.iter().map(|node| ProjectEdge { node: node.clone(), cursor: node.0.to_string() }).collect();
    ProjectConnection { edges, nodes, page_info: PageInfo { has_next_page: false } }
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self, ctx: &Context<'_>, name: Option<String>) -> String {
        count(ctx);
        name.unwrap_or_else(|| "world".into())
    }

    async fn project(&self, ctx: &Context<'_>) -> Project {
        count(ctx);
        Project(1)
    }

    async fn node(&self, ctx: &Context<'_>, id: ID) -> Option<Node> {
        count(ctx);
        Some(if id.starts_with("org") {
            Node::Organization(Organization { id, name: "Blue Fund".into() })
        } else {
            Node::Project(Project(1))
        })
    }

    async fn nodes(&self, ids: Vec<ID>) -> Vec<Option<Node>> {
        ids.iter().map(|_| None).collect()
    }

    async fn projects(&self, first: Option<i32>, last: Option<i32>) -> ProjectConnection {
        page(first.or(last))
    }

    async fn broken(&self) -> Option<Result<String, Error>> {
        Some(Err(Error::new("no such table: project")))
    }

    async fn strict(&self) -> Result<String, Error> {
        Err(Error::new("no such table: project"))
    }

    async fn on(&self, #[graphql(default = false)] flag: bool, stage: Option<Stage>) -> bool {
        flag || stage == Some(Stage::Grown)
    }
}

#[Object]
impl Project {
    async fn id(&self) -> ID {
        ID(format!("prj_{}", self.0))
    }

    async fn name(&self, ctx: &Context<'_>) -> String {
        count(ctx);
        format!("Project {}", self.0)
    }

    async fn parent(&self) -> Project {
        Project(self.0 + 1)
    }

    async fn organization(&self) -> Organization {
        Organization { id: ID("org_1".into()), name: "Blue Fund".into() }
    }

    async fn themes(&self) -> Vec<Theme> {
        vec![Theme { name: "water".into() }]
    }

    async fn children(&self, first: Option<i32>) -> ProjectConnection {
        page(first)
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn pay(&self, ctx: &Context<'_>, input: PayInput) -> Receipt {
        count(ctx);
        let _ = input.stage;
        Receipt { amount: input.amount * input.times, note: "paid".into() }
    }

    async fn session_create(&self, ctx: &Context<'_>, password: String) -> bool {
        count(ctx);
        password == "secret"
    }

    async fn password_reset(&self, email: String) -> bool {
        email.contains('@')
    }
}

#[derive(SimpleObject)]
pub struct Receipt {
    amount: i32,
    note: String,
}
