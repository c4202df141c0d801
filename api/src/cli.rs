//! The command line: what `impact` can do, and with which settings. What the settings mean is in `config`.

#![expect(clippy::doc_markdown, reason = "doc comments are the program's help: plain text")]

use crate::config::Logs;
use clap::{
    Args, CommandFactory, Parser, Subcommand,
    builder::BoolishValueParser,
    error::{ContextKind, ErrorKind},
};
use std::{
    ffi::OsString,
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

/// The impact network: one GraphQL API for those who make, fund, decide on and study social innovation.
///
/// Every option is also a variable: --listen is IMPACT_LISTEN.
#[derive(Debug, Parser)]
#[command(name = "impact", version, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub place: PlaceArgs,
    #[command(flatten)]
    pub logs: LogArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves the API, GraphiQL and the schema
    Serve(Box<ServeArgs>),
    /// Brings the tables up to date, takes the last change back, or lists changes
    Migrate {
        #[command(subcommand)]
        what: Migrate,
    },
    /// Prints the schema (SDL)
    Schema,
    /// Manages administrators
    Admin {
        #[command(subcommand)]
        what: Admin,
    },
    /// Checks the books of contracts
    Ledger {
        #[command(subcommand)]
        what: Ledger,
    },
    /// Takes in open data
    Import {
        #[command(subcommand)]
        what: Import,
    },
    /// Writes open data that was taken in
    Export {
        #[command(subcommand)]
        what: Export,
    },
    /// Loads the demo network into an empty database
    Demo,
    /// Fills a database with a synthetic network of any size, the same for the same seed
    Seed(SeedArgs),
    /// Looks after the search index and the read model
    Search {
        #[command(subcommand)]
        what: Search,
    },
    /// Checks settings and database; says what is wrong and exits with 2 if something is
    Check(Box<ServeArgs>),
}

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Takes in measures of the Baromètre des résultats de l'action publique; again says only what is new
    Barometre {
        /// measures.csv, with indicators.json beside it
        file: PathBuf,
    },
    /// Takes in impact contracts on record, as INDIGO exports them; again changes only what is new
    Indigo {
        /// Folder with projects.json and, beside it, organisations.json and outcome-funds.json
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum Export {
    /// Writes imported impact contracts as INDIGO's files, each field as it was read
    Indigo {
        /// Folder to write to; it is made if it is not there
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Applies all pending changes
    Up,
    /// Takes the last change back, with its data
    Down {
        /// How many changes to take back
        #[arg(long, env = "IMPACT_STEPS", default_value_t = 1)]
        steps: u32,
    },
    /// Lists changes and whether they were applied; exits with 1 if some were not
    Status,
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Checks that every contract's entries add up; exits with 1 if some do not
    Verify,
}

#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Makes an administrator: a new account, or the one that has this address
    ///
    /// The password is the first line of standard input, or asked for on a terminal.
    Create {
        /// E-mail address of the account
        #[arg(long, env = "IMPACT_EMAIL")]
        email: String,
        /// Name to show
        #[arg(long, env = "IMPACT_NAME", default_value = "Administrator")]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Search {
    /// Builds both again from the network's rows; servers go on answering meanwhile
    Rebuild,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct SeedArgs {
    /// How many projects
    #[arg(long, env = "IMPACT_PROJECTS", default_value_t = 10_000, value_name = "COUNT")]
    pub projects: u64,
    /// How many organizations hold them [default: one for 50 projects]
    #[arg(long, env = "IMPACT_ORGANIZATIONS", value_name = "COUNT")]
    pub organizations: Option<u64>,
    /// Which network: the same seed gives the same rows
    #[arg(long, env = "IMPACT_SEED", default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// Database: postgres://user:password@host:5432/database (15 or later) or sqlite:/path/to/file
    /// [default: impact.db in the data directory]
    #[arg(long, env = "IMPACT_DATABASE_URL", hide_env_values = true, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Most connections to PostgreSQL
    #[arg(long, env = "IMPACT_DATABASE_CONNECTIONS", default_value_t = 10, global = true, value_name = "COUNT",
          value_parser = clap::value_parser!(u32).range(3..=500))]
    pub database_connections: u32,
    /// Directory of the SQLite database, the signing key and unsent mail
    #[arg(
        long,
        env = "IMPACT_DATA_DIR",
        default_value = "./impact-data",
        global = true,
        value_name = "DIRECTORY"
    )]
    pub data_dir: PathBuf,
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Form of the log on standard error
    #[arg(long, env = "IMPACT_LOG", value_enum, default_value_t = Logs::Text, global = true, value_name = "FORM")]
    pub log: Logs,
    /// Least level to log (error, warn, info, debug, trace), or directives such as info,api=debug
    #[arg(long, env = "IMPACT_LOG_LEVEL", default_value = "info", global = true, value_name = "LEVEL")]
    pub log_level: String,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port to listen on
    #[arg(long, env = "IMPACT_LISTEN", default_value = "127.0.0.1:8000", value_parser = address)]
    pub listen: SocketAddr,
    /// Fills an empty network with real and fictional examples, and prints sign-ins for it
    #[arg(long, env = "IMPACT_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,
    /// Refuses to start on pending migrations instead of applying them
    #[arg(long, env = "IMPACT_NO_MIGRATE", value_parser = BoolishValueParser::new())]
    pub no_migrate: bool,
    /// Address that users see, for links in mail and for tokens [default: http:// and the address listened on]
    #[arg(long, env = "IMPACT_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Mail server: smtp://, smtps:// or smtp://user:password@host:587?tls=required
    /// [default: mail is written to files in the data directory]
    #[arg(long, env = "IMPACT_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// Sender of mail
    #[arg(
        long,
        env = "IMPACT_MAIL_FROM",
        default_value = "Impact network <no-reply@localhost>",
        value_name = "ADDRESS"
    )]
    pub mail_from: String,
    /// Origins whose pages may call the API, separated by commas, such as https://app.example.org [default: none]
    #[arg(long, env = "IMPACT_CORS_ORIGIN", value_delimiter = ',', value_name = "ORIGINS")]
    pub cors_origin: Vec<String>,
    /// Points one user (or one address, without sign-in) may spend at once; 0 for no limit. The default stops runaways
    /// only: set it to what your pages need
    #[arg(long, env = "IMPACT_RATE_LIMIT", default_value_t = 5_000_000, value_name = "POINTS")]
    pub rate_limit: u64,
    /// Points that come back each second
    #[arg(long, env = "IMPACT_RATE_RESTORE", default_value_t = 500_000, value_name = "POINTS",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub rate_restore: u64,
    /// Believes X-Forwarded-For (its last address) and X-Request-Id: only behind a proxy that sets them
    #[arg(long, env = "IMPACT_TRUST_PROXY", value_parser = BoolishValueParser::new())]
    pub trust_proxy: bool,
    /// Most connections at once; more have to wait
    #[arg(long, env = "IMPACT_MAX_CONNECTIONS", default_value_t = 4_096, value_name = "COUNT",
          value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_connections: u32,
    /// Fewest people of a cell that others than the holder and its evaluators are shown. All servers of one database need
    /// the same
    #[arg(long, env = "IMPACT_FEWEST_SHOWN", default_value_t = 11, value_name = "PEOPLE",
          value_parser = clap::value_parser!(u64).range(2..=1_000))]
    pub fewest_shown: u64,
    #[command(flatten)]
    pub documents: DocumentArgs,
}

#[derive(Debug, Args)]
pub struct DocumentArgs {
    /// Where documents are kept: file:///path/to/folder, or s3://bucket/prefix with the usual variables AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY, AWS_REGION and, for other makers' stores, AWS_ENDPOINT. All servers of one database need the
    /// same [default: the folder documents in the data directory]
    #[arg(long, env = "IMPACT_DOCUMENTS_URL", value_name = "URL")]
    pub documents_url: Option<String>,
    /// Most megabytes (of a million bytes) of one document
    #[arg(long, env = "IMPACT_DOCUMENT_SIZE", default_value_t = 20, value_name = "MEGABYTES",
          value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub document_size: u64,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || "write an address and a port, such as 127.0.0.1:8000".to_owned();
    text.to_socket_addrs().map_err(|_| wrong())?.next().ok_or_else(wrong)
}

/// Reads the command line, or prints what was asked of it. A fault is told in one line.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Cli>, String> {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Ok(Some(cli)),
        Err(told) if matches!(told.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A closed pipe is not worth a word.
            let _ = told.print();
            Ok(None)
        }
        Err(fault) if fault.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err("say what to do: serve, migrate, schema, admin, import, demo or check; `impact --help` explains each"
                .to_owned())
        }
        Err(fault) => Err(one_line(&fault)),
    }
}

fn one_line(fault: &clap::Error) -> String {
    let text = fault.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let variable = fault.get(ContextKind::InvalidArg).map(ToString::to_string).and_then(|argument| {
        let name =
            argument.trim_start_matches('-').split([' ', '=']).next()?.replace('-', "_").to_uppercase();
        std::env::var_os(format!("IMPACT_{name}")).map(|_| format!(" (IMPACT_{name} is set)"))
    });
    let missing: Vec<_> = text
        .lines()
        .skip(1)
        .map(str::trim)
        .take_while(|line| line.starts_with('-') || line.starts_with('<'))
        .collect();
    format!(
        "{first}{}{}; `impact --help` explains each setting",
        if missing.is_empty() { String::new() } else { format!(" {}", missing.join(", ")) },
        variable.unwrap_or_default()
    )
}

/// Variables that mean something.
pub fn variables() -> Vec<String> {
    fn gather(command: &clap::Command, names: &mut Vec<String>) {
        let of_command = command.get_arguments().filter_map(|argument| argument.get_env());
        names.extend(of_command.map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|command| gather(command, names));
    }
    let mut names = Vec::new();
    gather(&Cli::command(), &mut names);
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Result<Option<Cli>, String> {
        read(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
        assert!(variables().contains(&"IMPACT_DATABASE_URL".to_owned()));
    }

    #[test]
    fn every_option_is_also_a_variable() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                if ["help", "version"].contains(&id) || argument.is_positional() {
                    continue;
                }
                let expected = format!("IMPACT_{}", id.to_uppercase());
                let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
                assert_eq!(variable, Some(expected), "give --{id} its variable");
                assert!(argument.get_help().is_some(), "say what --{id} is");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn a_fault_is_one_line() {
        for line in [
            "impact",
            "impact sing",
            "impact serve --listen nowhere",
            "impact serve --rate-limit many",
            "impact serve --lissten 127.0.0.1:1",
            "impact admin create",
            "impact serve --database-connections 1",
        ] {
            let fault = told(line).expect_err(line);
            assert!(!fault.contains('\n') && fault.contains("--help"), "{fault}");
        }
        assert!(told("impact admin create").expect_err("no address").contains("--email"));
    }
}
