//! Who asks. Made once per request by `authn`, read by policies.

use entity::{
    At,
    codes::{MembershipRole, PlatformRole, TokenScope},
    ids::{OrganizationId, SessionId, UserId},
};

/// Whoever looks through the door.
#[derive(Clone, Debug)]
pub struct Viewer {
    who: Who,
    seats: Vec<Seat>,
}

#[derive(Clone, Debug)]
pub enum Who {
    /// Anybody: no sign-in.
    Public,
    /// Somebody signed in.
    User {
        id: UserId,
        /// Address the viewer proved to own, if any.
        verified_email: Option<String>,
        session: Option<SessionId>,
        platform_role: PlatformRole,
        /// Limits of a personal access token; all scopes for a session.
        scopes: Vec<TokenScope>,
        /// When the password was last given.
        authenticated_at: Option<At>,
    },
    /// A part of the system that acts by itself; policies name the jobs they let in.
    Job(&'static str),
}

/// An active membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub organization: OrganizationId,
    pub role: MembershipRole,
    /// The organization is verified: its members are of the network.
    pub is_verified: bool,
}

/// What a seat lets its member do, each power including those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    Read,
    Write,
    Manage,
    Own,
}

impl Power {
    #[must_use]
    pub const fn of(role: MembershipRole) -> Self {
        match role {
            MembershipRole::Owner => Self::Own,
            MembershipRole::Admin => Self::Manage,
            MembershipRole::Editor => Self::Write,
            MembershipRole::Finance | MembershipRole::EvaluationLead | MembershipRole::Viewer => Self::Read,
        }
    }
}

impl Viewer {
    #[must_use]
    pub const fn public() -> Self {
        Self { who: Who::Public, seats: Vec::new() }
    }

    #[must_use]
    pub const fn job(name: &'static str) -> Self {
        Self { who: Who::Job(name), seats: Vec::new() }
    }

    #[must_use]
    pub const fn new(who: Who, seats: Vec<Seat>) -> Self {
        Self { who, seats }
    }

    /// The same viewer with this seat in an organization, or with none.
    #[must_use]
    pub(super) fn reseated(&self, organization: OrganizationId, seat: Option<Seat>) -> Self {
        let others = self.seats.iter().filter(|seat| seat.organization != organization).copied();
        Self { who: self.who.clone(), seats: others.chain(seat).collect() }
    }

    pub const fn who(&self) -> &Who {
        &self.who
    }

    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    pub const fn user(&self) -> Option<UserId> {
        match self.who {
            Who::User { id, .. } => Some(id),
            _ => None,
        }
    }

    pub fn verified_email(&self) -> Option<&str> {
        match &self.who {
            Who::User { verified_email, .. } => verified_email.as_deref(),
            _ => None,
        }
    }

    pub fn is(&self, user: UserId) -> bool {
        self.user() == Some(user)
    }

    pub const fn session(&self) -> Option<SessionId> {
        match self.who {
            Who::User { session, .. } => session,
            _ => None,
        }
    }

    pub fn is_job(&self, name: &str) -> bool {
        matches!(self.who, Who::Job(job) if job == name)
    }

    pub const fn platform_role(&self) -> PlatformRole {
        match self.who {
            Who::User { platform_role, .. } => platform_role,
            _ => PlatformRole::None,
        }
    }

    pub fn is_administrator(&self) -> bool {
        self.platform_role() == PlatformRole::Admin
    }

    pub fn is_curator(&self) -> bool {
        matches!(self.platform_role(), PlatformRole::Curator | PlatformRole::Admin)
    }

    pub fn is_steward(&self) -> bool {
        matches!(self.platform_role(), PlatformRole::DataSteward | PlatformRole::Admin)
    }

    pub fn is_staff(&self) -> bool {
        self.platform_role() != PlatformRole::None
    }

    /// Member of a verified organization, or staff.
    pub fn in_network(&self) -> bool {
        self.is_staff() || self.seats.iter().any(|seat| seat.is_verified)
    }

    /// Organizations in which the viewer has at least this power.
    pub fn orgs(&self, power: Power) -> Vec<OrganizationId> {
        self.seats.iter().filter(|seat| Power::of(seat.role) >= power).map(|seat| seat.organization).collect()
    }

    pub fn sits(&self, organization: OrganizationId, power: Power) -> bool {
        self.seats.iter().any(|seat| seat.organization == organization && Power::of(seat.role) >= power)
    }

    pub fn may(&self, scope: TokenScope) -> bool {
        match &self.who {
            Who::User { scopes, .. } => scopes.contains(&scope),
            Who::Public | Who::Job(_) => true,
        }
    }
}
