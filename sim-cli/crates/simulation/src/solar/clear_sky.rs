//! Irradiance under a clear sky: Ineichen and Perez (Solar Energy 73, 2002) with Linke turbidity, the airmass of Kasten and
//! Young (Applied Optics 28, 1989), the distance of the sun after Spencer (Search 2, 1971).

use {
    super::{Site, Sun},
    std::f64::consts::TAU,
};

/// Irradiance, W/m2.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Irradiance {
    /// On the horizontal.
    pub global: f64,
    /// From the sun itself, on a plane that faces it.
    pub beam: f64,
    /// From the rest of the sky, on the horizontal.
    pub diffuse: f64,
}

/// Solar constant, W/m2.
const SOLAR_CONSTANT: f64 = 1_366.1;
/// Pressure at the sea, Pa.
const SEA_PRESSURE: f64 = 101_325.0;
/// Days of the months of a common year.
const MONTHS: [f64; 12] = [31.0, 28.0, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0];

/// Linke turbidity: a value for the middle of each month.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkeTurbidity(pub [f64; 12]);

impl LinkeTurbidity {
    /// The turbidity of a day, between the middles of the months.
    #[must_use]
    pub fn on(&self, year: i32, day: u32) -> f64 {
        let leap = f64::from(u8::from(chrono::NaiveDate::from_ymd_opt(year, 2, 29).is_some()));
        let days = |month: usize| MONTHS[month % 12] + if month % 12 == 1 { leap } else { 0.0 };
        let day = f64::from(day);
        // From the middle of the December before to that of the January after.
        let mut earlier = (-days(11) / 2.0, self.0[11]);
        let mut begin = 0.0;
        for month in 0..13 {
            let later = (begin + days(month) / 2.0, self.0[month % 12]);
            if day <= later.0 {
                let share = (day - earlier.0) / (later.0 - earlier.0);
                return earlier.1 + (later.1 - earlier.1) * share;
            }
            (earlier, begin) = (later, begin + days(month));
        }
        earlier.1
    }
}

/// Pressure of the air at an altitude, Pa, in the standard atmosphere.
#[must_use]
pub fn pressure(altitude: f64) -> f64 {
    100.0 * ((44_331.514 - altitude) / 11_880.516).powf(1.0 / 0.190_263_2)
}

/// Irradiance outside the atmosphere on a day of the year, W/m2.
#[must_use]
pub fn extraterrestrial(day: u32) -> f64 {
    let b = TAU * (f64::from(day) - 1.0) / 365.0;
    let distance = 1.000_11 + 0.034_221 * b.cos() + 0.001_28 * b.sin() + 0.000_719 * (2.0 * b).cos();
    SOLAR_CONSTANT * (distance + 0.000_077 * (2.0 * b).sin())
}

/// Air between the sun and the ground, relative to the vertical; the sun is up.
#[must_use]
pub fn airmass(sun: &Sun) -> f64 {
    let zenith = sun.apparent_zenith;
    1.0 / (sun.cosine() + 0.505_72 * (96.079_95 - zenith).powf(-1.636_4))
}

/// The irradiance of a clear sky.
#[must_use]
pub fn irradiance(site: &Site, sun: &Sun, day: u32, turbidity: f64) -> Irradiance {
    if !sun.is_up() {
        return Irradiance::default();
    }
    let (altitude, cosine) = (site.altitude, sun.cosine());
    let outside = extraterrestrial(day);
    let air = airmass(sun) * pressure(altitude) / SEA_PRESSURE;
    let (fh1, fh2) = ((-altitude / 8_000.0).exp(), (-altitude / 1_250.0).exp());
    let (cg1, cg2) = (5.09e-5 * altitude + 0.868, 3.92e-5 * altitude + 0.038_7);
    let global = cg1 * outside * cosine * (-cg2 * air * (fh1 + fh2 * (turbidity - 1.0))).exp();
    let b = 0.664 + 0.163 / fh1;
    let normal = outside * (b * (-0.09 * air * (turbidity - 1.0)).exp()).max(0.0);
    let at_most = (1.0 - (0.1 - 0.2 * (-turbidity).exp()) / (0.1 + 0.882 / fh1)) / cosine;
    let beam = normal.min(global * at_most.clamp(0.0, 1e20));
    Irradiance { global, beam, diffuse: global - beam * cosine }
}
