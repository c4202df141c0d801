//! `impact seed`: a synthetic network of any size in the same tables, the same for the same seed.
//!
//! For benchmarks and for trying things at scale. Texts are French words of the trade put together at random; nobody
//! in it exists.

mod draw;
mod network;
mod words;

use door::{
    Error, Result,
    authz::{Bulk, Pools},
    progress::Progress,
};
use draw::Draw;
use entity::{
    orgs::{accreditation, organization, organization_kind},
    projects::{contact, need, project, project_term, project_territory},
    read_model::{project_card, project_entry},
};
use network::Ground;

/// How large a network, and which.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub projects: u64,
    pub organizations: u64,
    pub seed: u64,
}

/// Projects made and written at a time.
const BATCH: u64 = 4_000;
const HOLDER: u64 = 3;
const MARK: &str = "seeded-network";

/// Adds a network, all or nothing; refuses a database that was seeded before.
pub async fn seed(pools: &Pools, size: Size) -> Result<()> {
    let reference = pools.reference().await?;
    let ground = Ground::of(size.seed, size.projects, &reference);
    let mark = format!("{} {} {}", size.projects, size.organizations, size.seed);
    let Some(mut bulk) = Bulk::begin(pools, MARK, &mark).await? else {
        return Err(Error::bad_input("The database was seeded before; choose an empty one."));
    };
    let organizations: Vec<_> =
        (0..size.organizations.max(1)).map(|number| network::organization(&ground, number)).collect();
    bulk.add::<organization::Entity>(organizations.iter().map(|made| made.row.clone()).collect()).await?;
    bulk.add::<organization_kind::Entity>(organizations.iter().flat_map(|made| made.kinds.clone()).collect())
        .await?;
    let accreditations = organizations.iter().flat_map(|made| made.accreditations.clone());
    bulk.add::<accreditation::Entity>(accreditations.collect()).await?;
    let mut progress = Progress::new("seeded projects", size.projects);
    let mut next = 0;
    while next < size.projects {
        let end = (next + BATCH).min(size.projects);
        let made: Vec<_> = (next..end)
            .filter_map(|number| {
                let holder = Draw::of(size.seed, HOLDER, number).one_of(&organizations)?;
                Some(network::project(&ground, number, holder))
            })
            .collect();
        write(&mut bulk, made).await?;
        progress.add(end - next);
        next = end;
    }
    bulk.commit().await?;
    progress.done();
    Ok(())
}

async fn write(bulk: &mut Bulk, made: Vec<network::Project>) -> Result<()> {
    macro_rules! columns {
        ($($name:ident),+) => {
            $(let mut $name = Vec::new();)+
            for one in made {
                $($name.extend(one.$name);)+
            }
        };
    }
    let rows: Vec<_> = made.iter().map(|one| one.row.clone()).collect();
    let cards: Vec<_> = made.iter().map(|one| one.card.clone()).collect();
    columns!(terms, territories, needs, contacts, entries);
    bulk.add::<project::Entity>(rows).await?;
    bulk.add::<project_term::Entity>(terms).await?;
    bulk.add::<project_territory::Entity>(territories).await?;
    bulk.add::<need::Entity>(needs).await?;
    bulk.add::<contact::Entity>(contacts).await?;
    bulk.add::<project_card::Entity>(cards).await?;
    bulk.add::<project_entry::Entity>(entries).await
}
