//! The commands: `serve`, `create-user`, `set-role`, `rotate-key`, and the measurements.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use actix_web::{App as ActixApp, HttpServer, web};
use anyhow::{Context, bail, ensure};
use chrono::Utc;
use cloud::gcp::DatabaseLogin;
use domain::Tier;
use ledger::Connect;
use sqlx::PgPool;

use crate::access::Role;
use crate::account::role;
use crate::app;
use crate::auth::address::Address;
use crate::auth::password::{self, Breached};
use crate::auth::seal::Seals;
use crate::auth::site_key::{self, Name};
use crate::auth::store;
use crate::config::{
    BillingCliArgs, Cli, Command, CreateUserArgs, RotateKeyArgs, ServeArgs, SetRoleArgs, Settings,
};
use crate::site::warm;
use crate::state::App;
use crate::worker::Worker;

/// Connections that one server keeps open.
const CONNECTIONS: usize = 25_000;
/// How long a connection without a request is kept: longer than a reader thinks, so that none is closed under their next
/// request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Connections to Postgres.
const POOL: u32 = 16;
/// How long the worker may take to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest form or push that is read, in bytes.
const BODY_BYTES: usize = 256 * 1024;

/// Runs a command.
///
/// # Errors
/// What failed and what to do about it.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => serve(*args).await,
        Command::Bench(args) => crate::bench::bench(*args).await,
        Command::Load(args) => crate::bench::load(*args).await,
        Command::Stage(args) => crate::bench::stand(*args).await,
        Command::CreateUser(args) => create_user(args).await,
        Command::SetRole(args) => set_role(args).await,
        Command::RotateKey(args) => rotate_key(args).await,
        Command::Billing(args) => billing(*args).await,
    }
}

async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    // Here and not in `main`: `create-user` may read its password from standard input.
    cloud::local::exit_with_parent();
    cloud::telemetry::start();
    let listener = TcpListener::bind((args.bind, args.port))
        .with_context(|| format!("cannot listen on {}:{}: choose another --port", args.bind, args.port))?;
    let address = listener.local_addr()?;
    let mut settings = Settings::new(&args, address.port())?;
    if settings.seals.is_empty() {
        settings.seals = own_seals(&args.home)?;
    }
    let lake = match args.lake.as_deref() {
        Some(lake) => Some(cloud::open_lake(lake).await?),
        None => None,
    };
    let bus = cloud::bus::from_env().await.map_err(|e| anyhow::anyhow!(e))?;
    let database = Database::open(args.database_url.as_deref(), &args.home).await?;
    let app = web::Data::new(App::new(database.pool.clone(), lake, bus, settings)?);
    app.pages.start();
    let worker = Worker::new(app.clone().into_inner())?;
    let warming = warm::start(app.clone().into_inner());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(worker.run(stopped));
    let server = HttpServer::new(move || configured(app.clone()))
        .tcp_nodelay(true)
        .max_connections(CONNECTIONS)
        .backlog(4096)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(5)
        .listen(listener)
        .context("cannot serve")?
        .run();
    println!("{}", serde_json::json!({ "listening": format!("http://{address}") }));
    let served = server.await.context("the server stopped");
    warming.abort();
    // What the worker has begun is brought to an end; what it has not stays queued.
    let _ = stop.send(true);
    if tokio::time::timeout(PATIENCE, worker).await.is_err() {
        tracing::warn!("the worker did not end in time: what it had taken is tried again later");
    }
    served
}

/// The key of one machine. Elsewhere there is none until somebody has set it: then nobody can switch codes on.
fn own_seals(home: &Path) -> anyhow::Result<Seals> {
    if cloud::Provider::from_env().map_err(|e| anyhow::anyhow!(e))? == cloud::Provider::Local {
        return Seals::kept_in(home);
    }
    tracing::warn!(
        "QUARTERDAY_SEAL_KEYS is missing: nobody can switch on codes at sign-in, which staff need, or set up a webhook; \
         docs/security.md says how to make a key"
    );
    Ok(Seals::default())
}

/// The application as it is served; tests use the same.
pub fn configured(
    app: web::Data<App>,
) -> ActixApp<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    ActixApp::new()
        .app_data(app)
        .app_data(web::PayloadConfig::new(BODY_BYTES))
        .app_data(web::FormConfig::default().limit(BODY_BYTES))
        .service(app::site())
}

async fn billing(args: BillingCliArgs) -> anyhow::Result<()> {
    let settings = Settings::new(&args.site, args.site.port)?;
    let database = Database::open(args.site.database_url.as_deref(), &args.site.home).await?;
    let app = App::new(database.pool.clone(), None, None, settings)?;
    crate::billing::command::run(&app, args.command).await
}

async fn create_user(args: CreateUserArgs) -> anyhow::Result<()> {
    let address = Address::parse(&args.email).map_err(|flaw| anyhow::anyhow!("{:?}: {flaw}", args.email))?;
    let email = address.shown().to_owned();
    let chosen = if args.password_stdin {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("cannot read the password")?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        None
    };
    let made_up = chosen.is_none();
    let secret = chosen.unwrap_or_else(password::invent);
    let breached = args.breached_passwords.filter(|path| !path.as_os_str().is_empty());
    let breached = breached.as_deref().map(Breached::load).transpose()?.unwrap_or_default();
    if let Err(weakness) = password::check(&secret, &email, &breached) {
        bail!(
            "the password is refused ({weakness:?}): take at least {} characters that are not easily guessed",
            password::MIN_CHARS
        );
    }
    let hash = password::hash(&secret).map_err(|e| anyhow::anyhow!("hashing the password: {e}"))?;
    let role = Role::parse(&args.role);
    let database = Database::open(args.database_url.as_deref(), &args.home).await?;
    let now = Utc::now();
    let id = store::store_customer(&database.pool, &email, &hash, role, now).await.context("Postgres")?;
    let Some(id) = id else { bail!("{email} has an account already") };
    if args.tier != Tier::Free {
        store::store_subscription(&database.pool, id, args.tier, now).await.context("Postgres")?;
    }
    let mut made = serde_json::json!({ "email": email, "role": args.role, "tier": args.tier });
    if made_up {
        made["password"] = secret.into();
    }
    println!("{made}");
    Ok(())
}

async fn set_role(args: SetRoleArgs) -> anyhow::Result<()> {
    let (role, reason) = (Role::parse(&args.role), args.reason.trim());
    ensure!(!reason.is_empty(), "--reason is empty: the audit log keeps why a role was given");
    let database = Database::open(args.database_url.as_deref(), &args.home).await?;
    let before = role::set(&database.pool, &args.email, role, reason, Utc::now()).await?;
    println!("{}", serde_json::json!({ "email": args.email, "from": before.as_str(), "to": role.as_str() }));
    Ok(())
}

async fn rotate_key(args: RotateKeyArgs) -> anyhow::Result<()> {
    let reason = args.reason.trim();
    ensure!(!reason.is_empty(), "--reason is empty: the audit log keeps why a key was rotated");
    let name = Name::parse(&args.name).with_context(|| format!("there is no key {:?}", args.name))?;
    let database = Database::open(args.database_url.as_deref(), &args.home).await?;
    site_key::rotate(&database.pool, name, args.leaked, reason, Utc::now()).await?;
    println!("{}", serde_json::json!({ "rotated": args.name, "before_accepted": !args.leaked }));
    Ok(())
}

/// Postgres, and what must live as long as its connections.
struct Database {
    pool: PgPool,
    _server: Option<ledger::postgres::Database>,
}

impl Database {
    /// Connects to `url`, or to a private cluster below `home`, and brings the schema up to date.
    async fn open(url: Option<&str>, home: &Path) -> anyhow::Result<Self> {
        let home = home.to_owned();
        let (url, server) = match url.filter(|url| !url.is_empty()) {
            Some(url) => (url.to_owned(), None),
            None => {
                let server =
                    tokio::task::spawn_blocking(move || ledger::postgres::Database::open(&home)).await??;
                (server.url().to_owned(), Some(server))
            }
        };
        let passwords = DatabaseLogin::from_env().await?.map(DatabaseLogin::passwords);
        // A reader is told at once to come back rather than kept waiting.
        let patience = Duration::from_secs(3);
        let connect = Connect { url: &url, max_connections: POOL, patience, passwords };
        let pool = ledger::open(connect).await.context("cannot connect to Postgres: check DATABASE_URL")?;
        Ok(Self { pool, _server: server })
    }
}
