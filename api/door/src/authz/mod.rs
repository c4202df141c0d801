//! The door: the database as one viewer sees it.
//!
//! A resolver holds a [`Store`], never a connection. A table without a [`Policy`] cannot be asked for, and every
//! statement carries the policy's rows:
//!
//! ```compile_fail
//! // A table that has no policy cannot be queried.
//! async fn peek(store: &door::authz::Store) {
//!     let _ = store.see::<entity::traffic::throttle::Entity>().all().await;
//! }
//! ```
//!
//! ```compile_fail
//! // Nobody gets at the connection behind the door.
//! fn borrow(store: &door::authz::Store) -> &sea_orm::DatabaseConnection {
//!     &store.pools.read
//! }
//! ```
//!
//! ```compile_fail
//! // A row is changed only after it was held, which proves the right to change it.
//! async fn sneak(mut tx: door::authz::Tx, project: entity::projects::project::Model) {
//!     let _ = tx.update(project, |_| ()).await;
//! }
//! ```
//!
//! ```compile_fail
//! // Nothing is committed without a record of who did what.
//! async fn silent(tx: door::authz::Tx) {
//!     let _ = tx.commit().await;
//! }
//! ```

mod along;
mod arrival;
mod batch;
mod bulk;
mod derived;
mod feed;
mod fill;
mod intrusion;
mod open;
mod page;
mod policy;
mod rows;
mod shared;
mod store;
mod together;
mod totals;
mod traffic;
mod tuples;
mod tx;
mod viewer;
mod withheld;

pub use arrival::{Arrival, Credential};
pub use batch::{Batched, Lookup};
pub use bulk::Bulk;
pub use feed::{EVERYTHING, Feed, Line};
pub use fill::Fill;
pub use open::{Pending, Place};
pub use page::{Along, Ask, Direction, Joined, Nulls, Page, Ranges, Sort};
pub use policy::{
    Act, CONTRACT_IMPORT, CONTRACTS, EVIDENCE_CLOCK, FIELD_LEVELS, Node, OPEN_TO_EVALUATORS, ORGS,
    POLICY_IMPORT, PartOf, Policy, SIGN_IN, WITNESSES, WORKING_GROUP, acts_as, evaluates, manages_members,
    may_add_project, may_comment, pays_as, reviews,
};
pub use rows::Rows;
pub use store::{Clock, FEWEST_SHOWN, Pools, RequestFacts, Scoped, Seen, Store};
pub use traffic::{Bucket, Spent, Traffic};
pub use tx::{Event, Held, Tx, check_version};
pub use viewer::{Power, Seat, Viewer, Who};
pub use withheld::Withheld;
