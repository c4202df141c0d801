//! How complete a project's description is (domain 5.2: 60 % to be published without a curator). Pure.

use entity::projects::project;

/// What is counted beside the project's own texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    pub themes: usize,
    pub publics: usize,
    pub goals: usize,
    pub territories: usize,
    pub needs: usize,
}

/// Share at which a verified organization publishes by itself.
pub const ENOUGH: i32 = 60;

/// Percent of ten things a reader looks for, each worth ten.
pub fn percent(project: &project::Model, around: Around) -> i32 {
    let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    let parts = [
        !project.summary.trim().is_empty(),
        has(&project.description),
        has(&project.need_addressed),
        has(&project.solution),
        project.started_on.is_some(),
        around.themes > 0,
        around.publics > 0,
        around.goals > 0,
        around.territories > 0,
        around.needs > 0,
    ];
    10 * i32::try_from(parts.into_iter().filter(|part| *part).count()).unwrap_or(0)
}
