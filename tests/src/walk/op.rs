//! What an actor tries, and what is wrong with how it is sent.

use campus_energy_sdk::{
    matching::Direction, oracle::state::Limits, registry::state::MeterStatus, trading::state::Asset,
};

/// Somebody, by number: see [`super::people`].
pub type Person = usize;

/// A reading of a meter, by the meter's number.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The meter.
    pub meter: usize,
    /// Energy generated, Wh.
    pub generated: u32,
    /// Energy consumed, Wh.
    pub consumed: u32,
    /// Whether it is an estimate.
    pub estimated: bool,
}

/// How a batch of readings is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// Not at all.
    Plain,
    /// Each by its meter's present key.
    Signed,
    /// With another key than the meter's.
    OtherKey,
    /// With the right key, which claims another epoch.
    OtherEpoch,
    /// For another department or chain.
    OtherDeployment,
    /// In another meter's name.
    OtherMeter,
    /// With a signature of other bytes.
    Forged,
    /// Right, but the transaction has no verification of the signatures.
    Unverified,
}

/// What is wrong with a department that is being founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Its prefix, its tariffs, or its oracle's limits.
    Terms,
    /// Its authority is nobody, or its book has no place.
    Nobody,
    /// Its fee is too high.
    Fee,
}

/// An action. `by` signs and pays.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Time {
        seconds: i64,
    },
    Submit {
        by: Person,
        timestamp: i64,
        entries: Vec<Entry>,
        signing: Signing,
    },
    Configure {
        by: Person,
        limits: Limits,
        require_signatures: bool,
    },
    ProposeSubmitter {
        by: Person,
        whom: Option<Person>,
    },
    AcceptSubmitter {
        by: Person,
    },
    RegisterParticipant {
        by: Person,
        department: usize,
        whom: Person,
    },
    RegisterMeter {
        by: Person,
        number: usize,
        foreign: bool,
        owner: Person,
        limit: u32,
    },
    SetMeterStatus {
        by: Person,
        meter: usize,
        status: MeterStatus,
    },
    RotateMeterKey {
        by: Person,
        meter: usize,
        key: usize,
    },
    SetMeterLimit {
        by: Person,
        meter: usize,
        limit: u32,
    },
    ProposeAuthority {
        by: Person,
        whom: Option<Person>,
    },
    AcceptAuthority {
        by: Person,
    },
    PauseRegistry {
        by: Person,
        paused: bool,
    },
    Retire {
        by: Person,
        energy: u64,
        timestamp: i64,
    },
    PauseToken {
        by: Person,
        paused: bool,
    },
    SetMintMode {
        by: Person,
        batch: bool,
    },
    ClaimSeat {
        by: Person,
    },
    Deposit {
        by: Person,
        seat: u16,
        asset: Asset,
        amount: u64,
    },
    Withdraw {
        by: Person,
        seat: u16,
        asset: Asset,
        amount: u64,
        to: Person,
    },
    Place {
        by: Person,
        seat: u16,
        direction: Direction,
        price: u64,
        energy: u64,
        expires: i64,
    },
    Cancel {
        by: Person,
        seat: u16,
        direction: Direction,
        price: u64,
        order: u32,
    },
    Clear {
        by: Person,
        orders: u16,
    },
    PauseMarket {
        by: Person,
        paused: bool,
    },
    /// Makes a department's book longer; 0 is the walk's own.
    Grow {
        by: Person,
        department: usize,
    },
    /// Initialises the next program's accounts of a department, or once more those that are there.
    Found {
        by: Person,
        department: usize,
        stage: usize,
        flaw: Flaw,
    },
    RecordDirectly {
        by: Person,
    },
    MintDirectly {
        by: Person,
        surplus: Vec<u32>,
    },
    UpdateMarketDirectly {
        by: Person,
        timestamp: i64,
    },
    Burn {
        by: Person,
        amount: u64,
    },
    Transfer {
        by: Person,
        asset: Asset,
        amount: u64,
        to: Person,
    },
    /// A transfer to a vault that is no deposit.
    Gift {
        by: Person,
        asset: Asset,
        amount: u64,
    },
    /// Lamports to an account of the programs, or where one could come to be.
    Lamports {
        by: Person,
        place: usize,
    },
}

/// What is wrong with the transaction, besides what its action says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The signer does not sign; somebody else pays.
    Unsigned,
    /// An account that is written is passed as read-only.
    ReadOnly(usize),
    /// An account is replaced.
    Replaced(usize, Foreign),
    /// A byte follows the data.
    Trailing,
    /// The last byte of the data is missing.
    Truncated,
    /// The data are of no known instruction.
    UnknownTag,
    /// An account follows the others.
    Extra,
    /// The last account is missing.
    Missing,
}

/// What an account is replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// An address where nothing is.
    Nothing,
    /// Somebody's wallet.
    Wallet(Person),
    /// Somebody's token account.
    Tokens(Person, Asset),
    /// A vault of the walk's own market.
    Vault(Asset),
    /// The account of somebody's participation in a department.
    Participant(usize, Person),
    /// A department's Department.
    Department(usize),
    /// A department's Market.
    Market(usize),
    /// A department's Book.
    Book(usize),
    /// A department's TokenConfig.
    TokenConfig(usize),
    /// A meter of the walk's own department.
    Meter(usize),
}

impl Op {
    /// The instructions of the four programs that it calls, directly and by CPI; none for the clock and other programs.
    #[must_use]
    pub fn instructions(&self) -> Vec<&'static str> {
        vec![match self {
            Self::Submit { entries, .. } => {
                let mut all = vec!["oracle.SubmitReadings", "registry.RecordReadings", "trading.UpdateMarketData"];
                if entries.iter().any(|entry| entry.generated > entry.consumed) {
                    all.push("token.MintForSurplus");
                }
                return all;
            }
            Self::Configure { .. } => "oracle.Configure",
            Self::ProposeSubmitter { .. } => "oracle.ProposeAuthority",
            Self::AcceptSubmitter { .. } => "oracle.AcceptAuthority",
            Self::RegisterParticipant { .. } => "registry.RegisterParticipant",
            Self::RegisterMeter { .. } => "registry.RegisterMeter",
            Self::SetMeterStatus { .. } => "registry.SetMeterStatus",
            Self::RotateMeterKey { .. } => "registry.RotateMeterKey",
            Self::SetMeterLimit { .. } => "registry.SetMeterLimit",
            Self::ProposeAuthority { .. } => "registry.ProposeAuthority",
            Self::AcceptAuthority { .. } => "registry.AcceptAuthority",
            Self::PauseRegistry { .. } => "registry.SetPaused",
            Self::Retire { .. } => "token.Retire",
            Self::PauseToken { .. } => "token.SetPaused",
            Self::SetMintMode { .. } => "token.SetMintMode",
            Self::ClaimSeat { .. } => "trading.ClaimSeat",
            Self::Deposit { .. } => "trading.Deposit",
            Self::Withdraw { .. } => "trading.Withdraw",
            Self::Place { .. } => "trading.PlaceOrder",
            Self::Cancel { .. } => "trading.CancelOrder",
            Self::Clear { .. } => "trading.Clear",
            Self::PauseMarket { .. } => "trading.SetPaused",
            Self::Grow { .. } => "trading.Grow",
            Self::Found { stage, .. } => {
                ["registry.Initialize", "token.Initialize", "trading.Initialize", "oracle.Initialize"][*stage]
            }
            Self::RecordDirectly { .. } => "registry.RecordReadings",
            Self::MintDirectly { .. } => "token.MintForSurplus",
            Self::UpdateMarketDirectly { .. } => "trading.UpdateMarketData",
            Self::Time { .. }
            | Self::Burn { .. }
            | Self::Transfer { .. }
            | Self::Gift { .. }
            | Self::Lamports { .. } => {
                return Vec::new();
            }
        }]
    }

    /// Who signs it; nobody moves the clock.
    #[must_use]
    pub fn by(&self) -> Option<Person> {
        match *self {
            Self::Time { .. } => None,
            Self::Submit { by, .. }
            | Self::Configure { by, .. }
            | Self::ProposeSubmitter { by, .. }
            | Self::AcceptSubmitter { by }
            | Self::RegisterParticipant { by, .. }
            | Self::RegisterMeter { by, .. }
            | Self::SetMeterStatus { by, .. }
            | Self::RotateMeterKey { by, .. }
            | Self::SetMeterLimit { by, .. }
            | Self::ProposeAuthority { by, .. }
            | Self::AcceptAuthority { by }
            | Self::PauseRegistry { by, .. }
            | Self::Retire { by, .. }
            | Self::PauseToken { by, .. }
            | Self::SetMintMode { by, .. }
            | Self::ClaimSeat { by }
            | Self::Deposit { by, .. }
            | Self::Withdraw { by, .. }
            | Self::Place { by, .. }
            | Self::Cancel { by, .. }
            | Self::Clear { by, .. }
            | Self::PauseMarket { by, .. }
            | Self::Grow { by, .. }
            | Self::Found { by, .. }
            | Self::RecordDirectly { by }
            | Self::MintDirectly { by, .. }
            | Self::UpdateMarketDirectly { by, .. }
            | Self::Burn { by, .. }
            | Self::Transfer { by, .. }
            | Self::Gift { by, .. }
            | Self::Lamports { by, .. } => Some(by),
        }
    }
}
