//! What can be wrong with how a transaction is sent, and what the programs must say to it.

use {
    super::{
        actors::Actors,
        model::Model,
        op::{Fault, Foreign, Op, Signing},
    },
    campus_energy_sdk::trading::state::Asset,
    rand::seq::IndexedRandom,
};

/// The errors that fit a fault, any of them; none where it changes nothing.
#[must_use]
pub fn reasons(op: &Op, fault: Fault, model: &Model) -> Vec<&'static str> {
    match fault {
        Fault::None => Vec::new(),
        // Anybody may clear: nobody has to sign for it.
        Fault::Unsigned if matches!(op, Op::Clear { .. }) => Vec::new(),
        Fault::Unsigned => vec!["MissingRequiredSignature"],
        Fault::ReadOnly(_) => vec!["Account.NotWritable"],
        Fault::Trailing => vec!["Account.MalformedInstruction"],
        // The runtime verifies the readings' signatures first, and they are not there.
        Fault::Truncated | Fault::UnknownTag => vec!["Account.MalformedInstruction", "precompile"],
        Fault::Extra => match op {
            Op::Submit { signing: Signing::Plain | Signing::Unverified, .. } => {
                vec!["Oracle.AccountCount", "Account.WrongAddress"]
            }
            Op::Submit { .. } => vec!["Account.WrongAddress"],
            Op::RecordDirectly { .. } => vec!["Registry.NotOracle"],
            Op::MintDirectly { .. } => vec!["Token.RecipientCount"],
            _ => vec!["Account.TrailingAccounts"],
        },
        Fault::Missing => match op {
            Op::Submit { .. } => vec!["Oracle.AccountCount", "Account.WrongAddress", "NotEnoughAccountKeys"],
            Op::RecordDirectly { .. } => vec!["Registry.NotOracle"],
            Op::MintDirectly { surplus, .. } if !surplus.is_empty() => vec!["Token.RecipientCount"],
            _ => vec!["NotEnoughAccountKeys"],
        },
        Fault::Replaced(index, foreign) => replaced(op, index, foreign, model),
    }
}

fn replaced(op: &Op, index: usize, foreign: Foreign, model: &Model) -> Vec<&'static str> {
    let stage = |department: usize| model.departments[department].stage;
    let is_in = |department: usize, person: usize| model.departments[department].participants.contains(&person);
    match (op, index, foreign) {
        // A market in the place of a book is long enough for one.
        (Op::Place { .. } | Op::Cancel { .. } | Op::Clear { .. } | Op::Deposit { .. }, 1, Foreign::Market(other))
        | (Op::Withdraw { .. } | Op::ClaimSeat { .. }, 2, Foreign::Market(other)) => {
            vec![if stage(other) < 3 { "Account.Missing" } else { "Account.WrongKind" }]
        }
        (_, _, Foreign::Book(0) | Foreign::Department(0) | Foreign::Market(0) | Foreign::TokenConfig(0)) => Vec::new(),
        (Op::Submit { .. }, _, Foreign::Department(_) | Foreign::Market(_)) => vec!["Account.WrongAddress"],
        (Op::Submit { .. }, _, Foreign::Participant(..)) => vec!["Account.WrongLength"],
        (Op::Submit { entries, .. }, _, Foreign::Meter(meter)) => {
            if entries[0].meter == meter {
                Vec::new()
            } else {
                vec!["Oracle.WrongMeter"]
            }
        }
        (Op::Submit { entries, .. }, _, Foreign::Tokens(person, _)) => {
            let first = entries.iter().find(|entry| entry.generated > entry.consumed);
            let is_right = first.is_some_and(|entry| model.meters[entry.meter].owner == person);
            if is_right { Vec::new() } else { vec!["Oracle.WrongTokenAccount"] }
        }

        // Books.
        (Op::Place { .. } | Op::Cancel { .. } | Op::Clear { .. }, 1, Foreign::Tokens(..)) => vec!["Account.WrongOwner"],
        (Op::Deposit { .. }, 1, Foreign::Tokens(..)) => vec!["Account.WrongOwner"],
        (Op::Withdraw { .. } | Op::ClaimSeat { .. }, 2, Foreign::Tokens(..)) => vec!["Account.WrongOwner"],
        (_, _, Foreign::Nothing) => vec!["Account.Missing"],
        (_, _, Foreign::Book(other)) if stage(other) < 3 => vec!["Account.Missing"],
        (Op::ClaimSeat { .. }, _, Foreign::Book(_)) => vec!["Account.WrongDepartment"],
        (_, _, Foreign::Book(other)) if model.departments[other].book < model.whole_book(other) => {
            vec!["Trading.NotGrown"]
        }
        (Op::Deposit { .. }, _, Foreign::Book(_)) => vec!["Trading.WrongVault"],
        (Op::Withdraw { .. } | Op::Clear { .. }, _, Foreign::Book(_)) => vec!["Account.WrongDepartment"],
        // Nobody has a seat there, whatever else is wrong.
        (_, _, Foreign::Book(_)) => vec!["Trading.UnknownSeat", "Trading.ClearingDue", "Trading.OrderExpired"],
        (_, _, Foreign::Market(other)) if stage(other) < 3 => vec!["Account.Missing"],
        (_, _, Foreign::Market(_)) => vec!["Account.WrongDepartment"],

        // Token accounts and vaults.
        (Op::Deposit { .. }, 3, _) | (Op::Withdraw { .. }, 4, _) => vec!["Trading.WrongVault"],
        (Op::Deposit { .. }, 2, Foreign::Wallet(_)) => vec!["Trading.WrongTokenAccount"],
        (Op::Deposit { by, asset, .. }, 2, Foreign::Tokens(person, other)) => match (person == *by, other == *asset) {
            (_, false) => vec!["Trading.WrongMint"],
            (false, true) => vec!["Trading.WrongTokenAccount"],
            (true, true) => Vec::new(),
        },
        (Op::Withdraw { asset, .. }, 3, Foreign::Vault(other)) if other == *asset => vec!["Trading.WrongTokenAccount"],
        (Op::Withdraw { .. }, 3, _) => vec!["Trading.WrongMint"],

        // Participants.
        (Op::ClaimSeat { by }, _, Foreign::Participant(other, person)) => match (other, is_in(other, person)) {
            (_, false) => vec!["Account.Missing"],
            (0, true) if person == *by => Vec::new(),
            (0, true) => vec!["Trading.NotParticipant"],
            (_, true) => vec!["Account.WrongDepartment"],
        },
        (Op::RegisterMeter { owner, .. }, _, Foreign::Participant(other, person)) => {
            match (other, is_in(other, person)) {
                (_, false) => vec!["Account.Missing"],
                (0, true) if person == *owner => Vec::new(),
                (0, true) => vec!["Registry.WrongTokenAccount"],
                (_, true) => vec!["Registry.NotParticipant"],
            }
        }
        (Op::RegisterMeter { owner, .. }, _, Foreign::Tokens(person, asset)) => {
            if person == *owner && asset == Asset::Energy { Vec::new() } else { vec!["Registry.WrongTokenAccount"] }
        }
        (_, _, Foreign::Participant(other, person)) => {
            vec![if is_in(other, person) { "Account.WrongLength" } else { "Account.Missing" }]
        }

        // Departments and tokens.
        (Op::PauseMarket { .. } | Op::PauseToken { .. } | Op::SetMintMode { .. } | Op::Configure { .. }, _, _) => {
            vec!["Account.WrongDepartment"]
        }
        (_, _, Foreign::Department(other)) if stage(other) == 0 => vec!["Account.Missing"],
        (_, _, Foreign::Department(_)) => vec!["Account.WrongDepartment", "Account.NotDepartmentAuthority"],
        (_, _, Foreign::TokenConfig(other)) if stage(other) < 2 => vec!["Account.Missing"],
        (_, _, Foreign::TokenConfig(_)) => vec!["Account.WrongAddress"],
        (Op::Retire { by, .. }, _, Foreign::Tokens(person, asset)) => {
            if person == *by && asset == Asset::Energy {
                Vec::new()
            } else {
                vec!["Token.WrongTokenAccount"]
            }
        }
        _ => unreachable!("no actor does {op:?} with {foreign:?} at {index}"),
    }
}

impl Actors {
    /// Something wrong with how an action is sent.
    pub(super) fn fault(&mut self, op: &Op, model: &Model) -> Fault {
        let other = self.below(model.departments.len());
        let person = self.anybody();
        let asset = self.asset();
        let of_book = |actors: &mut Self, index| match actors.below(5) {
            0 => Fault::ReadOnly(index),
            1 => Fault::Replaced(index, Foreign::Market(other)),
            2 => Fault::Replaced(index, Foreign::Nothing),
            3 => Fault::Replaced(index, Foreign::Tokens(person, asset)),
            _ => Fault::Replaced(index, Foreign::Book(other)),
        };
        let special = match op {
            Op::Submit { entries, signing, .. } => match self.below(6) {
                0 => Fault::Replaced(3, Foreign::Department(other)),
                1 => Fault::Replaced(10, Foreign::Market(other)),
                2 if !entries.is_empty() => Fault::Replaced(11, Foreign::Participant(0, 0)),
                3 if !entries.is_empty() && *signing == Signing::Signed => {
                    Fault::Replaced(11, Foreign::Meter(self.below(model.meters.len())))
                }
                4 if entries.iter().any(|entry| entry.generated > entry.consumed) => {
                    Fault::Replaced(11 + entries.len(), Foreign::Tokens(person, Asset::Energy))
                }
                _ => *[Fault::Extra, Fault::Missing].choose(&mut self.rng).unwrap_or(&Fault::Extra),
            },
            Op::Deposit { .. } => match self.below(4) {
                0 => of_book(self, 1),
                1 => Fault::Replaced(2, Foreign::Tokens(person, asset)),
                2 => Fault::Replaced(3, Foreign::Tokens(person, asset)),
                _ => Fault::Replaced(2, Foreign::Wallet(person)),
            },
            Op::Withdraw { asset: wanted, .. } => match self.below(5) {
                0 => of_book(self, 2),
                1 => Fault::Replaced(1, Foreign::Market(other)),
                2 => Fault::Replaced(3, Foreign::Vault(asset)),
                3 => {
                    let other = if *wanted == Asset::Energy { Asset::Quote } else { Asset::Energy };
                    Fault::Replaced(3, Foreign::Tokens(person, other))
                }
                _ => Fault::Replaced(4, Foreign::Tokens(person, asset)),
            },
            Op::Place { .. } | Op::Cancel { .. } => of_book(self, 1),
            Op::Clear { .. } => match self.below(2) {
                0 => Fault::Replaced(0, Foreign::Market(other)),
                _ => of_book(self, 1),
            },
            Op::ClaimSeat { .. } => match self.below(2) {
                0 => Fault::Replaced(1, Foreign::Participant(other, person)),
                _ => of_book(self, 2),
            },
            Op::Retire { .. } => match self.below(3) {
                0 => Fault::Replaced(1, Foreign::TokenConfig(other)),
                1 => Fault::Replaced(3, Foreign::Tokens(person, asset)),
                _ => Fault::ReadOnly(1),
            },
            Op::RegisterMeter { .. } => match self.below(2) {
                0 => Fault::Replaced(3, Foreign::Participant(other, person)),
                _ => Fault::Replaced(4, Foreign::Tokens(person, asset)),
            },
            Op::SetMeterStatus { .. } | Op::RotateMeterKey { .. } | Op::SetMeterLimit { .. } => match self.below(3) {
                0 => Fault::ReadOnly(2),
                1 => Fault::Replaced(2, Foreign::Participant(other, person)),
                _ => Fault::Replaced(1, Foreign::Department(other)),
            },
            Op::PauseMarket { .. } | Op::PauseToken { .. } | Op::SetMintMode { .. } | Op::Configure { .. } => {
                Fault::Replaced(1, Foreign::Department(other))
            }
            _ => Fault::Trailing,
        };
        let is_ours = !op.instructions().is_empty();
        match self.below(12) {
            0 => Fault::Unsigned,
            1 if is_ours => Fault::Trailing,
            2 if is_ours => Fault::Truncated,
            3 if is_ours => Fault::UnknownTag,
            4 if is_ours => Fault::Extra,
            5 if is_ours => Fault::Missing,
            _ if is_ours => special,
            _ => Fault::Unsigned,
        }
    }
}
