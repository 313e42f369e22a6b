//! Warnings about the roles of the server, in words: what it is, and what ends it.

use byok::admin::{Warning, WarningCode};

use crate::cli::terminal::named::{Named, login, named};

/// Who can run the command that ends something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Whoever asked.
    You,
    /// An owner of the organization.
    Owner,
    /// A platform admin.
    Admin,
    /// A superuser of the server, in SQL.
    Superuser,
    /// Whoever runs the machine of the server or of the pooler.
    Operator,
}

impl By {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Superuser => "superuser",
            Self::Operator => "operator",
        }
    }

    /// The words before the command.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::You => "to fix it",
            Self::Owner => "an owner of the organization runs",
            Self::Admin => "a platform admin runs",
            Self::Superuser => "a superuser of the server runs",
            Self::Operator => "on the machine of the server",
        }
    }
}

/// What ends a warning.
#[derive(Clone, Debug)]
pub(crate) struct Fix {
    pub(crate) by: By,
    /// The command, or the statement for a superuser.
    pub(crate) command: Named,
}

/// The warning in one sentence.
pub(crate) fn in_words(warning: &Warning, server: i32) -> String {
    let Fix { by, command } = fix(warning);
    // What is said of a superuser says already what to do.
    if by == By::You {
        return reason(warning, server).shown();
    }
    format!("{}; {}: {}", reason(warning, server).shown(), by.in_words(), command.shown())
}

/// What the warning is about.
pub(crate) fn reason(warning: &Warning, server: i32) -> Named {
    let who = login(warning.login.as_deref().unwrap_or_default());
    let detail = warning.detail.as_deref().unwrap_or_default();
    match warning.code {
        WarningCode::BecomesDefiner if detail == "createrole" => named![
            who,
            format!(
                " has CREATEROLE, and on PostgreSQL {} that is enough to become byok_definer, which owns byok's tables; no admin \
                 needs it (from PostgreSQL 16 on, CREATEROLE alone is not enough)",
                server / 10_000
            )
        ],
        WarningCode::BecomesDefiner => named![
            who.clone(),
            " can become byok_definer, which owns byok's tables and functions (the next byok init by ",
            who,
            " needs it again)"
        ],
        WarningCode::LoginGroup => named!["the group role ", who, " can log in or has too many rights"],
        WarningCode::ForeignGrant => {
            named!["byok did not grant ", who, format!(" its roles ({detail}), so it cannot revoke them")]
        }
        WarningCode::ForeignOwner => {
            named![
                format!("the {detail} belongs to "),
                who,
                ", who can replace code that runs for byok; look at it first"
            ]
        }
        WarningCode::NoPgcrypto => "pgcrypto was dropped, so no key can be opened".into(),
        WarningCode::OwnsPgcrypto => {
            named![who, " owns the extension pgcrypto and can drop it; then no key can be opened until byok init"]
        }
        WarningCode::Superuser => named![
            "login ",
            who,
            " is a superuser: PostgreSQL enforces no rule for it; use another login for daily work"
        ],
        WarningCode::Prepared => {
            named![who, " left a prepared transaction, for which other transactions may wait"]
        }
        WarningCode::NoSignal => "byok cannot end sessions that block it".into(),
        WarningCode::NoCreaterole => "byok cannot create logins".into(),
        code => named![format!("{code} "), who, format!(" {detail}")],
    }
}

/// What ends it.
pub(crate) fn fix(warning: &Warning) -> Fix {
    let who = || login(warning.login.as_deref().unwrap_or_default()).in_sql();
    let detail = warning.detail.as_deref().unwrap_or_default();
    let superuser = |command: Named| Fix { by: By::Superuser, command };
    match warning.code {
        WarningCode::BecomesDefiner if detail == "createrole" => {
            superuser(named!["alter role ", who(), " nocreaterole"])
        }
        WarningCode::BecomesDefiner => superuser(named!["revoke byok_definer from ", who()]),
        WarningCode::LoginGroup => superuser(named!["alter role ", who(), format!(" {detail}")]),
        WarningCode::ForeignGrant => superuser("byok init".into()),
        WarningCode::ForeignOwner => superuser(taken_back(detail, who())),
        WarningCode::NoPgcrypto => Fix { by: By::Admin, command: "byok init".into() },
        WarningCode::OwnsPgcrypto => {
            superuser(named!["drop extension pgcrypto cascade; then, as a superuser: byok init"])
        }
        WarningCode::Superuser => Fix {
            by: By::You,
            command: "byok role grant admin LOGIN --create-login --to-file FILE, and connect with the address in FILE"
                .into(),
        },
        WarningCode::Prepared => superuser(format!("rollback prepared {detail}").into()),
        _ => superuser(detail.to_owned().into()),
    }
}

/// The statement that gives an object to byok's own role. The detail is its kind and its name.
fn taken_back(detail: &str, owner: Named) -> Named {
    if let Some(schema) = detail.strip_prefix("the right to create in schema ") {
        return named![format!("revoke create on schema {schema} from "), owner];
    }
    let (kind, name) = detail.split_once(' ').unwrap_or(("schema", detail));
    let kind = if kind == "relation" { "table" } else { kind };
    let quoted: Vec<String> = name.splitn(2, '.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    format!("alter {kind} {} owner to byok_definer", quoted.join(".")).into()
}
