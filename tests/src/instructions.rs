//! The four programs' instructions by name. A new one does not compile here until it has its name, and then the tests that go through
//! all of them ask for its case.

use campus_energy_sdk::{
    oracle::instruction::OracleInstruction, registry::instruction::RegistryInstruction,
    token::instruction::TokenInstruction, trading::instruction::TradingInstruction, wire::decode_instruction,
};

macro_rules! instructions {
    ($($program:literal, $enum:ident: $($variant:ident),+;)+) => {
        /// Program and variant of every instruction, with a point between them.
        pub const INSTRUCTIONS: &[&str] = &[$($(concat!($program, ".", stringify!($variant)),)+)+];

        /// The name in [`INSTRUCTIONS`] of an instruction of a program (`registry`, `token`, `oracle`, `trading`); none where the data is
        /// no instruction.
        #[must_use]
        pub fn instruction_name(program: &str, data: &[u8]) -> Option<&'static str> {
            match program {
                $($program => Some(match decode_instruction::<$enum>(data).ok()? {
                    $($enum::$variant { .. } => concat!($program, ".", stringify!($variant)),)+
                }),)+
                _ => None,
            }
        }
    };
}

instructions! {
    "registry", RegistryInstruction: Initialize, RegisterParticipant, RegisterMeter, SetMeterStatus, RotateMeterKey, ProposeAuthority,
        AcceptAuthority, SetPaused, RecordReadings, SetMeterLimit;
    "token", TokenInstruction: Initialize, MintForSurplus, Retire, SetPaused, SetMintMode;
    "oracle", OracleInstruction: Initialize, SubmitReadings, Configure, ProposeAuthority, AcceptAuthority;
    "trading", TradingInstruction: Initialize, UpdateMarketData, Grow, ClaimSeat, Deposit, PlaceOrder, CancelOrder, Clear, Withdraw,
        SetPaused;
}
