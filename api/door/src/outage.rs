//! Which database errors are a passing outage, to be told as one: come back soon, nothing was done.

use crate::Error;
use gql::codes::ErrorCode;
use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// Seconds after which a pool has connections again, or a restarted server answers.
const AGAIN: u64 = 2;

/// `UNAVAILABLE` or `TIMEOUT`, if that is what the error means.
pub fn passing(cause: &DbErr) -> Option<Error> {
    let code = match cause {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => ErrorCode::Unavailable,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            code(cause)?
        }
        _ => return None,
    };
    let message = match code {
        ErrorCode::Timeout => "The answer was not ready in time; ask for less, or page.",
        _ => "The service cannot answer now; try again shortly.",
    };
    tracing::warn!(error = %cause, "database outage");
    let retry_after = (code == ErrorCode::Unavailable).then_some(AGAIN);
    Some(Error::Refused { code, message: message.to_owned(), retry_after })
}

fn code(cause: &SqlxError) -> Option<ErrorCode> {
    match cause {
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => {
            Some(ErrorCode::Unavailable)
        }
        SqlxError::Database(told) => of_database(&told.code()?),
        _ => None,
    }
}

/// PostgreSQL speaks in five letters, SQLite in numbers.
fn of_database(code: &str) -> Option<ErrorCode> {
    match code {
        // Our own statement timeout.
        "57014" => Some(ErrorCode::Timeout),
        // Serialization failure, deadlock, lock timeout: the same request may pass. The server lost patience with our
        // transaction. SQLITE_BUSY and its kin, SQLITE_FULL.
        "40001" | "40P01" | "55P03" | "25P03" | "5" | "261" | "517" | "773" | "13" => {
            Some(ErrorCode::Unavailable)
        }
        // Lost connections, no resources, server going down.
        _ if code.len() == 5 && ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) => {
            Some(ErrorCode::Unavailable)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_pass_and_faults_do_not() {
        for (code, expected) in [
            ("57014", Some(ErrorCode::Timeout)),
            ("57P01", Some(ErrorCode::Unavailable)),
            ("53300", Some(ErrorCode::Unavailable)),
            ("08006", Some(ErrorCode::Unavailable)),
            ("517", Some(ErrorCode::Unavailable)),
            ("23505", None),
            ("42P01", None),
            ("2067", None),
            ("8", None),
        ] {
            assert_eq!(of_database(code), expected, "{code}");
        }
        assert!(passing(&DbErr::Custom("x".to_owned())).is_none());
    }
}
