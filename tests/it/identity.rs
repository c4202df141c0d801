//! Accounts: registering, signing in, passwords, tokens, administrators, leaving.

mod administration;
mod guessing;
mod leaving;
mod passwords;
mod signing_in;
mod tokens;

use tests::{Actor, Answer, Value, World, json};

/// The password somebody chooses next.
const OTHER: &str = "une barque verte sous le pont";

/// A network that takes addresses from a proxy, so that people come from somewhere.
async fn behind_a_proxy() -> World {
    World::with(|serving| serving.trust_proxy = true).await
}

/// Sends one of the mutations that answer with the address alone.
async fn email(who: &Actor, mutation: &str, input: Value) -> Answer {
    who.does(mutation, "email", input).await
}

async fn registers(world: &World, email: &str, name: &str) {
    let input = json!({ "email": email, "password": tests::PASSWORD, "displayName": name, "locale": "en" });
    self::email(&world.visitor(), "userRegister", input).await.fine();
}

async fn refreshes(world: &World, token: &str) -> Answer {
    let shown = "tokens { accessToken refreshToken }";
    world.visitor().does("sessionRefresh", shown, json!({ "refreshToken": token })).await
}

/// The trail as an administrator reads it, oldest first: action and reason.
async fn trail(administrator: &Actor) -> Vec<(String, String)> {
    let list = "{ auditEvents(first: 100) { nodes { action reason } } }";
    let told = administrator.asks(list, json!({})).await;
    let nodes = "/auditEvents/nodes";
    let mut entries: Vec<_> =
        told.each(nodes, "/action").into_iter().zip(told.each(nodes, "/reason")).collect();
    entries.reverse();
    entries
}

async fn actions(administrator: &Actor) -> Vec<String> {
    trail(administrator).await.into_iter().map(|(action, _)| action).collect()
}
