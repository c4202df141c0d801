//! One error for the whole API.
//!
//! What the caller can mend travels in a mutation's `errors`; the rest is a top-level error with `extensions.code`.
//! Anything foreign (`?` on a database error, say) becomes `INTERNAL`: logged with its causes and the request id, while
//! the client gets the id alone.

use async_graphql::{Enum, ErrorExtensions, SimpleObject};
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Answer of a nullable resolver: the only form in which the library nulls the field itself, not its parent.
pub type Nullable<T> = Option<async_graphql::Result<T>>;

/// Why a mutation was refused, in a form the caller can mend.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    /// Stable code; `docs/api.md` explains each.
    pub code: UserErrorCode,
    /// Way to the faulty input, such as `["input", "needs", "0", "amount"]`; empty when no single field is at fault.
    pub path: Vec<String>,
    /// What is wrong and how to mend it, in English; programs go by `code`.
    pub message: String,
}

/// Codes of errors that a caller can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum UserErrorCode {
    /// Value is missing or empty.
    Blank,
    /// Value has the wrong form.
    Invalid,
    /// Text or list is longer than allowed.
    TooLong,
    /// Text or list is shorter than allowed.
    TooShort,
    /// Number or amount is outside its range.
    OutOfRange,
    /// Value is already in use.
    Taken,
    /// Object does not exist, or not for the viewer.
    NotFound,
    /// Object changed since the version given in `ifVersion`.
    VersionConflict,
    /// State of the object does not allow this; the message names the state that would.
    StateInvalid,
    /// E-mail or password is wrong.
    CredentialsInvalid,
    /// Token or link is unknown, used or expired.
    TokenInvalid,
    /// Password was found in a list of leaked passwords, or is too easy.
    PasswordWeak,
    /// E-mail address has to be verified first.
    EmailUnverified,
    /// Password was given too long ago; give it to `sessionReauthenticate` first.
    ReauthenticationRequired,
    /// Organization would be left without an owner.
    LastOwner,
    /// Organization has to be verified first.
    OrganizationNotVerified,
    /// Project is not complete enough; the message names what is missing.
    ProjectIncomplete,
    /// Term is retired; use its successor.
    TermRetired,
    /// Identifier fails its register's checksum.
    ChecksumInvalid,
    /// Organization would control itself.
    ParentCycle,
    /// Contract lacks a party it needs; the message names the role.
    ContractPartyMissing,
    /// Contract has no metric with a tariff.
    ContractTermsMissing,
    /// Band, tariff or family overlaps another.
    TermsOverlap,
    /// Tier, step, band or line does not rise.
    TermsDescend,
    /// Cap, gate or share can never play its part.
    TermsUnreachable,
    /// Commitments of the payers do not reach the cap of the contract.
    TermsUnfunded,
    /// Evaluator is linked to an interested party; the message tells the chain.
    EvaluatorNotIndependent,
    /// Evaluator has an interest that not every payer has waived in writing.
    EvaluatorConflictNotWaived,
    /// Content that was signed is not the frozen content.
    ContractHashMismatch,
    /// Party has signed this version already.
    ContractAlreadySigned,
    /// No draw-down is recorded, and none was waived.
    DrawdownMissing,
    /// Others have to agree first; the message names them.
    AgreementMissing,
    /// End of service is not reached and no reason was given.
    ServiceNotOver,
    /// Closing report, or the reason for none, is missing.
    ContractReportMissing,
    /// Another claim covers days of this period for the same metric.
    ClaimPeriodOverlaps,
    /// Contract has a cap per person: the people have to be given in groups.
    ClaimGroupsMissing,
    /// Groups of people do not add up to what is claimed.
    ClaimGroupsMismatch,
    /// Days for contesting are over.
    ContestationClosed,
    /// Claims are not final yet, or none is the last one.
    ClaimsOpen,
    /// Payments are not received yet.
    PaymentsOpen,
    /// Money is left that belongs to investors.
    RepaymentsOpen,
    /// Amount needs the approval of a second person.
    SecondPersonNeeded,
    /// Amount exceeds what was committed.
    CommitmentExceeded,
    /// Contract does not hold that much money.
    FundsMissing,
    /// Theory of change goes in a circle; the message names the way round.
    TheoryCycle,
    /// Days of the measurement are locked by a reviewer.
    PeriodLocked,
    /// Dimension is not among those the indicator may be broken down by.
    DimensionUnknown,
    /// Level of evidence is above what the methods and the independence of the evaluators allow.
    EvidenceCeiling,
    /// Time for this has not come yet; the message names the day.
    TooEarly,
    /// Time for this is over.
    TooLate,
    /// Model of social return lacks a figure without which no ratio is worth anything; the message names it.
    SroiIncomplete,
}

/// What went wrong.
#[derive(Debug)]
pub enum Error {
    /// The caller's to mend.
    Mend(Vec<UserError>),
    /// Refused as a whole, with a top-level code.
    Refused { code: gql::codes::ErrorCode, message: String, retry_after: Option<u64> },
    /// Ours; causes go to the log.
    Internal(anyhow::Error),
}

impl Error {
    pub fn mend(code: UserErrorCode, path: &[&str], message: impl Into<String>) -> Self {
        Self::Mend(vec![UserError {
            code,
            path: path.iter().map(|&step| step.to_owned()).collect(),
            message: message.into(),
        }])
    }

    pub fn not_found(path: &[&str]) -> Self {
        Self::mend(UserErrorCode::NotFound, path, "No such object.")
    }

    pub fn state(message: impl Into<String>) -> Self {
        Self::mend(UserErrorCode::StateInvalid, &[], message)
    }

    pub fn refused(code: gql::codes::ErrorCode, message: impl Into<String>) -> Self {
        Self::Refused { code, message: message.into(), retry_after: None }
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::refused(gql::codes::ErrorCode::Forbidden, message)
    }

    pub fn unauthenticated() -> Self {
        Self::refused(gql::codes::ErrorCode::Unauthenticated, "Sign in first.")
    }

    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::refused(gql::codes::ErrorCode::BadUserInput, message)
    }

    /// The error as the library carries it; internal causes stay in the log.
    pub fn into_graphql(self) -> async_graphql::Error {
        let (code, message, retry_after) = match self {
            Self::Refused { code, message, retry_after } => (code, message, retry_after),
            Self::Mend(errors) => {
                let text = errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
                (gql::codes::ErrorCode::BadUserInput, text, None)
            }
            Self::Internal(cause) => {
                tracing::error!(error = format!("{cause:#}"), "internal error");
                (gql::codes::ErrorCode::Internal, "Something went wrong on our side.".to_owned(), None)
            }
        };
        async_graphql::Error::new(message).extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            if let Some(seconds) = retry_after {
                extensions.set("retryAfter", seconds);
            }
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mend(errors) => errors.iter().try_for_each(|error| write!(f, "{} ", error.message)),
            Self::Refused { message, .. } => f.write_str(message),
            Self::Internal(cause) => write!(f, "{cause:#}"),
        }
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(cause: sea_orm::DbErr) -> Self {
        crate::outage::passing(&cause).unwrap_or_else(|| Self::Internal(cause.into()))
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

/// Turns what a resolver found into the nullable form.
pub fn nullable<T>(found: Result<Option<T>>) -> Nullable<T> {
    match found {
        Ok(value) => value.map(Ok),
        Err(error) => Some(Err(error.into_graphql())),
    }
}

/// Gathers what is wrong with an input, so that all of it is told at once.
#[derive(Default)]
pub struct Faults(Vec<UserError>);

impl Faults {
    pub fn add(&mut self, code: UserErrorCode, path: &[&str], message: impl Into<String>) {
        if let Error::Mend(errors) = Error::mend(code, path, message) {
            self.0.extend(errors);
        }
    }

    /// Keeps a value, or the reason it is none.
    pub fn keep<T>(&mut self, value: Result<T>) -> Result<Option<T>> {
        match value {
            Ok(value) => Ok(Some(value)),
            Err(Error::Mend(errors)) => {
                self.0.extend(errors);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    pub fn none_or_refuse(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Mend(self.0)) }
    }
}

impl Faults {
    /// An optional text: trimmed, nothing if empty, refused if longer than allowed or if it holds control characters.
    pub fn text(&mut self, text: Option<String>, path: &[&str], most: usize) -> Option<String> {
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?;
        if text.chars().count() > most {
            self.add(UserErrorCode::TooLong, path, format!("At most {most} characters, please."));
        }
        if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
            self.add(UserErrorCode::Invalid, path, "Control characters are not allowed here.");
        }
        Some(text)
    }

    /// A text that has to be there.
    pub fn required(&mut self, text: Option<String>, path: &[&str], most: usize) -> String {
        self.text(text, path, most).unwrap_or_else(|| {
            self.add(UserErrorCode::Blank, path, "This may not be empty.");
            String::new()
        })
    }
}
