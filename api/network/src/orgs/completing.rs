//! Organizations by what somebody types of their names.

use super::{Organization, OrganizationFilter, filter};
use crate::face::complete;
use door::{Result, authz::Store};
use entity::{ids::OrganizationId, orgs::organization};
use gql::connection::{Connection, Paging};
use sea_orm::{ColumnTrait, Condition};
use std::collections::HashMap;

/// Organizations a text may stand for.
const MOST: usize = 500;

/// The closest first; their rows decide who sees them and what the filter says of them.
pub async fn completed(
    store: &Store,
    search: &str,
    asked: Option<&OrganizationFilter>,
    paging: Paging,
) -> Result<Connection<Organization>> {
    let condition = filter::condition(store, asked).await?;
    let found = proposed(store, search)?;
    let these = Condition::all().add(organization::Column::Id.is_in(found.iter().copied())).add(condition);
    let rows = store.see::<organization::Entity>().filter(these).all().await?;
    let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let rows = found.iter().filter_map(|id| rows.remove(id)).map(Organization).collect();
    complete(store, "organizations", &format!("{search} {asked:?}"), paging, rows)
}

fn proposed(store: &Store, search: &str) -> Result<Vec<OrganizationId>> {
    Ok(search::live(store)?.names().completing(search, MOST))
}
