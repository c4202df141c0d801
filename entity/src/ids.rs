//! Typed keys. One string form everywhere: `<prefix>_` and 26 characters of Crockford base32 (a 128-bit UUID).

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use std::{fmt, str::FromStr};
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What every typed key can do; `api` turns keys into GraphQL ids through it.
pub trait Key: Copy + Eq + std::hash::Hash + Ord + Send + Sync + fmt::Display + 'static {
    /// Three letters before the underscore; one prefix, one type.
    const PREFIX: &'static str;
    /// Name of the GraphQL type that carries the key.
    const NOUN: &'static str;
    fn from_uuid(uuid: Uuid) -> Self;
    fn uuid(self) -> Uuid;
}

/// Why a text is not a key of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAKey {
    pub expected: &'static str,
}

impl fmt::Display for NotAKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id of the form {}_ and 26 characters", self.expected)
    }
}

impl std::error::Error for NotAKey {}

/// Splits an id into prefix and UUID, or nothing if it is not an id at all.
#[must_use]
pub fn parse(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, digits) = text.split_once('_')?;
    if digits.len() != 26 {
        return None;
    }
    let mut value: u128 = 0;
    for (place, byte) in digits.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
        // 26 digits hold 130 bits: the first may use three of its five.
        if place == 0 && digit > 7 {
            return None;
        }
        value = (value << 5) | digit as u128;
    }
    Some((prefix, Uuid::from_u128(value)))
}

/// Writes an id.
#[must_use]
pub fn print(prefix: &str, uuid: Uuid) -> String {
    let value = uuid.as_u128();
    let digits = (0..26).rev().map(|place| ALPHABET.get((value >> (5 * place)) as usize & 31).copied());
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    text.extend(digits.flatten().map(char::from));
    text
}

macro_rules! keys {
    ($($name:ident $prefix:literal $noun:literal),+ $(,)?) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh key; later keys sort after earlier ones (UUID version 7).
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Key for $name {
            const PREFIX: &'static str = $prefix;
            const NOUN: &'static str = $noun;
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&print($prefix, self.0))
            }
        }

        impl FromStr for $name {
            type Err = NotAKey;
            fn from_str(text: &str) -> Result<Self, NotAKey> {
                match parse(text) {
                    Some(($prefix, uuid)) => Ok(Self(uuid)),
                    _ => Err(NotAKey { expected: $prefix }),
                }
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )+

        /// Every prefix with the GraphQL type it names.
        pub const PREFIXES: &[(&str, &str)] = &[$(($prefix, $noun)),+];
    };
}

keys! {
    UserId "usr" "User",
    SessionId "ses" "Session",
    PersonalAccessTokenId "pat" "PersonalAccessToken",
    OrganizationId "org" "Organization",
    MembershipId "mem" "Membership",
    InvitationId "inv" "Invitation",
    TerritoryId "ter" "Territory",
    TermId "trm" "Term",
    ProjectId "prj" "Project",
    NeedId "ned" "Need",
    ReplicationId "rep" "Replication",
    AuditEventId "aud" "AuditEvent",
    ContractId "ict" "ImpactContract",
    ContractPartyId "cpa" "ContractParty",
    ContractVersionId "cve" "ContractVersion",
    InvestmentId "ivt" "ContractInvestment",
    ClaimId "ocl" "OutcomeClaim",
    VerificationId "vfn" "ClaimVerification",
    ContestationId "cst" "ClaimContestation",
    ComputationId "pcp" "PaymentComputation",
    PaymentId "opy" "OutcomePayment",
    RepaymentId "rpy" "ContractRepayment",
    LedgerEntryId "led" "LedgerEntry",
    EvidenceDocumentId "doc" "EvidenceDocument",
    InterestId "itr" "Interest",
    IndicatorId "ind" "Indicator",
    PolicySeriesId "pse" "PolicySeries",
    FrameworkId "frm" "Framework",
    FrameworkAdoptionId "fad" "FrameworkAdoption",
    IndicatorUseId "use" "IndicatorUse",
    TheoryId "toc" "TheoryOfChange",
    MeasurementId "mea" "Measurement",
    PeriodLockId "lck" "PeriodLock",
    EvaluationId "eva" "Evaluation",
    FindingId "fin" "Finding",
    SroiModelId "sro" "SroiModel",
    WorkingGroupId "wgr" "WorkingGroup",
    CommentId "cmt" "Comment",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_wrote() {
        for uuid in [Uuid::nil(), Uuid::max(), Uuid::now_v7()] {
            let text = ProjectId(uuid).to_string();
            assert_eq!(text.len(), 30);
            assert_eq!(text.parse::<ProjectId>(), Ok(ProjectId(uuid)));
        }
    }

    #[test]
    fn a_wrong_prefix_length_letter_or_overflow_is_no_id() {
        let id = ProjectId::fresh().to_string();
        assert!(id.parse::<OrganizationId>().is_err());
        for text in [
            "",
            "prj_",
            "prj",
            &id[..29],
            &format!("{id}0"),
            "prj_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            &id.replace('_', "-"),
        ] {
            assert!(text.parse::<ProjectId>().is_err(), "{text}");
        }
        assert!("prj_0000000000000000000000000u".parse::<ProjectId>().is_err(), "u is not in the alphabet");
        assert!("prj_0000000000000000000000000A".parse::<ProjectId>().is_err(), "ids are lower case");
    }
}
