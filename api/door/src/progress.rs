//! How far a long load is: a bar on a terminal, a line in the log elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::{io::IsTerminal, time::Instant};

pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    began: Instant,
    count: u64,
}

impl Progress {
    pub fn new(what: &'static str, total: u64) -> Self {
        let bar = if std::io::stderr().is_terminal() {
            let form = ProgressStyle::with_template("{msg:28} {bar:40} {human_pos}/{human_len}");
            ProgressBar::new(total)
                .with_style(form.unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_message(what)
        } else {
            ProgressBar::hidden()
        };
        tracing::info!(rows = total, "loading {what}");
        Self { bar, what, began: Instant::now(), count: 0 }
    }

    pub fn add(&mut self, rows: u64) {
        self.count += rows;
        self.bar.inc(rows);
    }

    pub fn done(self) {
        self.bar.finish_and_clear();
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(rows = self.count, millis, "loaded {}", self.what);
    }
}
