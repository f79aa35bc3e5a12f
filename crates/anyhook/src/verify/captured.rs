//! One captured request, given by flags.

use std::{io::Read, path::PathBuf};

use anyhook_domain::{
    Headers, Timestamp,
    secret::Secret,
    source::{Config, Request, SOURCES, Source, Verdict, recognise},
};
use anyhook_egress::{Egress, EgressConfig, Published};
use anyhook_store::Clock;
use anyhow::{Context, Result, bail};

use super::case;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "One captured request")]
pub(super) struct Captured {
    /// The source, such as stripe; auto recognises it
    #[arg(long)]
    pub(super) source: Option<String>,
    /// A file with the app's secret; several lines are several secrets
    #[arg(long, value_name = "FILE", requires = "source")]
    secret_file: Option<PathBuf>,
    /// The app's secret itself; other users of this machine can see it
    #[arg(long, requires = "source", conflicts_with = "secret_file")]
    secret: Option<String>,
    /// A setting of the source, such as --setting header_name=X-Secret
    #[arg(long = "setting", value_name = "NAME=VALUE", requires = "source")]
    settings: Vec<String>,
    /// A header, such as --header 'Stripe-Signature: t=…'; may be given often
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", requires = "source")]
    headers: Vec<String>,
    /// A file with the body, byte for byte; - is standard input; without it the body is empty
    #[arg(long, value_name = "FILE", requires = "source")]
    body: Option<PathBuf>,
    /// The public URL as the provider called it
    #[arg(long, requires = "source", default_value = "https://in.example.com/")]
    url: String,
    #[arg(long, requires = "source", default_value = "POST")]
    method: String,
    /// When it arrived, in unix seconds; now, when left out
    #[arg(long, requires = "source")]
    now: Option<i64>,
    /// What a published key's address gives, such as --resource https://…pem=key.pem; it is fetched when left out
    #[arg(long = "resource", value_name = "URL=FILE", requires = "source")]
    resources: Vec<String>,
}

impl Captured {
    pub(super) async fn run(&self) -> Result<()> {
        let (headers, body) = (self.headers()?, self.body()?);
        let request = Request { method: &self.method, url: &self.url, headers: &headers, body: &body };
        let source = self.source(&request)?;
        let config = self.config()?;
        if let Err(bad) = source.check_config(&config) {
            bail!("{bad}");
        }
        let now = self.now.map_or_else(|| Clock::system().now(), Timestamp::from_unix_seconds);
        match self.verify(source, &request, &config, now).await? {
            Verdict::Verified => println!("ok {}", source.slug),
            Verdict::NotChecked => bail!("{}: there is nothing to check with: give the secret", source.slug),
            Verdict::Rejected(reason) => bail!("{}: {reason}", source.slug),
        }
        Ok(())
    }

    async fn verify(&self, source: &Source, request: &Request<'_>, config: &Config, now: Timestamp) -> Result<Verdict> {
        if self.resources.is_empty() {
            let published = Published::new(Egress::new(EgressConfig::default())?);
            return Ok(published.verify(source, request, config, now, Clock::system().now()).await?);
        }
        let mut stubs = case::Stubs::new();
        for given in &self.resources {
            let (url, path) = given.rsplit_once('=').context("--resource is URL=FILE")?;
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
            stubs.insert(url.to_owned(), case::Stub::found(text));
        }
        case::verify(source, request, config, &stubs, now).map_err(anyhow::Error::msg)
    }

    fn source(&self, request: &Request<'_>) -> Result<&'static Source> {
        let name = self.source.as_deref().unwrap_or_default();
        if name == "auto" {
            return recognise(request).context("no source is recognised by these headers: name it by --source");
        }
        case::source(name).map_err(|why| {
            let known: Vec<_> = SOURCES.iter().map(|source| source.slug).collect();
            anyhow::anyhow!("{why}; known: {}", known.join(", "))
        })
    }

    fn config(&self) -> Result<Config> {
        let text = match (&self.secret, &self.secret_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => {
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
            }
            (None, None) => String::new(),
        };
        let mut config = Config { secrets: Config::secrets_of(&Secret::new(text)), ..Config::default() };
        for setting in &self.settings {
            let (name, value) = setting.split_once('=').context("--setting is NAME=VALUE")?;
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            config.options.insert(name.to_owned(), value);
        }
        Ok(config)
    }

    fn headers(&self) -> Result<Headers> {
        let field = |line: &String| {
            let (name, value) = line.split_once(':').context("--header is 'NAME: VALUE'")?;
            Ok((name.trim().to_owned(), value.trim().as_bytes().to_vec()))
        };
        self.headers.iter().map(field).collect::<Result<Headers>>()
    }

    fn body(&self) -> Result<Vec<u8>> {
        let Some(path) = &self.body else { return Ok(Vec::new()) };
        if path.as_os_str() == "-" {
            let mut body = Vec::new();
            std::io::stdin().read_to_end(&mut body).context("cannot read standard input")?;
            return Ok(body);
        }
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    }
}
