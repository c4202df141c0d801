//! An organization's members under lock: what every mutation of memberships holds first.
//!
//! The organization's row is the lock, so that two requests that change who belongs to it run one after the other, and
//! the last owner cannot leave by two doors at once. The viewer's own seat is read again under the lock: whoever lost it
//! while waiting acts without it.

use super::{
    membership_state::{Step, after, keeps_an_owner},
    verification::is_at_work,
};
use door::{
    Error, Result, UserErrorCode,
    authz::{Act, ORGS, Power, Seat, Store, Tx},
};
use entity::{
    codes::{InvitationState, MembershipRole, MembershipStatus, Verification},
    ids::{MembershipId, OrganizationId, UserId},
    orgs::{invitation, membership, organization},
};
use sea_orm::{ColumnTrait, Condition, Set};

/// An organization, locked.
pub struct Roster {
    pub organization: organization::Model,
    /// Active owners.
    owners: usize,
}

impl Roster {
    /// Locks an organization that the viewer sees.
    pub async fn of_visible(tx: &Tx, id: OrganizationId, path: &[&str]) -> Result<Self> {
        let seen = tx.see::<organization::Entity>().filter(organization::Column::Id.eq(id)).one().await?;
        if seen.is_none() {
            return Err(Error::not_found(path));
        }
        Self::of(tx, id).await
    }

    /// Locks the organization of a membership or invitation that the viewer sees.
    pub async fn of(tx: &Tx, id: OrganizationId) -> Result<Self> {
        let locked =
            tx.see_as::<organization::Entity>(ORGS).locked().filter(organization::Column::Id.eq(id)).one();
        let organization = locked
            .await?
            .ok_or_else(|| Error::Internal(anyhow::anyhow!("a membership of no organization")))?;
        let viewer = tx.store().viewer().user();
        let mut whom = Condition::any().add(membership::Column::Role.eq(MembershipRole::Owner));
        if let Some(viewer) = viewer {
            whom = whom.add(membership::Column::UserId.eq(viewer));
        }
        let active = Condition::all()
            .add(membership::Column::OrganizationId.eq(id))
            .add(membership::Column::Status.eq(MembershipStatus::Active))
            .add(whom);
        let rows = tx.see_as::<membership::Entity>(ORGS).filter(active).all().await?;
        let own = rows.iter().find(|row| viewer == Some(row.user_id));
        reseat(tx.store(), &organization, own);
        let owners = rows.iter().filter(|row| row.role == MembershipRole::Owner).count();
        Ok(Self { organization, owners })
    }

    /// Locks the organization of a membership, then the membership.
    pub async fn with(tx: &Tx, id: MembershipId) -> Result<(Self, membership::Model)> {
        let not_found = || Error::not_found(&["input", "id"]);
        let wanted = membership::Column::Id.eq(id);
        let found = tx.see::<membership::Entity>().filter(wanted.clone()).one().await?;
        let roster = Self::of(tx, found.ok_or_else(not_found)?.organization_id).await?;
        let row = tx.see::<membership::Entity>().locked().filter(wanted).one().await?;
        Ok((roster, row.ok_or_else(not_found)?))
    }

    /// Refuses what an organization that rests may not do.
    pub fn is_at_work(&self) -> Result<()> {
        if is_at_work(self.organization.verification) {
            return Ok(());
        }
        Err(Error::state(format!(
            "An organization that is {} takes no members.",
            self.organization.verification
        )))
    }

    /// Refuses to leave the organization without an owner.
    pub fn keeps_an_owner(&self, member: &membership::Model, next: Option<MembershipRole>) -> Result<()> {
        if keeps_an_owner(self.owners, (member.status, member.role), next) {
            return Ok(());
        }
        Err(Error::mend(
            UserErrorCode::LastOwner,
            &["input", "id"],
            "This is the last owner; make somebody else an owner first.",
        ))
    }

    /// The viewer enters, or asks to; who is active already stays as it is.
    pub async fn enter(
        &self,
        tx: &mut Tx,
        user: UserId,
        step: Step,
        role: MembershipRole,
    ) -> Result<membership::Model> {
        let place = Condition::all()
            .add(membership::Column::UserId.eq(user))
            .add(membership::Column::OrganizationId.eq(self.organization.id));
        let found = tx.see::<membership::Entity>().locked().filter(place).one().await?;
        let before = found.as_ref().map(|row| row.status);
        if let (Some(MembershipStatus::Active), Step::Join, Some(row)) = (before, step, &found) {
            return Ok(row.clone());
        }
        let status = after(before, step).ok_or_else(|| Error::state(standing(before)))?;
        let now = tx.store().now();
        let since = (status == MembershipStatus::Active).then_some(now);
        let held = if let Some(row) = found {
            let held = tx.held::<membership::Entity>(row, Act::Create)?;
            tx.update(held, |row| {
                row.role = Set(role);
                row.status = Set(status);
                row.since = Set(since);
            })
            .await?
        } else {
            let row = membership::ActiveModel {
                id: Set(MembershipId::fresh()),
                user_id: Set(user),
                organization_id: Set(self.organization.id),
                role: Set(role),
                status: Set(status),
                since: Set(since),
                version: Set(1),
                created_at: Set(now),
                updated_at: Set(now),
            };
            tx.create::<membership::Entity>(row).await?
        };
        Ok(held.into_row())
    }

    /// Tells the request what became of the viewer's own seat, once it is true.
    pub fn settle(&self, store: &Store, row: &membership::Model) {
        if store.viewer().is(row.user_id) {
            reseat(store, &self.organization, (row.status == MembershipStatus::Active).then_some(row));
        }
    }
}

fn reseat(store: &Store, organization: &organization::Model, own: Option<&membership::Model>) {
    let is_verified = organization.verification == Verification::Verified;
    let seat = own.map(|row| Seat { organization: organization.id, role: row.role, is_verified });
    store.reseat(organization.id, seat);
}

/// Why somebody cannot ask or enter.
fn standing(status: Option<MembershipStatus>) -> String {
    match status {
        Some(MembershipStatus::Active) => "You are a member already.".to_owned(),
        Some(MembershipStatus::Requested) => "You asked already; wait for an answer.".to_owned(),
        Some(status) => format!("Your membership is {status}."),
        None => "You are no member.".to_owned(),
    }
}

/// Takes back open invitations that a member sent and could not send with this role, or without any: nobody keeps a
/// door open behind themselves.
pub async fn close_doors(
    tx: &mut Tx,
    member: &membership::Model,
    role: Option<MembershipRole>,
) -> Result<()> {
    use invitation::Column::{InvitedById, OrganizationId as Organization, State};
    let sent = Condition::all()
        .add(Organization.eq(member.organization_id))
        .add(InvitedById.eq(member.user_id))
        .add(State.eq(InvitationState::Sent));
    tx.as_job(ORGS);
    let power = role.map(Power::of);
    for row in tx.see::<invitation::Entity>().locked().filter(sent).all().await? {
        let needed = if row.role == MembershipRole::Owner { Power::Own } else { Power::Manage };
        if power.is_some_and(|power| power >= needed) {
            continue;
        }
        let held = tx.held::<invitation::Entity>(row, Act::Edit)?;
        tx.update(held, |row| row.state = Set(InvitationState::Revoked)).await?;
    }
    Ok(())
}

/// Ends all memberships of the viewer, who deletes the account, unless an organization would be left without an owner.
/// The transaction acts as a job afterwards.
pub async fn leave_all(tx: &mut Tx, user: UserId) -> Result<()> {
    let own = membership::Column::UserId.eq(user);
    let mut rows = tx.see::<membership::Entity>().filter(own).all().await?;
    // In one order for everybody: nobody waits for somebody who waits.
    rows.sort_unstable_by_key(|row| row.organization_id);
    let mut gone = Vec::new();
    for row in rows {
        let (roster, row) = Roster::with(tx, row.id).await?;
        let Some(status) = after(Some(row.status), Step::Leave) else { continue };
        if !keeps_an_owner(roster.owners, (row.status, row.role), None) {
            let name = &roster.organization.name;
            return Err(Error::mend(
                UserErrorCode::LastOwner,
                &["input", "id"],
                format!("You are the last owner of {name}; make somebody else its owner first."),
            ));
        }
        let held = tx.held::<membership::Entity>(row, Act::Delete)?;
        gone.push(tx.update(held, |row| row.status = Set(status)).await?.into_row());
    }
    for row in gone {
        close_doors(tx, &row, None).await?;
    }
    Ok(())
}
