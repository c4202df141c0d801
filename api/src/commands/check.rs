//! `impact check`: would `serve` start, and on what? Changes nothing that is there.

use super::print;
use crate::{
    cli::ServeArgs,
    config::{Home, Serving, Stop},
};
use door::authz::{Place, Pools};

pub async fn check(home: &Home, arguments: &ServeArgs) -> Result<(), Stop> {
    let serving = Serving::of(arguments)?;
    home.settle()?;
    let listener = super::serve::bind(&serving)?;
    drop(listener);
    super::serve::mailer(home, arguments, &serving.public_url)?;
    super::serve::look_at_keys(home)?;
    let documents = home.documents(&arguments.documents).await?;
    let mut told = format!("Settings are right.\nDatabase: {}\nDocuments: {documents}\n", home.place);
    if matches!(&home.place, Place::File(path) if !path.exists()) {
        told.push_str("It does not exist yet; `impact serve` makes it.\n");
        return print(&told);
    }
    let pools = Pools::connect(&home.place).await.map_err(|fault| home.fault(format!("{fault:#}")))?;
    let pending = pools.migrations().await?.iter().filter(|(_, is_applied)| !is_applied).count();
    pools.close().await;
    if pending > 0 && arguments.no_migrate {
        return Err(Stop::setting(
            "no-migrate",
            format_args!("{pending} migrations are pending; run `impact migrate up`"),
        ));
    }
    if pending == 0 {
        told.push_str("Its tables are up to date.\n");
        return print(&told);
    }
    print(&format!("{told}{pending} migrations are pending; `impact serve` applies them.\n"))
}
