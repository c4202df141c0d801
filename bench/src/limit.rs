//! The limit: a plain handler that runs one prepared statement, in which the database builds all of the JSON.

use crate::database::Database;
use anyhow::Result;
use axum::{Json, Router, extract::State, http::header, response::IntoResponse, routing::post};
use sea_orm::sqlx::Row;
use serde_json::Value;

const POSTGRES: &str = r"
with matching as (
    select e.project_id, e.published_key from project_entry e
    where e.place_id = (select id from territory where code = $1)
      and e.theme = (select position + 1 from term where taxonomy = 'THEME' and code = $2)
      and e.facts & $3 <> 0 and e.facts & $4 <> 0 and e.facts & $5 <> 0
), page as (
    select project_id, published_key from matching order by published_key desc, project_id desc limit 20
)
select json_build_object('data', json_build_object('projects', json_build_object(
    'totalCount', (select json_build_object('value', least(count(*), 10000),
        'precision', case when count(*) > 10000 then 'AT_LEAST' else 'EXACT' end)
        from (select 1 from matching limit 10001) counted),
    'nodes', coalesce((select json_agg(json_build_object(
        'id', p.id, 'title', p.title, 'summary', p.summary, 'stage', p.stage, 'publishedAt', p.published_at,
        'holder', json_build_object('id', o.id, 'name', o.name),
        'themes', coalesce((select json_agg(json_build_object('code', t.code, 'label', t.label_fr) order by t.position)
            from project_term l join term t on t.id = l.term_id where l.project_id = p.id and t.taxonomy = 'THEME'), '[]'),
        'territories', coalesce((select json_agg(json_build_object('role', l.role,
            'territory', json_build_object('code', t.code, 'name', t.name)) order by l.territory_id, l.role)
            from project_territory l join territory t on t.id = l.territory_id where l.project_id = p.id), '[]'),
        'needs', json_build_object('nodes', coalesce((select json_agg(json_build_object('id', n.id, 'kind', n.kind,
            'state', n.state, 'instrument', n.instrument) order by n.created_at, n.id)
            from need n where n.project_id = p.id), '[]'))
    ) order by page.published_key desc, page.project_id desc)
    from page join project p on p.id = page.project_id join organization o on o.id = p.holder_id), '[]')
)))::text";

const SQLITE: &str = r"
with matching as (
    select e.project_id, e.published_key from project_entry e
    where e.place_id = (select id from territory where code = ?1)
      and e.theme = (select position + 1 from term where taxonomy = 'THEME' and code = ?2)
      and e.facts & ?3 <> 0 and e.facts & ?4 <> 0 and e.facts & ?5 <> 0
), page as (
    select project_id, published_key from matching order by published_key desc, project_id desc limit 20
)
select json_object('data', json_object('projects', json_object(
    'totalCount', (select json_object('value', min(count(*), 10000),
        'precision', case when count(*) > 10000 then 'AT_LEAST' else 'EXACT' end)
        from (select 1 from matching limit 10001)),
    'nodes', (select json_group_array(json(node)) from (select json_object(
        'id', hex(p.id), 'title', p.title, 'summary', p.summary, 'stage', p.stage, 'publishedAt', p.published_at,
        'holder', json_object('id', hex(o.id), 'name', o.name),
        'themes', (select json_group_array(json(theme)) from (
            select json_object('code', t.code, 'label', t.label_fr) as theme
            from project_term l join term t on t.id = l.term_id
            where l.project_id = p.id and t.taxonomy = 'THEME' order by t.position)),
        'territories', (select json_group_array(json(place)) from (
            select json_object('role', l.role, 'territory', json_object('code', t.code, 'name', t.name)) as place
            from project_territory l join territory t on t.id = l.territory_id
            where l.project_id = p.id order by l.territory_id, l.role)),
        'needs', json_object('nodes', (select json_group_array(json(need)) from (
            select json_object('id', hex(n.id), 'kind', n.kind, 'state', n.state, 'instrument', n.instrument) as need
            from need n where n.project_id = p.id order by n.created_at, n.id)))) as node
        from page join project p on p.id = page.project_id join organization o on o.id = p.holder_id
        order by page.published_key desc, page.project_id desc))
)))";

pub async fn serve(address: &str, database: Database) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let router = Router::new().route("/graphql", post(answer)).with_state(database);
    Ok(axum::serve(listener, router).await?)
}

/// Bits as `entity::read_model` packs them: fundable, open, stages from the second on.
const FUNDABLE: i64 = 1 << 50;
const OPEN: i64 = 1 << 51;
const STAGES: i64 = 0b1_1110 << 6;

async fn answer(State(database): State<Database>, Json(asked): Json<Value>) -> impl IntoResponse {
    let text = |pointer: &str| asked.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (place, theme) =
        (text("/variables/filter/territory/codes/0"), text("/variables/filter/themes/some/0"));
    macro_rules! one {
        ($sql:expr, $pool:expr) => {
            sea_orm::sqlx::query($sql)
                .bind(place)
                .bind(theme)
                .bind(FUNDABLE)
                .bind(OPEN)
                .bind(STAGES)
                .fetch_one($pool)
                .await
                .and_then(|row| row.try_get::<String, _>(0))
        };
    }
    let told = match &database {
        Database::Postgres(pool) => one!(POSTGRES, pool),
        Database::Sqlite(pool) => one!(SQLITE, pool),
    };
    ([(header::CONTENT_TYPE, "application/json")], told.unwrap_or_else(|cause| cause.to_string()))
}
