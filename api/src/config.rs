//! Settings, checked before anything starts. A wrong one ends in one line that names it and the fix.

use crate::cli;
use clap::ValueEnum;
use documents::{DocumentSettings, Documents};
use door::authz::{Bucket, Place};
use std::{
    fmt, fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};
use tracing_subscriber::EnvFilter;

/// Why the program ends early.
#[derive(Debug)]
pub enum Stop {
    /// A setting, or what it points at, is wrong.
    Setting(String),
    /// The work could not be done.
    Failed(String),
}

impl Stop {
    pub fn setting(name: &str, fault: impl fmt::Display) -> Self {
        Self::Setting(format!("--{name}: {fault}"))
    }

    pub fn failed(fault: impl fmt::Display) -> Self {
        Self::Failed(fault.to_string())
    }

    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Setting(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

/// One line, whatever the cause wrote.
impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Setting(text) | Self::Failed(text)) = self;
        let line: Vec<_> = text.split_whitespace().collect();
        f.write_str(&line.join(" "))
    }
}

impl From<door::Error> for Stop {
    fn from(cause: door::Error) -> Self {
        Self::failed(cause)
    }
}

impl From<sea_orm::DbErr> for Stop {
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::failed(cause)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Logs {
    Text,
    Json,
}

/// Finds a misspelt variable before it is missed.
pub fn check_variables(set: impl IntoIterator<Item = String>) -> Result<(), Stop> {
    let known = cli::variables();
    for name in set.into_iter().filter(|name| name.starts_with("IMPACT_")) {
        if known.contains(&name) {
            continue;
        }
        let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, &name));
        return Err(Stop::Setting(format!(
            "{name}: no such variable; did you mean {}? Rename or unset it",
            nearest.map_or("another", String::as_str)
        )));
    }
    Ok(())
}

/// Starts the log. Only once.
pub fn start_log(arguments: &cli::LogArgs) -> Result<(), Stop> {
    let wrong = |cause: &dyn fmt::Display| {
        Stop::setting("log-level", format_args!("{cause}; write error, warn, info, debug or trace"))
    };
    let filter = EnvFilter::try_new(&arguments.log_level).map_err(|cause| wrong(&cause))?;
    // A lone word that is no level would be taken for a module.
    if arguments
        .log_level
        .split(',')
        .all(|part| !part.contains('=') && part.parse::<tracing::Level>().is_err())
        && arguments.log_level != "off"
    {
        return Err(wrong(&format_args!("\"{}\" is no level", arguments.log_level)));
    }
    // Every migration would announce itself.
    let filter = ["sea_orm_migration=warn", "sqlx=warn", "object_store=warn"]
        .into_iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match arguments.log {
        Logs::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
        Logs::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    };
    started.map_err(Stop::failed)
}

/// Where rows and secrets live; the directory exists and takes files.
pub struct Home {
    pub data_dir: PathBuf,
    pub place: Place,
    pub connections: u32,
}

impl Home {
    pub fn of(arguments: &cli::PlaceArgs) -> Result<Self, Stop> {
        let data_dir = arguments.data_dir.clone();
        let place = Place::of(arguments.database_url.as_deref(), &data_dir)
            .map_err(|fault| Stop::setting("database-url", fault))?;
        Ok(Self { data_dir, place, connections: arguments.database_connections })
    }

    /// Makes the directory, for its owner alone, and tries to write there.
    pub fn settle(&self) -> Result<(), Stop> {
        let refuse = |cause: io::Error| {
            Stop::setting(
                "data-dir",
                format_args!(
                    "cannot write in {} ({cause}); choose a directory you own",
                    self.data_dir.display()
                ),
            )
        };
        make_private(&self.data_dir).map_err(refuse)?;
        let probe = self.data_dir.join(format!(".probe-{}", std::process::id()));
        fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(refuse)
    }

    /// The store of documents, tried out.
    pub async fn documents(&self, arguments: &cli::DocumentArgs) -> Result<Documents, Stop> {
        let settings = DocumentSettings {
            url: arguments.documents_url.as_deref(),
            most: arguments.document_size.saturating_mul(1_000_000),
            data_dir: &self.data_dir,
        };
        let wrong = |fault: anyhow::Error| Stop::setting("documents-url", format_args!("{fault:#}"));
        let documents = Documents::open(settings).map_err(wrong)?;
        documents.probe().await.map_err(wrong)?;
        Ok(documents)
    }

    /// A database fault, under the setting that caused it.
    pub fn fault(&self, cause: impl fmt::Display) -> Stop {
        match self.place {
            Place::File(_) => Stop::setting("data-dir", cause),
            Place::Server(..) => Stop::setting("database-url", cause),
        }
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// What serving needs to know.
#[derive(Clone, Debug)]
pub struct Serving {
    pub listen: std::net::SocketAddr,
    pub public_url: String,
    pub cors_origins: Vec<String>,
    pub bucket: Option<Bucket>,
    pub trust_proxy: bool,
    pub max_connections: u32,
    pub is_demo: bool,
}

impl Serving {
    pub fn of(arguments: &cli::ServeArgs) -> Result<Self, Stop> {
        let public_url = match &arguments.public_url {
            Some(url) => origin(url).ok_or_else(|| {
                Stop::setting("public-url", "write https://network.example.org, without a path")
            })?,
            None => format!("http://{}", arguments.listen),
        };
        let mut cors_origins = Vec::new();
        for given in arguments.cors_origin.iter().filter(|given| !given.trim().is_empty()) {
            cors_origins.push(origin(given).ok_or_else(|| {
                Stop::setting(
                    "cors-origin",
                    format_args!("\"{given}\" is no origin; write https://app.example.org"),
                )
            })?);
        }
        let bucket = Bucket { maximum: arguments.rate_limit, per_second: arguments.rate_restore };
        Ok(Self {
            listen: arguments.listen,
            public_url,
            cors_origins,
            bucket: (arguments.rate_limit > 0).then_some(bucket),
            trust_proxy: arguments.trust_proxy,
            max_connections: arguments.max_connections,
            is_demo: arguments.demo,
        })
    }
}

/// Scheme and authority, in lower case, as browsers send them. Neither `*` nor `null` is one.
fn origin(text: &str) -> Option<String> {
    let uri: http::Uri = text.trim().trim_end_matches('/').parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let authority = uri.authority()?.as_str().to_ascii_lowercase();
    let is_bare =
        uri.path().trim_end_matches('/').is_empty() && uri.query().is_none() && !authority.contains('@');
    is_bare.then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_told_with_its_neighbour() {
        let told =
            check_variables(["PATH".to_owned(), "IMPACT_DATABSE_URL".to_owned()]).expect_err("misspelt");
        assert_eq!(told.exit_code(), 2);
        let told = told.to_string();
        assert!(told.contains("IMPACT_DATABSE_URL") && told.contains("IMPACT_DATABASE_URL?"), "{told}");
        assert!(check_variables(["IMPACT_LISTEN".to_owned(), "HOME".to_owned()]).is_ok());
    }

    #[test]
    fn an_origin_is_scheme_and_authority() {
        for (text, expected) in [
            ("https://App.example.org", Some("https://app.example.org")),
            ("http://localhost:5173/", Some("http://localhost:5173")),
            ("*", None),
            ("null", None),
            ("https://a.b/path", None),
            ("ftp://a.b", None),
            ("https://me:secret@a.b", None),
            ("", None),
        ] {
            assert_eq!(origin(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_stop_is_one_line() {
        assert_eq!(Stop::setting("listen", "in\n  use").to_string(), "--listen: in use");
    }
}
