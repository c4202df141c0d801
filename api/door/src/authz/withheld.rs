//! What an answer leaves out because the viewer stands too far away; told once per coordinate, not per row.

use entity::codes::{CodeList, Visibility};
use std::{collections::BTreeMap, sync::Mutex};

/// Counts of withheld values by schema coordinate.
#[derive(Default)]
pub struct Withheld(Mutex<BTreeMap<(String, Visibility), u32>>);

impl Withheld {
    pub(super) fn note(&self, coordinate: String, level: Visibility) {
        let mut seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *seen.entry((coordinate, level)).or_default() += 1;
    }

    /// `[{coordinate, level, count}]`, or nothing when nothing was withheld.
    pub fn extension(&self) -> Option<async_graphql::Value> {
        let seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if seen.is_empty() {
            return None;
        }
        let list = seen.iter().map(|((coordinate, level), count)| {
            async_graphql::value!({ "coordinate": (coordinate.as_str()), "level": (level.code()), "count": (*count) })
        });
        Some(async_graphql::Value::List(list.collect()))
    }
}
