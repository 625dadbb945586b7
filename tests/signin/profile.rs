//! A profile that signs in by password, and the names of the sandbox's world that it needs.

use mobproc::domain::journal::Timing;
use mobproc::profile::{ConfirmParameter, Grant, Network, Profile, SignIn};
use mobproc::secret::Source;

pub const PASSWORD: &str = "open-sesame-1";
pub const CLIENT_SECRET: &str = "sandbox-client-secret";

/// A secret that a program prints.
pub fn printed(secret: &str) -> Source {
    Source::Command(["printf", "%s", secret].map(String::from).into())
}

/// A known user and client; `change` makes them others.
pub fn profile(base_url: &str, token_url: &str, change: impl FnOnce(&mut Grant)) -> Profile {
    let mut grant = Grant {
        token_url: token_url.to_owned(),
        client_id: "mobproc".into(),
        client_secret: Some(printed(CLIENT_SECRET)),
        username: "command://jdoe".into(),
        password: printed(PASSWORD),
        scope: "MOBPROC".into(),
        in_query: false,
    };
    change(&mut grant);
    let client_id = grant.client_id.clone();
    Profile { client_id, ..bare(base_url, SignIn::Password(Box::new(grant))) }
}

/// A profile with nothing in it but where the server is and how to sign in.
pub fn bare(base_url: &str, sign_in: SignIn) -> Profile {
    Profile {
        name: "test".into(),
        base_url: base_url.to_owned(),
        tenant: "SANDBOX".into(),
        client_id: "mobproc".into(),
        sign_in,
        network: Network::default(),
        employee_id: None,
        company_employee_id: None,
        hierarchy_id: None,
        confirm_parameter: ConfirmParameter::Both,
        state_dir: None,
        allow_network_state: false,
        manners: mobproc::profile::Manners::default(),
        timing: Timing::default(),
        warnings: Vec::new(),
    }
}
