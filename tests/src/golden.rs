//! Golden texts: what is written down, compared with what is; `BLESS=1` writes it down anew.

use std::{env, fs, path::Path};

/// Compares with a file named from the top of the repository.
///
/// Read the difference as carefully as code before it is committed.
#[track_caller]
pub fn golden(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    if env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(&path, now).expect("written");
        return;
    }
    let before = fs::read_to_string(&path).unwrap_or_default();
    if before == now {
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), now.lines().collect());
    let place = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let shown = |lines: &[&str]| {
        lines
            .iter()
            .skip(place.saturating_sub(2))
            .take(8)
            .map(|line| format!("    {line}\n"))
            .collect::<String>()
    };
    panic!(
        "{file} is not what it was, from line {}.\n  written down:\n{}  now:\n{}\
         If the change is meant, run `BLESS=1 cargo test -p tests`, and read the difference before committing it.",
        place + 1,
        shown(&old),
        shown(&new)
    );
}
