//! Names of organizations in memory, for completing as one types. Suspended and merged ones are not proposed to anybody.

use door::{
    Result,
    authz::Store,
    fold::fold,
    reference::{FORGIVEN_FROM, closeness, is_one_letter_off},
};
use entity::{codes::Verification, ids::OrganizationId, orgs::organization};
use sea_orm::ColumnTrait;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{PoisonError, RwLock},
};

/// Organizations read at a time.
const BATCH: u64 = 5_000;

#[derive(Default)]
pub struct Names(RwLock<BTreeMap<OrganizationId, Named>>);

/// What an organization is called, without case and accents.
struct Named {
    name: Box<str>,
    short: Option<Box<str>>,
}

impl Named {
    fn of(row: &organization::Model) -> Option<Self> {
        let is_proposed = !matches!(row.verification, Verification::Suspended | Verification::Merged);
        is_proposed.then(|| Self {
            name: row.name_key.as_str().into(),
            short: row.short_name.as_deref().map(|short| fold(short).into()),
        })
    }

    fn any(&self, is_so: impl FnMut(&str) -> bool) -> bool {
        [Some(&*self.name), self.short.as_deref()].into_iter().flatten().any(is_so)
    }
}

impl Names {
    /// Reads all names.
    pub async fn read(&self, store: &Store) -> Result<()> {
        let mut all = BTreeMap::new();
        let mut last: Option<OrganizationId> = None;
        loop {
            let mut next =
                store.see::<organization::Entity>().ascending(organization::Column::Id).limit(BATCH);
            if let Some(last) = last {
                next = next.filter(organization::Column::Id.gt(last));
            }
            let rows = next.all().await?;
            let Some(end) = rows.last() else { break };
            last = Some(end.id);
            all.extend(rows.iter().filter_map(|row| Some((row.id, Named::of(row)?))));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }

    /// Reads the names of some again.
    pub async fn read_again(&self, store: &Store, ids: &BTreeSet<OrganizationId>) -> Result<()> {
        let these = organization::Column::Id.is_in(ids.iter().copied());
        let rows = store.see::<organization::Entity>().filter(these).all().await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            known.remove(id);
        }
        known.extend(rows.iter().filter_map(|row| Some((row.id, Named::of(row)?))));
        Ok(())
    }

    /// Organizations that somebody who types this may mean, the closest first: the whole name, its beginning, a word's
    /// beginning, or but for one letter.
    pub fn completing(&self, text: &str, most: usize) -> Vec<OrganizationId> {
        let folded = fold(text);
        if folded.is_empty() {
            return Vec::new();
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<(usize, &str, OrganizationId)> = Vec::new();
        for (id, named) in known.iter() {
            let names = [Some(&*named.name), named.short.as_deref()].into_iter().flatten();
            if let Some(rank) = names.filter_map(|name| closeness(name, &folded)).min() {
                found.push((rank, &named.name, *id));
            }
        }
        if found.is_empty() && folded.chars().count() >= FORGIVEN_FROM {
            let off = known.iter().filter(|(_, named)| named.any(|name| is_one_letter_off(name, &folded)));
            found.extend(off.map(|(id, named)| (3, &*named.name, *id)));
        }
        found.sort_unstable();
        found.truncate(most);
        found.into_iter().map(|(_, _, id)| id).collect()
    }
}
