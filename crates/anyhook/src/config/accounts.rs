//! Accounts: the plans that they are on, whether strangers may begin without one, and who operates the installation.

use std::path::PathBuf;

use anyhook_domain::plan::Plans;
use anyhook_tenants::{OpenId, Operators};
use clap::Args;

use super::{oidc::OidcArgs, plans, problems::Problems};

#[derive(Clone, Args)]
pub(super) struct AccountsArgs {
    /// Plan that new tenants are on: one of the plans file's, or without one free, pro, scale or unlimited
    #[arg(long, env = "ANYHOOK_DEFAULT_PLAN", default_value = "unlimited", value_name = "PLAN")]
    default_plan: String,
    /// TOML file with the plans: for each a table such as [plan.free] with events_per_month and kept_days [default: free,
    /// pro, scale and unlimited]
    #[arg(long, env = "ANYHOOK_PLANS_FILE", value_name = "FILE")]
    plans_file: Option<PathBuf>,
    /// Whether anybody gets a URL and a key for seven days without an account: on or off [default: on for an `up` that
    /// listens on this machine alone and has no public URL, else off]
    #[arg(long, env = "ANYHOOK_QUICKSTART", value_name = "ON|OFF")]
    quickstart: Option<String>,
    /// What programs show to operate the installation (/api/v1/operator/…): 32 or more random characters
    #[arg(long, env = "ANYHOOK_OPERATOR_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    operator_token: Option<String>,
    /// File with the operator token
    #[arg(long, env = "ANYHOOK_OPERATOR_TOKEN_FILE", value_name = "FILE")]
    operator_token_file: Option<PathBuf>,
    /// E-mail addresses of the users who operate the installation, separated by commas; each must be verified
    #[arg(long, env = "ANYHOOK_OPERATORS", value_name = "EMAIL,…")]
    operators: Option<String>,
    #[command(flatten)]
    oidc: OidcArgs,
}

/// How accounts are kept.
#[derive(Clone)]
pub struct Accounts {
    pub plans: Plans,
    /// `None`: nothing was said.
    pub is_quickstart_on: Option<bool>,
    pub operators: Operators,
    /// By way of whom people may sign in.
    pub openid: Option<OpenId>,
}

impl AccountsArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Accounts {
        let plans = plans::read(self.plans_file.as_deref(), &self.default_plan, problems);
        let is_quickstart_on = self.quickstart.and_then(|word| match word.trim() {
            "" => None,
            "on" => Some(true),
            "off" => Some(false),
            other => {
                problems.say("quickstart", &format!("is {other}, but must be on or off"));
                None
            }
        });
        let token = problems.secret("operator-token", self.operator_token, self.operator_token_file.as_deref()).text();
        let operators = Operators::new(token.as_deref(), self.operators.as_deref().unwrap_or_default());
        let operators = operators.unwrap_or_else(|bad| {
            problems.say(bad.setting(), &bad.to_string());
            Operators::default()
        });
        Accounts { plans, is_quickstart_on, operators, openid: self.oidc.check(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(token: &str, operators: &str, quickstart: &str) -> AccountsArgs {
        AccountsArgs {
            default_plan: "free".into(),
            plans_file: None,
            quickstart: Some(quickstart.into()),
            operator_token: Some(token.into()),
            operator_token_file: None,
            operators: Some(operators.into()),
            oidc: OidcArgs::default(),
        }
    }

    fn said(args: AccountsArgs) -> String {
        let mut problems = Problems::default();
        args.check(&mut problems);
        problems.none().unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_used_is_said_and_no_token_is_repeated() {
        let short = said(args("hunter2", "", ""));
        assert!(short.starts_with("ANYHOOK_OPERATOR_TOKEN") && !short.contains("hunter2"), "{short}");
        assert!(said(args("", "ada@example.com, nobody", "")).starts_with("ANYHOOK_OPERATORS"));
        assert!(said(args("", "", "yes")).contains("on or off"));
        let mut problems = Problems::default();
        let accounts = args(&"x".repeat(32), "Ada@Example.com,", "on").check(&mut problems);
        assert_eq!(accounts.is_quickstart_on, Some(true));
        problems.none().unwrap();
    }
}
