//! Where the journal of a profile lies.

use std::path::PathBuf;

use super::Profile;

/// Where the journal of a profile lies, or the sandbox's where it is none: `$XDG_STATE_HOME/mobproc/NAME`, else
/// `$HOME/.local/state/mobproc/NAME`.
///
/// # Errors
/// Why there is no such place, in a sentence.
pub fn state_dir(profile: Option<&Profile>, env: &dyn Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    if let Some(dir) = profile.and_then(|p| p.state_dir.clone()) {
        return Ok(dir);
    }
    let absolute = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let state =
        state.ok_or("Neither HOME nor XDG_STATE_HOME is set to a full path, so there is no place to write to.")?;
    let name = profile.map_or_else(|| "_sandbox".to_owned(), |p| folder(&p.name));
    Ok(state.join("mobproc").join(name))
}

/// A profile's name as that of a folder.
fn folder(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let plain = !name.starts_with('.') && name.chars().all(safe);
    let spelled = |c: char| if safe(c) { c.to_string() } else { format!("_{:x}_", c as u32) };
    if plain && !name.is_empty() {
        name.to_owned()
    } else {
        format!("_{}", name.chars().map(spelled).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn a_name_leads_to_no_other_folder_than_its_own() {
        let names = ["qa", "v1.qa", "..", "a/b", "a_b", "a_2f_b", "", "_sandbox", "J\u{f6}"];
        let folders: std::collections::BTreeSet<String> = names.iter().map(|n| folder(n)).collect();
        assert_eq!(folders.len(), names.len(), "{folders:?}");
        assert!(folders.iter().all(|f| !f.starts_with('.') && !f.contains('/') && f != "_sandbox"), "{folders:?}");
    }
}
