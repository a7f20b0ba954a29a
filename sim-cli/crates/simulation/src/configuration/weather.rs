//! `weather`: the climate of the site, and the sky of the physical mode.

use {
    super::checked,
    crate::solar::LinkeTurbidity,
    serde::{Deserialize, Serialize},
};

/// `weather`: the sky of the physical mode. The climate is the site's: without its keys it is Bangkok's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeatherSection {
    /// Clear without noise, or stochastic.
    pub sky: SkyName,
    /// Degrees Celsius, always; without it those of the months.
    #[serde(deserialize_with = "checked::air_temperature")]
    pub air_temperature_c: Option<f64>,
    /// Mean temperature of each month, degrees Celsius.
    #[serde(deserialize_with = "checked::monthly_temperatures", skip_serializing_if = "Option::is_none")]
    pub monthly_temperatures_c: Option<[f64; 12]>,
    /// How often the sky is clear, broken and overcast in each month: shares that add up to 1.
    #[serde(deserialize_with = "checked::sky_shares", skip_serializing_if = "Option::is_none")]
    pub sky_shares: Option<[[f64; 3]; 12]>,
    /// Metres per second.
    #[serde(deserialize_with = "checked::wind")]
    pub wind_m_s: f64,
    /// For the middle of each month.
    #[serde(deserialize_with = "checked::turbidity")]
    pub linke_turbidity: [f64; 12],
}

/// Mean temperature of Bangkok's months, degrees Celsius (Thai Meteorological Department, 1991 to 2020, rounded).
const BANGKOK_TEMPERATURES: [f64; 12] = [27.5, 28.6, 29.7, 30.6, 30.1, 29.6, 29.1, 28.9, 28.4, 28.3, 28.2, 27.3];
/// Bangkok's turbidity is that of the SoDa map, read with pvlib 0.16.1.
const BANGKOK_TURBIDITY: [f64; 12] = [3.55, 3.75, 4.3, 4.75, 4.95, 5.15, 5.1, 5.3, 4.95, 4.55, 4.0, 3.75];

/// How often Thailand's skies are clear, broken and overcast in a month, from 0.
const fn thai_sky(month: usize) -> [f64; 3] {
    match month {
        2..=4 => [0.48, 0.37, 0.15],
        5..=9 => [0.25, 0.45, 0.3],
        _ => [0.6, 0.3, 0.1],
    }
}

impl Default for WeatherSection {
    fn default() -> Self {
        Self {
            sky: SkyName::Stochastic,
            air_temperature_c: None,
            monthly_temperatures_c: None,
            sky_shares: None,
            wind_m_s: 1.0,
            linke_turbidity: BANGKOK_TURBIDITY,
        }
    }
}

impl WeatherSection {
    /// The turbidity.
    #[must_use]
    pub fn turbidity(&self) -> LinkeTurbidity {
        LinkeTurbidity(self.linke_turbidity)
    }

    /// Mean temperature of each month, degrees Celsius.
    #[must_use]
    pub fn monthly_temperatures(&self) -> [f64; 12] {
        self.monthly_temperatures_c.unwrap_or(BANGKOK_TEMPERATURES)
    }

    /// How often the sky is clear, broken and overcast in a month, from 0.
    #[must_use]
    pub fn sky_shares(&self, month: usize) -> [f64; 3] {
        self.sky_shares.map_or_else(|| thai_sky(month), |months| months[month % 12])
    }

    /// The keys of the climate that are not given and so are Bangkok's.
    #[must_use]
    pub fn of_bangkok(&self) -> Vec<&'static str> {
        let stochastic = self.sky == SkyName::Stochastic;
        [
            ("linke_turbidity", self.linke_turbidity == BANGKOK_TURBIDITY),
            ("monthly_temperatures_c", self.air_temperature_c.is_none() && self.monthly_temperatures_c.is_none()),
            ("sky_shares", stochastic && self.sky_shares.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, missing)| missing.then_some(key))
        .collect()
    }
}

/// `weather.sky`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkyName {
    /// No cloud, no noise.
    Clear,
    /// Clouds come and go.
    #[default]
    Stochastic,
}
