//! Writes the records again: what was read comes out equal, field by field, in the order of ids.

use super::{
    COIN, SOURCE,
    import::{Delivery, FUNDS, ORGANIZATIONS, PROJECTS},
    record::write,
    rows::project_of,
};
use door::{Result, authz::Store};
use entity::contracts::{contract, import_record};
use sea_orm::ColumnTrait;
use serde_json::Value;
use std::path::Path;

/// All that was imported, as records. For the import's job.
pub async fn gather(store: &Store) -> Result<Delivery> {
    let rows = store.see::<contract::Entity>().filter(contract::Column::IsImported.eq(true)).all().await?;
    let mut projects = Vec::new();
    for row in rows.iter().filter(|row| row.external_id.is_some()) {
        projects.push(write(&project_of(row)?, COIN));
    }
    let records =
        store.see::<import_record::Entity>().filter(import_record::Column::Source.eq(SOURCE)).all().await?;
    let of = |kind: &str| -> Vec<Value> {
        let mine = records.iter().filter(|row| row.kind == kind && row.external_id != SOURCE);
        mine.map(|row| row.content.clone()).collect()
    };
    let (organizations, funds) = (of("ORGANIZATION"), of("FUND"));
    let mut delivery = Delivery { projects, organizations, funds };
    for list in [&mut delivery.projects, &mut delivery.organizations, &mut delivery.funds] {
        list.sort_by_key(|record| record.get("id").and_then(Value::as_str).map(str::to_owned));
    }
    Ok(delivery)
}

/// Writes the files into a folder.
pub fn save(delivery: &Delivery, dir: &Path) -> anyhow::Result<()> {
    use anyhow::Context;
    std::fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
    for (name, list) in
        [(PROJECTS, &delivery.projects), (ORGANIZATIONS, &delivery.organizations), (FUNDS, &delivery.funds)]
    {
        let file = dir.join(name);
        std::fs::write(&file, serde_json::to_vec_pretty(list)?)
            .with_context(|| file.display().to_string())?;
    }
    Ok(())
}
