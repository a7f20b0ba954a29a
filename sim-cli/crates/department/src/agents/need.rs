//! Who has what to sell and needs what to buy, from the meters.

use campus_energy_sdk::{
    apportion::apportion,
    reading::Metered,
    registry::state::{Role, Zone},
};

/// The participants' relation to the meters. A participant's number is its seat's.
#[derive(Clone, Debug)]
pub struct Needs {
    participants: usize,
    /// Each meter's owner.
    owners: Vec<u16>,
    /// Each zone of the meters, and who buys for it.
    zones: Vec<(Zone, Vec<u16>)>,
    /// Each meter's zone.
    zone_of: Vec<Zone>,
}

impl Needs {
    /// The meters' zones, each meter's owner among the participants, and these by role; and the roles of those who use a zone: its
    /// imports are theirs.
    #[must_use]
    pub fn new(meters: &[Zone], owners: &[usize], roles: &[Role], users: impl Fn(Zone) -> Vec<Role>) -> Self {
        let number = |index: usize| u16::try_from(index).unwrap_or(u16::MAX);
        let mut zones: Vec<(Zone, Vec<u16>)> = Vec::new();
        for meter in meters {
            if !zones.iter().any(|(zone, _)| zone == meter) {
                let users = users(*meter);
                let buys = |(index, role): (usize, &Role)| {
                    (users.contains(role) && !owners.contains(&index)).then(|| number(index))
                };
                zones.push((*meter, roles.iter().enumerate().filter_map(buys).collect()));
            }
        }
        Self {
            participants: roles.len(),
            owners: owners.iter().map(|&owner| number(owner)).collect(),
            zones,
            zone_of: meters.to_vec(),
        }
    }

    /// How many participants there are.
    #[must_use]
    pub fn participants(&self) -> usize {
        self.participants
    }

    /// Seats with a surplus, Wh. Several meters of one owner are one offer.
    #[must_use]
    pub fn surplus(&self, readings: &[Metered]) -> Vec<(u16, u32)> {
        let mut all: Vec<(u16, u32)> = Vec::new();
        for (&owner, reading) in self.owners.iter().zip(readings) {
            let surplus = reading.generated.saturating_sub(reading.consumed);
            match all.iter_mut().find(|(seat, _)| *seat == owner) {
                Some((_, sum)) => *sum = sum.saturating_add(surplus),
                None => all.push((owner, surplus)),
            }
        }
        all.retain(|&(_, energy)| energy > 0);
        all
    }

    /// What each buyer's share of its zones' imports is, Wh: equal shares of each zone's, to the Wh.
    #[must_use]
    pub fn imports(&self, readings: &[Metered]) -> Vec<(u16, u32)> {
        let import = |zone: Zone| -> u32 {
            let of_zone = self.zone_of.iter().zip(readings).filter(|(own, _)| **own == zone);
            of_zone.map(|(_, reading)| reading.consumed.saturating_sub(reading.generated)).sum()
        };
        let shares = |(zone, buyers): &(Zone, Vec<u16>)| -> Vec<(u16, u32)> {
            let shares = apportion(import(*zone), &vec![1; buyers.len()]);
            buyers.iter().copied().zip(shares).collect()
        };
        let mut all: Vec<(u16, u32)> = Vec::new();
        // One order of each buyer, in however many zones it is.
        let mut places: Vec<Option<usize>> = vec![None; self.participants];
        for (seat, energy) in self.zones.iter().flat_map(shares).filter(|&(_, energy)| energy > 0) {
            let place = places.get_mut(usize::from(seat));
            match place {
                Some(Some(place)) => all[*place].1 = all[*place].1.saturating_add(energy),
                Some(place) => {
                    *place = Some(all.len());
                    all.push((seat, energy));
                }
                // A buyer is one of the participants.
                None => {}
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_sell_and_the_zones_people_buy() {
        let meters = [Zone::CLASSROOM, Zone::CLASSROOM, Zone::LABORATORY];
        let roles = [Role::Faculty, Role::Undergraduate, Role::Undergraduate, Role::Graduate, Role::Undergraduate];
        // The first owns two meters; the last participant owns one, and does not buy.
        let users = |zone| match zone {
            Zone::CLASSROOM => vec![Role::Undergraduate],
            _ => vec![Role::Graduate],
        };
        let needs = Needs::new(&meters, &[0, 0, 4], &roles, users);
        let reading = |generated, consumed| Metered { generated, consumed };
        let readings = [reading(900, 400), reading(0, 301), reading(50, 20)];
        assert_eq!(needs.surplus(&readings), [(0, 500), (4, 30)]);
        assert_eq!(needs.imports(&readings), [(1, 151), (2, 150)]);
        assert_eq!(needs.participants(), 5);
        // Where graduates use both, the one who owns no meter has one order for its shares.
        let both = Needs::new(&meters, &[0, 0, 4], &roles, |_| vec![Role::Graduate, Role::Undergraduate]);
        let dark = [reading(0, 300), reading(0, 3), reading(0, 60)];
        assert_eq!(both.imports(&dark), [(1, 101 + 20), (2, 101 + 20), (3, 101 + 20)]);
    }
}
