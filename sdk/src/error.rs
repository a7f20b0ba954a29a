//! Errors of all programs: disjoint codes, texts that say what to do.
//!
//! | codes | enum |
//! |---|---|
//! | 5000.. | [`AccountError`], from any program |
//! | 6000.. | [`RegistryError`](crate::registry::error::RegistryError) |
//! | 6100.. | [`TokenError`](crate::token::error::TokenError) |
//! | 6200.. | [`OracleError`](crate::oracle::error::OracleError) |
//! | 6300.. | [`TradingError`](crate::trading::error::TradingError) |

/// Declares an error enum with its codes and texts.
macro_rules! program_error {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $text:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[repr(u32)]
        pub enum $name {
            $($(#[$variant_doc])* #[doc = $text] #[error($text)] $variant = $code,)*
        }

        impl $name {
            /// Every error of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the code that the program returns.
            #[must_use]
            pub const fn code(self) -> u32 {
                self as u32
            }

            /// Returns the name of the variant.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }
        }

        impl From<$name> for solana_program::program_error::ProgramError {
            #[cold]
            fn from(error: $name) -> Self {
                Self::Custom(error as u32)
            }
        }
    };
}
pub(crate) use program_error;

program_error! {
    /// Why an account is refused, in any program.
    pub enum AccountError {
        Missing = 5000, "the account does not exist: create it first";
        WrongOwner = 5001, "the account belongs to another program: pass the one the documentation names";
        WrongLength = 5002, "the account's length is not that of its kind: pass the one the documentation names";
        WrongKind = 5003, "the account is of another kind: check the order of the accounts";
        // 5
        WrongVersion = 5004, "the account's layout version is unknown: use a matching release";
        Malformed = 5005, "a field of the account holds no valid value";
        WrongAddress = 5006, "the account is not the one that belongs here: derive it with the sdk";
        NotWritable = 5007, "the account must be writable: build the instruction with the sdk";
        WrongDepartment = 5008, "the account belongs to another department";
        // 10
        AlreadyExists = 5009, "the account exists already: it can be created only once";
        NotUpgradeAuthority = 5010, "only the program's upgrade authority may initialise a department";
        Overflow = 5011, "a sum exceeds its range";
        NotDepartmentAuthority = 5012, "only the department's authority may do this";
        TrailingAccounts = 5013, "the instruction takes fewer accounts: build it with the sdk";
        // 15
        MalformedInstruction = 5014, "the instruction's data is truncated, too long or of no known kind";
    }
}

/// An error code with its enum, name and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// The name of the enum, like `OracleError`.
    pub group: &'static str,
    /// The name of the variant, like `StaleReading`.
    pub name: &'static str,
    /// The code that the program returns.
    pub code: u32,
}

/// Finds the error of a custom code that a program returned, and its text; `None` for a code of no error of ours.
#[must_use]
pub fn describe(code: u32) -> Option<(Described, String)> {
    macro_rules! search {
        ($($type:ty),*) => {$(
            if let Some(error) = <$type>::ALL.iter().find(|error| error.code() == code) {
                let group = core::any::type_name::<$type>().rsplit("::").next().unwrap_or_default();
                return Some((Described { group, name: error.name(), code }, error.to_string()));
            }
        )*};
    }
    search!(
        AccountError,
        crate::registry::error::RegistryError,
        crate::token::error::TokenError,
        crate::oracle::error::OracleError,
        crate::trading::error::TradingError
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_disjoint_and_described() {
        let mut found = 0;
        for code in 0..10_000 {
            if let Some((described, text)) = describe(code) {
                assert_eq!(described.code, code);
                assert!(text.len() > 15, "{text}");
                found += 1;
            }
        }
        let all = AccountError::ALL.len()
            + crate::registry::error::RegistryError::ALL.len()
            + crate::token::error::TokenError::ALL.len()
            + crate::oracle::error::OracleError::ALL.len()
            + crate::trading::error::TradingError::ALL.len();
        assert_eq!(found, all, "two errors share a code");
        assert_eq!(describe(5001).unwrap().0.group, "AccountError");
    }
}
