//! Who may ask for what. Least rights: an operator looks after runs, the ML team after models and what readers see of them;
//! both may do a stage again or hold the ML machine.

use crate::access::Role;

/// Whether somebody of this role may ask for this action.
pub fn may(role: Role, action: &str) -> bool {
    let (operator, ml) = match action {
        "repeat" | "cancel" | "backfill" | "replay" | "drop" => (true, false),
        "run" | "skip" | "hold" | "release" => (true, true),
        "hold-publication" | "release-publication" | "exclude" | "include" => (false, true),
        "promote" | "rollback" | "pin" | "unpin" => (false, true),
        _ => return false,
    };
    match role {
        Role::Admin => true,
        Role::Operator => operator,
        Role::Ml => ml,
        Role::Support | Role::Subscriber => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_own_rights_and_no_other() {
        let all = [
            ("repeat", "OA"),
            ("cancel", "OA"),
            ("backfill", "OA"),
            ("replay", "OA"),
            ("drop", "OA"),
            ("run", "OAM"),
            ("skip", "OAM"),
            ("hold", "OAM"),
            ("release", "OAM"),
            ("hold-publication", "AM"),
            ("release-publication", "AM"),
            ("exclude", "AM"),
            ("include", "AM"),
            ("promote", "AM"),
            ("rollback", "AM"),
            ("pin", "AM"),
            ("unpin", "AM"),
            ("explode", ""),
            ("", ""),
        ];
        for (action, who) in all {
            for (role, letter) in [(Role::Operator, 'O'), (Role::Admin, 'A'), (Role::Ml, 'M')] {
                assert_eq!(may(role, action), who.contains(letter), "{action} {role:?}");
            }
            assert!(!may(Role::Support, action) && !may(Role::Subscriber, action), "{action}");
        }
    }
}
