//! Whether the settings of a profile fit together, and what is risky in them.

use super::asked::{Asked, Origin};
use super::settings::Values;
use super::sign_in::Around;
use super::{Given, Network, Profile, ProfileError};
use crate::domain::journal::Timing;

/// A profile of the values, where nothing is wrong with them; `faulty` makes a mistake of a clause about the profile.
pub(super) fn fit(
    name: &str,
    values: Values,
    given: &[Given],
    asked: &Asked<'_>,
    mut mistakes: Vec<ProfileError>,
    faulty: &dyn Fn(String) -> ProfileError,
) -> Result<Profile, Vec<ProfileError>> {
    let has = |key: &str| given.iter().any(|g| g.key == key && g.origin != Origin::Default);
    let around = Around { name, env: asked.env, has: &has };
    let lacking = ["base_url", "tenant", "client_id"].into_iter().filter(|key| !has(key));
    mistakes.extend(lacking.map(|key| faulty(format!("has no `{key}`"))));
    mistakes.extend(around.contradictions().into_iter().map(faulty));
    if values.ca_only && !has("ca_file") {
        mistakes.push(faulty("has `ca_only`, but no `ca_file`: nobody would be trusted".into()));
    }
    let (Some(base_url), Some(tenant), Some(client_id), true) =
        (values.base_url.clone(), values.tenant.clone(), values.client_id.clone(), mistakes.is_empty())
    else {
        return Err(mistakes);
    };
    Ok(Profile {
        name: name.into(),
        sign_in: around.sign_in(&values, &client_id),
        warnings: warnings(&values, given, &around),
        base_url,
        tenant,
        client_id,
        network: Network { ca_file: values.ca_file, ca_only: values.ca_only, proxy: values.proxy },
        employee_id: values.employee_id,
        company_employee_id: values.company_employee_id,
        hierarchy_id: values.hierarchy_id,
        confirm_parameter: values.confirm_parameter,
        state_dir: values.state_dir,
        allow_network_state: values.allow_network_state,
        manners: values.manners,
        timing: values.timing,
    })
}

/// What is risky in a profile that fits together.
fn warnings(values: &Values, given: &[Given], around: &Around<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for address in given.iter().filter(|g| matches!(g.key, "base_url" | "token_url")) {
        if matches!(address.origin, Origin::Flag(_) | Origin::Variable(_)) {
            let Given { key, value, origin } = address;
            all.push(format!("{key} is {value}, which comes from {origin} and not from the profile's file"));
        }
    }
    if values.in_query {
        all.push(
            "token_params is \"query\": the password stands in the address, which servers and proxies write down"
                .into(),
        );
    }
    for name in around.unused(values.allow_env_secrets) {
        all.push(format!("{name} is set and is not used: it would need allow_env_secrets = true in the profile"));
    }
    let (timing, usual) = (values.timing, Timing::default());
    let tries = values.base_url.as_ref().is_none_or(|url| url.starts_with("http://"));
    if !tries && timing.server_time_limit < usual.server_time_limit {
        let seconds = timing.server_time_limit.as_secs();
        all.push(format!(
            "server_time_limit is {seconds} s: an order that the server takes longer for may count as not placed, and be \
             sent twice"
        ));
    }
    all
}
