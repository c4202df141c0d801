//! What findings of many studies say together: pooled effects and their forest plot.
//! Pure: `statistics`, `forest`.

pub mod forest;
pub mod pooling;
pub mod shown;
pub mod statistics;

pub use pooling::SynthesisQuery;
