//! Joining an organization into another that is the same one (domain 5.1, BR-33).
//!
//! Projects and links are moved as the data steward, who may do that to each of them. Members, children and earlier
//! mergers are moved by the system in the same transaction, once the steward has proven the right to end the
//! organization; the trail names the steward for all of it.

use super::{
    input::may_be_parent,
    organization::Organization,
    verification::{Step, after, is_at_work},
};
use crate::face::{Door, key, payload};
use async_graphql::{Context, ID, InputObject, Object};
use door::{
    Error, Nullable, Result, UserErrorCode,
    authz::{Act, Event, Held, ORGS, Power, Store, Tx, check_version},
};
use entity::{
    codes::{InvitationState, MembershipRole, MembershipStatus, Verification},
    ids::{OrganizationId, ProjectId},
    orgs::{invitation, membership, organization, organization_area, organization_identifier},
    projects::{co_holder, project},
};
use sea_orm::{ColumnTrait, Condition, Set};
use std::collections::{BTreeMap, BTreeSet};

/// Joins an organization into another.
#[derive(Clone, Debug, InputObject)]
pub struct OrganizationMergeInput {
    /// Organization that ends.
    pub id: ID,
    /// Version of it that was read; refuses if it has changed since.
    pub if_version: Option<String>,
    /// Organization that remains.
    pub into_id: ID,
}

payload! {
    /// Outcome of `organizationMerge`.
    OrganizationMergePayload {
        /// Organization that ended; `mergedInto` names the one that remains.
        organization: Organization
    }
}

#[derive(Clone, Copy, Default)]
pub struct OrganizationMergeMutation;

#[Object]
impl OrganizationMergeMutation {
    /// Joins an organization into another that is the same one; for data stewards. There is no way back.
    ///
    /// Projects, places in others' projects, identifiers, areas, members and child organizations move. The old id goes
    /// on answering, with its name and `mergedInto`. Who is a member of both keeps the stronger role. Members of an
    /// organization that was never verified come to a verified one as requests, for its owners to approve. Open
    /// invitations are revoked.
    ///
    /// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STATE_INVALID`, `INVALID`; top level: `FORBIDDEN`.
    async fn organization_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which organization into which.")] input: OrganizationMergeInput,
    ) -> Nullable<OrganizationMergePayload> {
        payload(merge(ctx.store(), input).await)
    }
}

/// Which organization becomes which.
#[derive(Clone, Copy)]
struct Way {
    from: OrganizationId,
    into: OrganizationId,
    /// Members of the one are to be trusted as members of the other.
    is_trusted: bool,
}

async fn merge(store: &Store, input: OrganizationMergeInput) -> Result<Organization> {
    let (from, into): (OrganizationId, OrganizationId) = (key(&input.id)?, key(&input.into_id)?);
    if from == into {
        let message = "An organization cannot be joined into itself.";
        return Err(Error::mend(UserErrorCode::Invalid, &["input", "intoId"], message));
    }
    let mut tx = store.begin().await?;
    let (held, target) = hold_both(&tx, from, into).await?;
    check_version(input.if_version.as_deref(), held.version)?;
    let state = after(held.verification, Step::Merge)
        .ok_or_else(|| Error::state("This organization was joined into another already."))?;
    if !is_at_work(target.verification) {
        let message =
            format!("The organization that remains is {}; choose one that works.", target.verification);
        return Err(Error::state(message));
    }
    let is_trusted = target.verification != Verification::Verified || held.verified_at.is_some();
    let way = Way { from, into, is_trusted };
    let above = held.parent_id;
    let held = tx
        .update(held, |row| {
            row.verification = Set(state);
            row.verification_reason = Set(None);
            row.merged_into_id = Set(Some(into));
            row.parent_id = Set(None);
        })
        .await?;
    let is_below = !may_be_parent(&tx, from, into).await?;
    let target = tx
        .update(target, |row| {
            if is_below {
                row.parent_id = Set(above.filter(|above| *above != into));
            }
        })
        .await?;
    move_parts(&mut tx, &held, &target).await?;
    move_projects(&mut tx, way).await?;
    move_parts_played(&mut tx, way).await?;
    tx.as_job(ORGS);
    move_organizations(&mut tx, way).await?;
    move_members(&mut tx, way).await?;
    revoke_invitations(&mut tx, way).await?;
    tx.commit(Event::of("organizationMerge")).await?;
    Ok(Organization(held.into_row()))
}

/// Locks both, the lower id first: two mergers of the same two wait for each other instead of for ever.
async fn hold_both(
    tx: &Tx,
    from: OrganizationId,
    into: OrganizationId,
) -> Result<(Held<organization::Entity>, Held<organization::Entity>)> {
    let of_from = || tx.hold::<organization::Entity>(from, Act::Delete, &["input", "id"]);
    let of_into = || tx.hold::<organization::Entity>(into, Act::Delete, &["input", "intoId"]);
    if from < into {
        let held = of_from().await?;
        Ok((held, of_into().await?))
    } else {
        let target = of_into().await?;
        Ok((of_from().await?, target))
    }
}

/// Identifiers and areas.
async fn move_parts(
    tx: &mut Tx,
    held: &Held<organization::Entity>,
    target: &Held<organization::Entity>,
) -> Result<()> {
    use organization_area::Column::OrganizationId as OfArea;
    use organization_identifier::Column::OrganizationId as OfIdentifier;
    let both = [held.id, target.id];
    let identifiers =
        tx.see::<organization_identifier::Entity>().filter(OfIdentifier.is_in(both)).all().await?;
    let areas = tx.see::<organization_area::Entity>().filter(OfArea.is_in(both)).all().await?;
    // Emptied first: a number belongs to one organization at a time.
    tx.replace::<organization_identifier::Entity>(held, Vec::new()).await?;
    let all = identifiers.into_iter().map(|row| organization_identifier::ActiveModel {
        scheme: Set(row.scheme),
        value: Set(row.value),
        ..Default::default()
    });
    tx.replace::<organization_identifier::Entity>(target, all.collect()).await?;
    let all: BTreeSet<_> = areas.into_iter().map(|row| row.territory_id).collect();
    let all = all.into_iter().map(|territory_id| organization_area::ActiveModel {
        territory_id: Set(territory_id),
        ..Default::default()
    });
    tx.replace::<organization_area::Entity>(held, Vec::new()).await?;
    tx.replace::<organization_area::Entity>(target, all.collect()).await
}

async fn move_projects(tx: &mut Tx, way: Way) -> Result<()> {
    let held = project::Column::HolderId.eq(way.from);
    for row in tx.see::<project::Entity>().locked().filter(held).all().await? {
        let held = tx.held::<project::Entity>(row, Act::Decide)?;
        tx.update(held, |row| row.holder_id = Set(way.into)).await?;
    }
    Ok(())
}

/// Parts played in projects beside their holders.
async fn move_parts_played(tx: &mut Tx, way: Way) -> Result<()> {
    use co_holder::Column::{OrganizationId as Organization, ProjectId as Project};
    let played = tx.see::<co_holder::Entity>().filter(Organization.eq(way.from)).all().await?;
    let projects: BTreeSet<ProjectId> = played.into_iter().map(|row| row.project_id).collect();
    for id in projects {
        let held = tx.hold::<project::Entity>(id, Act::Decide, &[]).await?;
        let held = tx.update(held, |_| ()).await?;
        let rows = tx.see::<co_holder::Entity>().filter(Project.eq(id)).all().await?;
        let parts: BTreeSet<_> = rows
            .into_iter()
            .map(|row| {
                let organization =
                    if row.organization_id == way.from { way.into } else { row.organization_id };
                (organization, row.role)
            })
            .collect();
        let parts = parts.into_iter().map(|(organization_id, role)| co_holder::ActiveModel {
            organization_id: Set(organization_id),
            role: Set(role),
            ..Default::default()
        });
        tx.replace::<co_holder::Entity>(&held, parts.collect()).await?;
    }
    Ok(())
}

/// Children, and organizations that were merged into this one before.
async fn move_organizations(tx: &mut Tx, way: Way) -> Result<()> {
    use organization::Column::{Id, MergedIntoId, ParentId};
    let pointing = Condition::all()
        .add(Condition::any().add(ParentId.eq(way.from)).add(MergedIntoId.eq(way.from)))
        .add(Id.ne(way.into));
    for row in tx.see::<organization::Entity>().locked().filter(pointing).all().await? {
        let (is_child, is_merged) = (row.parent_id == Some(way.from), row.merged_into_id == Some(way.from));
        let held = tx.held::<organization::Entity>(row, Act::Edit)?;
        tx.update(held, |row| {
            if is_child {
                row.parent_id = Set(Some(way.into));
            }
            if is_merged {
                row.merged_into_id = Set(Some(way.into));
            }
        })
        .await?;
    }
    Ok(())
}

async fn move_members(tx: &mut Tx, way: Way) -> Result<()> {
    let of = |organization: OrganizationId| membership::Column::OrganizationId.eq(organization);
    let coming = tx.see::<membership::Entity>().locked().filter(of(way.from)).all().await?;
    let there = tx.see::<membership::Entity>().locked().filter(of(way.into)).all().await?;
    let mut there: BTreeMap<_, _> = there.into_iter().map(|row| (row.user_id, row)).collect();
    for row in coming {
        let arriving = arriving((row.status, row.role), way.is_trusted);
        let since = row.since.filter(|_| arriving.0 == MembershipStatus::Active);
        let Some(present) = there.remove(&row.user_id) else {
            let held = tx.held::<membership::Entity>(row, Act::Edit)?;
            tx.update(held, |row| {
                row.organization_id = Set(way.into);
                (row.status, row.role) = (Set(arriving.0), Set(arriving.1));
                row.since = Set(since);
            })
            .await?;
            continue;
        };
        let before = (present.status, present.role);
        let joined = joined(arriving, before);
        if joined != before {
            let held = tx.held::<membership::Entity>(present, Act::Edit)?;
            tx.update(held, |row| {
                (row.status, row.role) = (Set(joined.0), Set(joined.1));
                if before.0 != MembershipStatus::Active && joined.0 == MembershipStatus::Active {
                    row.since = Set(since);
                }
            })
            .await?;
        }
        if is_alive(row.status) {
            let held = tx.held::<membership::Entity>(row, Act::Edit)?;
            tx.update(held, |row| row.status = Set(MembershipStatus::Left)).await?;
        }
    }
    Ok(())
}

/// Membership of the organization that ends, as it comes to the one that remains.
fn arriving(
    (status, role): (MembershipStatus, MembershipRole),
    is_trusted: bool,
) -> (MembershipStatus, MembershipRole) {
    if status == MembershipStatus::Active && !is_trusted {
        return (MembershipStatus::Requested, MembershipRole::Viewer);
    }
    (status, role)
}

/// What two memberships of one person become: the one that is more alive, and of two active ones the stronger.
fn joined(
    arriving: (MembershipStatus, MembershipRole),
    present: (MembershipStatus, MembershipRole),
) -> (MembershipStatus, MembershipRole) {
    let rank = |(status, role): (MembershipStatus, MembershipRole)| {
        let life = if status == MembershipStatus::Active { 2 } else { u8::from(is_alive(status)) };
        let power = (life == 2).then(|| Power::of(role));
        (life, power)
    };
    if rank(arriving) > rank(present) { arriving } else { present }
}

const fn is_alive(status: MembershipStatus) -> bool {
    matches!(status, MembershipStatus::Active | MembershipStatus::Requested | MembershipStatus::Invited)
}

async fn revoke_invitations(tx: &mut Tx, way: Way) -> Result<()> {
    use invitation::Column::{OrganizationId as Organization, State};
    let open = Condition::all().add(Organization.eq(way.from)).add(State.eq(InvitationState::Sent));
    for row in tx.see::<invitation::Entity>().locked().filter(open).all().await? {
        let held = tx.held::<invitation::Entity>(row, Act::Edit)?;
        tx.update(held, |row| row.state = Set(InvitationState::Revoked)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use MembershipRole::{Admin, Editor, Finance, Owner, Viewer};
    use MembershipStatus::{Active, Left, Removed, Requested};

    #[test]
    fn strangers_come_as_requests_to_a_verified_organization() {
        assert_eq!(arriving((Active, Owner), true), (Active, Owner));
        assert_eq!(arriving((Active, Owner), false), (Requested, Viewer));
        assert_eq!(arriving((Left, Owner), false), (Left, Owner));
    }

    #[test]
    fn of_two_memberships_the_livelier_and_stronger_stays() {
        for (arriving, present, both) in [
            ((Active, Owner), (Active, Viewer), (Active, Owner)),
            ((Active, Viewer), (Active, Owner), (Active, Owner)),
            ((Active, Finance), (Active, Viewer), (Active, Viewer)),
            ((Active, Editor), (Left, Owner), (Active, Editor)),
            ((Active, Editor), (Requested, Viewer), (Active, Editor)),
            ((Requested, Viewer), (Active, Editor), (Active, Editor)),
            ((Requested, Viewer), (Removed, Admin), (Requested, Viewer)),
            ((Left, Owner), (Removed, Viewer), (Removed, Viewer)),
        ] {
            assert_eq!(joined(arriving, present), both, "{arriving:?} {present:?}");
        }
    }
}
