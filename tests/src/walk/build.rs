//! Actions as transactions.

use {
    super::{
        PEOPLE,
        op::{Entry, Fault, Flaw, Foreign, Op, Person, Signing},
        own_founding,
    },
    crate::campus::{Campus, LIMITS},
    campus_energy_department::sign_reading,
    campus_energy_sdk::{
        ASSOCIATED_TOKEN, SPL_TOKEN, SYSTEM_PROGRAM,
        deployment::Addresses,
        identity::MeterId,
        ledger::{
            Embedded,
            transaction::{MAX_COMPUTE_UNITS, compute_unit_limit},
        },
        oracle::{
            self,
            instruction::{MeterAccounts, submit_readings, submit_signed_readings},
            readings::PlainReading,
            state::Limits,
        },
        reading::{Quality, Reading},
        registry::{
            self,
            instruction::Counted,
            state::{Role, Zone},
        },
        token::{self, state::MintMode},
        trading::{
            instruction as build,
            state::{Asset, Capacity, Terms},
            tariffs::Tariffs,
        },
        units::{Energy, Price},
    },
    ed25519_dalek::SigningKey,
    solana_keypair::Keypair,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        pubkey::Pubkey,
    },
    solana_signer::Signer,
    spl_token_interface::instruction as spl,
};

/// Who and what the walk's transactions are made of.
pub struct World {
    /// The ledger, and the department on it.
    pub campus: Campus<Embedded>,
    /// Everybody's wallet.
    pub people: Vec<Keypair>,
    /// The departments' addresses; the walk's own is the first.
    pub departments: Vec<Addresses>,
    /// Everybody's token accounts.
    pub tokens: Vec<[Pubkey; 2]>,
}

/// A meter's name.
#[must_use]
pub fn meter_id(number: usize, foreign: bool) -> MeterId {
    let prefix = if foreign { "XYZ" } else { "ENG" };
    format!("{prefix}_{number:03}").parse().expect("a meter id")
}

impl World {
    /// Somebody's address.
    #[must_use]
    pub fn key(&self, person: Person) -> Pubkey {
        self.people[person].pubkey()
    }

    /// The addresses of a department; derived where it is new.
    pub fn department(&mut self, number: usize) -> Addresses {
        while self.departments.len() <= number {
            let prefix = format!("D{}_", self.departments.len()).parse().expect("a prefix");
            self.departments.push(Addresses::derive(self.departments[0].programs, prefix));
        }
        self.departments[number]
    }

    /// The key of a number, that meters sign with.
    #[must_use]
    pub fn meter_key(&self, number: usize) -> SigningKey {
        self.campus.keys.meter(number)
    }

    /// Somebody's token account.
    #[must_use]
    pub fn tokens(&self, person: Person, asset: Asset) -> Pubkey {
        self.tokens[person][super::market::at(asset)]
    }

    /// The address of a token account of a mint.
    #[must_use]
    pub fn associated(wallet: &Pubkey, mint: &Pubkey) -> Pubkey {
        Pubkey::find_program_address(&[wallet.as_ref(), SPL_TOKEN.as_ref(), mint.as_ref()], &ASSOCIATED_TOKEN).0
    }

    /// The instructions of an action with its fault, and who signs.
    ///
    /// # Panics
    /// For an action that is no transaction.
    #[must_use]
    pub fn transaction(&mut self, op: &Op, fault: Fault, meters: &[super::model::Meter]) -> (Vec<Instruction>, Person) {
        let by = op.by().expect("somebody sends it");
        let mut all = self.instructions(op, meters);
        let mut payer = by;
        let replacement = match fault {
            Fault::Replaced(_, foreign) => Some(self.foreign(foreign, meters)),
            _ => None,
        };
        let last = all.last_mut().expect("an instruction");
        match fault {
            Fault::None => {}
            Fault::Unsigned => {
                let signer = self.people[by].pubkey();
                for meta in last.accounts.iter_mut().filter(|meta| meta.pubkey == signer) {
                    meta.is_signer = false;
                }
                payer = (by + 1) % PEOPLE;
            }
            Fault::ReadOnly(index) => last.accounts[index].is_writable = false,
            Fault::Replaced(index, _) => last.accounts[index].pubkey = replacement.expect("a replacement"),
            Fault::Trailing => last.data.push(0),
            Fault::Truncated => {
                last.data.pop();
            }
            Fault::UnknownTag => last.data = vec![200],
            Fault::Extra => last.accounts.push(AccountMeta::new_readonly(SYSTEM_PROGRAM, false)),
            Fault::Missing => {
                last.accounts.pop();
            }
        }
        (all, payer)
    }

    fn foreign(&mut self, foreign: Foreign, meters: &[super::model::Meter]) -> Pubkey {
        match foreign {
            Foreign::Nothing => self.campus.keys.wallet("nothing", 0).pubkey(),
            Foreign::Wallet(person) => self.key(person),
            Foreign::Tokens(person, asset) => self.tokens(person, asset),
            Foreign::Vault(asset) => *self.departments[0].vault(asset),
            Foreign::Participant(department, person) => {
                let key = self.key(person);
                self.department(department).participant(&key)
            }
            Foreign::Department(number) => self.department(number).department,
            Foreign::Market(number) => self.department(number).market,
            Foreign::Book(number) => self.department(number).book,
            Foreign::TokenConfig(number) => self.department(number).token_config,
            Foreign::Meter(index) => self.departments[0].meter(&meter_id(meters[index].number, false)),
        }
    }

    #[allow(clippy::too_many_lines)] // one arm for each action
    fn instructions(&mut self, op: &Op, meters: &[super::model::Meter]) -> Vec<Instruction> {
        let own = self.departments[0];
        let by = self.key(op.by().expect("somebody"));
        let key = |person: Person| self.people[person].pubkey();
        let nobody = Pubkey::default();
        let id = |meter: usize| meter_id(meters[meter].number, false);
        vec![match *op {
            Op::Time { .. } => unreachable!("no transaction"),
            Op::Submit { timestamp, ref entries, signing, .. } => {
                return self.submission(&by, timestamp, entries, signing, meters);
            }
            Op::Configure { limits, require_signatures, .. } => {
                oracle::instruction::configure(&own, &by, limits, require_signatures)
            }
            Op::ProposeSubmitter { whom, .. } => {
                oracle::instruction::propose_authority(&own, &by, &whom.map_or(nobody, key))
            }
            Op::AcceptSubmitter { .. } => oracle::instruction::accept_authority(&own, &by),
            Op::RegisterParticipant { department, whom, .. } => {
                let whom = key(whom);
                registry::instruction::register_participant(&self.department(department), &by, &whom, Role::Graduate)
            }
            Op::RegisterMeter { number, foreign, owner, limit, .. } => {
                let signing_key = Pubkey::new_from_array(self.meter_key(number).verifying_key().to_bytes());
                let zones =
                    [Zone::CLASSROOM, Zone::LABORATORY, Zone::FACULTY_OFFICE, Zone(*b"2nd_floor\0\0\0\0\0\0\0")];
                let (id, zone) = (meter_id(number, foreign), zones[number % zones.len()]);
                registry::instruction::register_meter(&own, &by, &key(owner), id, zone, &signing_key, limit)
            }
            Op::SetMeterStatus { meter, status, .. } => {
                registry::instruction::set_meter_status(&own, &by, &id(meter), status)
            }
            Op::RotateMeterKey { meter, key, .. } => {
                let key = Pubkey::new_from_array(self.meter_key(key).verifying_key().to_bytes());
                registry::instruction::rotate_meter_key(&own, &by, &id(meter), &key)
            }
            Op::SetMeterLimit { meter, limit, .. } => {
                registry::instruction::set_meter_limit(&own, &by, &id(meter), limit)
            }
            Op::ProposeAuthority { whom, .. } => {
                registry::instruction::propose_authority(&own, &by, &whom.map_or(nobody, key))
            }
            Op::AcceptAuthority { .. } => registry::instruction::accept_authority(&own, &by),
            Op::PauseRegistry { paused, .. } => registry::instruction::set_paused(&own, &by, paused),
            Op::Retire { energy, timestamp, .. } => token::instruction::retire(&own, &by, Energy(energy), timestamp),
            Op::PauseToken { paused, .. } => token::instruction::set_paused(&own, &by, paused),
            Op::SetMintMode { batch, .. } => {
                let mode = if batch { MintMode::Batch } else { MintMode::Plain };
                token::instruction::set_mint_mode(&own, &by, mode)
            }
            Op::ClaimSeat { .. } => build::claim_seat(&own, &by),
            Op::Deposit { by: person, seat, asset, amount } => {
                build::deposit(&own, &by, seat, asset, &self.tokens(person, asset), amount)
            }
            Op::Withdraw { seat, asset, amount, to, .. } => {
                build::withdraw(&own, &by, seat, asset, &self.tokens(to, asset), amount)
            }
            Op::Place { seat, direction, price, energy, expires, .. } => {
                build::place_order(&own, &by, seat, direction, Price(price), Energy(energy), expires)
            }
            Op::Cancel { seat, direction, price, order, .. } => {
                build::cancel_order(&own, &by, seat, direction, Price(price), order)
            }
            Op::Clear { orders, .. } => {
                return vec![compute_unit_limit(MAX_COMPUTE_UNITS), build::clear(&own, orders)];
            }
            Op::PauseMarket { paused, .. } => build::set_paused(&own, &by, paused),
            Op::Grow { department, .. } => build::grow(&self.department(department), &by),
            Op::Found { department, stage, flaw, .. } => {
                let addresses = self.department(department);
                self.initialisation(&addresses, &by, stage, flaw)
            }
            Op::RecordDirectly { .. } => {
                let (meter, counted) = (own.meter(&id(0)), [Counted { generated: 5_000, consumed: 0 }]);
                let timestamp = 1_730_448_000;
                let program = &own.programs.registry;
                registry::instruction::record_readings(
                    program,
                    &by,
                    &own.department,
                    [meter].iter(),
                    timestamp,
                    &counted,
                )
            }
            Op::MintDirectly { by: person, ref surplus } => {
                let to = vec![self.tokens(person, Asset::Energy); surplus.len()];
                let (config, mint) = (&own.token_config, &own.energy_mint);
                token::instruction::mint_for_surplus(&own.programs.token, &by, config, mint, to.iter(), surplus)
            }
            Op::UpdateMarketDirectly { timestamp, .. } => {
                let (supply, demand) = (Energy(1_000), Energy(2_000));
                build::update_market_data(&own.programs.trading, &by, &own.market, timestamp, supply, demand)
            }
            Op::Burn { by: person, amount } => {
                spl::burn(&SPL_TOKEN, &self.tokens(person, Asset::Energy), &own.energy_mint, &by, &[], amount)
                    .expect("an instruction")
            }
            Op::Transfer { by: person, asset, amount, to } => {
                let (from, to) = (self.tokens(person, asset), self.tokens(to, asset));
                spl::transfer(&SPL_TOKEN, &from, &to, &by, &[], amount).expect("an instruction")
            }
            Op::Gift { by: person, asset, amount } => {
                let from = self.tokens(person, asset);
                spl::transfer(&SPL_TOKEN, &from, own.vault(asset), &by, &[], amount).expect("an instruction")
            }
            Op::Lamports { place, .. } => {
                let receipt = |timestamp| {
                    token::address::retirement(&own.programs.token, &own.token_config, &key(place % PEOPLE), timestamp)
                        .0
                };
                let places = [
                    own.department,
                    own.market,
                    own.book,
                    own.energy_vault,
                    own.oracle,
                    receipt(1_730_448_000 + 900 * i64::try_from(place).unwrap_or(0)),
                    own.participant(&key(place % PEOPLE)),
                    own.meter(&meter_id(place % 90, false)),
                ];
                solana_system_interface::instruction::transfer(&by, &places[place % places.len()], 1_000_000)
            }
        }]
    }

    fn initialisation(&self, own: &Addresses, by: &Pubkey, stage: usize, flaw: Flaw) -> Instruction {
        let authority = if flaw == Flaw::Nobody { Pubkey::default() } else { *by };
        match stage {
            0 => {
                let mut instruction = registry::instruction::initialize(own, by, &authority, [0; 32]);
                if flaw == Flaw::Terms {
                    // The prefix begins behind the instruction's kind.
                    instruction.data[1..17].copy_from_slice(&[b'!'; 16]);
                }
                instruction
            }
            1 => token::instruction::initialize(own, by, MintMode::Batch),
            2 => {
                let plan = own_founding(0).market;
                let feed_in = if flaw == Flaw::Terms { Price(0) } else { plan.tariffs.feed_in };
                let tariffs = Tariffs { feed_in, ..plan.tariffs };
                let capacity =
                    if flaw == Flaw::Nobody { Capacity { orders: 0, seats: 9 } } else { super::OTHER_CAPACITY };
                let fee = if flaw == Flaw::Fee { 1_001 } else { 0 };
                let terms = Terms { minimum_lot: 1, orders_per_seat: 1, fee, treasury: 0 };
                build::initialize(own, by, &self.campus.department.quote_mint, tariffs, capacity, terms)
            }
            _ => {
                let max_skew = if flaw == Flaw::Terms { 900 } else { LIMITS.max_skew };
                oracle::instruction::initialize(own, by, &authority, Limits { max_skew, ..LIMITS }, false)
            }
        }
    }

    fn submission(
        &mut self,
        by: &Pubkey,
        timestamp: i64,
        entries: &[Entry],
        signing: Signing,
        meters: &[super::model::Meter],
    ) -> Vec<Instruction> {
        let own = self.departments[0];
        let accounts = |entry: &Entry| {
            let meter = own.meter(&meter_id(meters[entry.meter].number, false));
            MeterAccounts { meter, token_account: self.tokens(meters[entry.meter].owner, Asset::Energy) }
        };
        let accounts: Vec<_> = entries.iter().map(accounts).collect();
        let quality = |entry: &Entry| if entry.estimated { Quality::Estimated } else { Quality::Measured };
        if signing == Signing::Plain {
            let plain = |entry: &Entry| PlainReading {
                generated: entry.generated,
                consumed: entry.consumed,
                quality: quality(entry),
            };
            let readings = entries.iter().map(plain).collect();
            return vec![submit_readings(&own, by, &accounts, timestamp, readings)];
        }
        let signed = |entry: &Entry| {
            let meter = &meters[entry.meter];
            let mut deployment = self.campus.department.deployment;
            deployment[0] ^= u8::from(signing == Signing::OtherDeployment);
            let number = meter.number + usize::from(signing == Signing::OtherMeter);
            let reading = Reading {
                deployment,
                meter: meter_id(number, false),
                timestamp,
                generated: entry.generated,
                consumed: entry.consumed,
                key_epoch: meter.epoch + u32::from(signing == Signing::OtherEpoch),
                quality: quality(entry),
            };
            let key = self.meter_key(meter.key + 7 * usize::from(signing == Signing::OtherKey));
            let mut signed = sign_reading(&key, &reading);
            signed.signature[7] ^= u8::from(signing == Signing::Forged);
            signed
        };
        let readings = entries.iter().map(signed).collect();
        let [verification, submission] = submit_signed_readings(&own, by, &accounts, timestamp, readings, 1);
        if signing == Signing::Unverified { vec![submission] } else { vec![verification, submission] }
    }
}
