//! What all steps of an evaluation share: the form of their inputs, and holding it in the state that time has made.

use super::{clock, evaluation::status_of};
use crate::face::key;
use async_graphql::ID;
use door::{
    Result,
    authz::{Act, Held, Store, Tx, check_version},
};
use entity::evidence::evaluation;

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $input:ident $payload:ident { $($(#[doc = $extra_doc:literal])+ $extra:ident: $ty:ty),* }),+ $(,)?) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, InputObject)]
        pub struct $input {
            /// Evaluation to act on.
            pub id: ID,
            /// Version that was read; refuses if it has changed since.
            pub if_version: Option<String>,
            $($(#[doc = $extra_doc])+ pub $extra: $ty,)*
        }

        payload! {
            /// Outcome of the mutation.
            $payload {
                /// Evaluation as it is now.
                evaluation: Evaluation
            }
        }
    )+};
}
pub(super) use steps;

pub(super) async fn hold(
    tx: &Tx,
    id: &ID,
    act: Act,
    if_version: Option<&str>,
) -> Result<Held<evaluation::Entity>> {
    let held = tx.hold::<evaluation::Entity>(key(id)?, act, &["input", "id"]).await?;
    check_version(if_version, held.version)?;
    Ok(held)
}

/// Holds an evaluation in the state that time has made; what time did is written down first, as an event of its own.
pub(super) async fn hold_now(
    store: &Store,
    id: &ID,
    act: Act,
    if_version: Option<&str>,
) -> Result<(Tx, Held<evaluation::Entity>)> {
    let tx = store.begin().await?;
    let held = hold(&tx, id, act, if_version).await?;
    if status_of(&held, store.now()) == held.status {
        return Ok((tx, held));
    }
    drop(tx);
    clock::ready(store, held.id).await?;
    let tx = store.begin().await?;
    // The caller's version was the one before time passed.
    let held = hold(&tx, id, act, None).await?;
    Ok((tx, held))
}
