//! What the sources may not say: rules that the compiler cannot hold.

use std::{fs, path::Path};

/// A word that is forbidden, where it may stand nevertheless, and what to do instead.
struct Rule {
    word: &'static str,
    unless: &'static [&'static str],
    instead: &'static str,
}

const ASK_THE_STORE: &str = "nothing outside api/door/src/authz may reach the database: ask the viewer's `Store` (see, load, \
     parts, page) or, for what servers share, add a function to api/door/src/authz/traffic";
const NO_GUARDS: &str = "guards and `visible` are bypassed through interfaces (async-graphql#1826): let a policy in \
     api/door/src/authz/policy say who sees the row, and `store.reveal` who sees the field";

const RULES: &[Rule] = &[
    Rule { word: "DatabaseConnection", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "DatabaseTransaction", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "ConnectionTrait", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "Entity::find", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "in_subquery", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "Expr::cust", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "query_all", unless: &[], instead: ASK_THE_STORE },
    Rule { word: "query_one", unless: &[], instead: ASK_THE_STORE },
    Rule { word: ".execute(", unless: &["schema.execute("], instead: ASK_THE_STORE },
    Rule { word: "guard =", unless: &[], instead: NO_GUARDS },
    Rule { word: "visible =", unless: &[], instead: NO_GUARDS },
];

/// Every line of code of the API, with its file and number: no comments, no tests.
fn lines(dir: &Path, each: &mut impl FnMut(&str, usize, &str)) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for entry in fs::read_dir(dir).expect("sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            lines(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let shown = path.strip_prefix(&top).unwrap_or(&path).display().to_string();
            let text = fs::read_to_string(&path).expect("a source");
            for (place, line) in
                text.lines().enumerate().take_while(|(_, line)| !line.starts_with("mod tests"))
            {
                if !line.trim_start().starts_with("//") {
                    each(&shown, place + 1, line);
                }
            }
        }
    }
}

/// The crates that answer requests, and the program.
const CRATES: [&str; 7] =
    ["src", "network/src", "door/src", "authn/src", "documents/src", "search/src", "payment/src"];

fn all_lines(each: &mut impl FnMut(&str, usize, &str)) {
    for sources in CRATES {
        lines(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../api").join(sources), each);
    }
}

#[test]
fn only_the_door_reaches_the_database_and_no_guard_pretends_to() {
    let mut faults = Vec::new();
    let mut seen = 0;
    all_lines(&mut |file, number, line| {
        seen += 1;
        if file.contains("api/door/src/authz/") {
            return;
        }
        for rule in RULES.iter().filter(|rule| line.contains(rule.word)) {
            if !rule.unless.iter().any(|fine| line.contains(fine)) {
                faults.push(format!("{file}:{number}: `{}`: {}", rule.word, rule.instead));
            }
        }
    });
    assert!(seen > 5_000, "the sources are where this test looks: {seen} lines");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nullable_resolvers_return_the_form_that_nulls_the_field() {
    let mut faults = Vec::new();
    let mut signature = String::new();
    all_lines(&mut |file, number, line| {
        let line = line.trim();
        if line.starts_with("async fn")
            || line.starts_with("pub async fn")
            || line.starts_with("pub(crate) async fn")
        {
            signature.clear();
        }
        signature.push_str(line);
        signature.push(' ');
        if !line.ends_with('{') {
            return;
        }
        let is_resolver = signature.contains("async fn") && signature.contains("ctx: &Context");
        if is_resolver && signature.contains("Result<Option<") {
            faults.push(format!("{file}:{number}: {signature}"));
        }
        signature.clear();
    });
    assert!(
        faults.is_empty(),
        "a resolver that returns Result<Option<…>> nulls its parent when it fails (async-graphql 8.0.0-rc.5); return \
         `Nullable<…>` through `nullable(…)`:\n{}",
        faults.join("\n")
    );
}
