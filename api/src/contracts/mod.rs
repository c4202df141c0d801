//! Impact contracts: parties agree on metrics and tariffs, outcomes are verified, payments follow by rule.

pub mod independence;
pub mod payment;
pub mod tariff;
pub mod waterfall;
