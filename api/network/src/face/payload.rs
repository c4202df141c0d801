//! Payloads: one per mutation in the schema, one line each in the code.

use door::{Error, Nullable, Result, UserError};

/// What every payload is made of.
pub trait Payload: Sized {
    type Noun;
    fn done(noun: Self::Noun) -> Self;
    fn refused(errors: Vec<UserError>) -> Self;
}

/// What the caller can mend goes into the payload; the rest is a top-level error.
pub fn payload<P: Payload>(outcome: Result<P::Noun>) -> Nullable<P> {
    Some(match outcome {
        Ok(noun) => Ok(P::done(noun)),
        Err(Error::Mend(errors)) => Ok(P::refused(errors)),
        Err(other) => Err(other.into_graphql()),
    })
}

/// Declares the payload of a mutation: its noun, the errors to mend, and a way to read on.
macro_rules! payload {
    ($(#[doc = $doc:literal])+ $name:ident { $(#[doc = $noun_doc:literal])+ $noun:ident: $ty:ty }) => {
        $(#[doc = $doc])+
        #[derive(Clone, async_graphql::SimpleObject)]
        pub struct $name {
            $(#[doc = $noun_doc])+
            pub $noun: Option<$ty>,
            /// What to mend, all at once; empty when the mutation took effect.
            pub errors: Vec<door::UserError>,
            /// The network after the mutation.
            pub query: $crate::schema::Query,
        }

        impl $crate::face::Payload for $name {
            type Noun = $ty;
            fn done($noun: $ty) -> Self {
                Self { $noun: Some($noun), errors: Vec::new(), query: $crate::schema::Query::default() }
            }
            fn refused(errors: Vec<door::UserError>) -> Self {
                Self { $noun: None, errors, query: $crate::schema::Query::default() }
            }
        }
    };
}
