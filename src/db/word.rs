//! Words of the database as the enums of the core. A word that is not known is an error that names it.

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};

use super::{
    AlertResult, BeginResult, DataKeyResult, DeliveryState, DisableResult, EnableResult, ExpireResult, FindingKind,
    FinishResult, GrantResult, KeyState, KeyringResult, MasterKeyState, MemberAddResult, MemberRemoveResult,
    MoveResult, PromoteResult, ProviderPutResult, ProviderRemoveResult, PurgeResult, RateResult, RateState, Role,
    RoleGrantResult, RoleRevokeResult, RouteResult, ServiceRole, TakeResult, WarningCode,
};
use crate::credits::PostingKind;
use crate::error::BlockerOutcome;
use crate::observed::Observed;
use crate::provider::{Capability, Verdict};
use crate::resolution::{Reason, Source};
use crate::word::{ListedWord, Word};

macro_rules! decoded {
    ($($name:ident,)+) => {$(
        impl Type<Postgres> for $name {
            fn type_info() -> PgTypeInfo {
                <str as Type<Postgres>>::type_info()
            }

            fn compatible(info: &PgTypeInfo) -> bool {
                <str as Type<Postgres>>::compatible(info)
            }
        }

        impl<'r> Decode<'r, Postgres> for $name {
            fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
                Ok(Self::of_word(<&str as Decode<'r, Postgres>>::decode(value)?)?)
            }
        }
    )+};
}

decoded! {
    AlertResult, BeginResult, BlockerOutcome, Capability, DataKeyResult, DeliveryState, DisableResult, EnableResult, FindingKind, ExpireResult, FinishResult,
    GrantResult, KeyState, KeyringResult, MasterKeyState, MemberAddResult, MemberRemoveResult, MoveResult, Observed, PostingKind,
    PromoteResult, ProviderPutResult, ProviderRemoveResult, PurgeResult, RateResult, RateState, Reason, Role,
    RoleGrantResult, RoleRevokeResult, RouteResult, ServiceRole, Source, TakeResult, Verdict, WarningCode,
}

impl<T> Type<Postgres> for ListedWord<T> {
    fn type_info() -> PgTypeInfo {
        <str as Type<Postgres>>::type_info()
    }

    fn compatible(info: &PgTypeInfo) -> bool {
        <str as Type<Postgres>>::compatible(info)
    }
}

impl<'r, T: Word> Decode<'r, Postgres> for ListedWord<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self::of_word(<&str as Decode<'r, Postgres>>::decode(value)?))
    }
}
