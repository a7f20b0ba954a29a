#!/usr/bin/env python3
"""Compares `sim-cli simulate` under a clear sky with pvlib, which implements the same equations independently.

Needs pvlib 0.16.1 (`pip install pvlib==0.16.1`). Usage: clear_sky.py SIM_CLI [FIXTURE]. For each site and day it prints the
agreement of the 15-minute energies, 1 - sum|E - Eref| / sum Eref, the bias of the day and the largest error of the sun's
angles. With FIXTURE it writes what pvlib says for the first two days, which sim-cli's tests hold the simulation to.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pvlib

SEED = Path(__file__).resolve().parents[2] / "sim-cli/config/engineering-config.yaml"
BANGKOK = [3.55, 3.75, 4.3, 4.75, 4.95, 5.15, 5.1, 5.3, 4.95, 4.55, 4.0, 3.75]
MUNICH = [2.3, 2.6, 3.0, 3.2, 3.3, 3.4, 3.5, 3.4, 3.1, 2.8, 2.4, 2.2]
MELBOURNE = [3.2, 3.1, 2.9, 2.7, 2.5, 2.4, 2.4, 2.5, 2.7, 2.9, 3.1, 3.2]
# name, latitude, longitude, altitude, zone, azimuth, tilt, air, wind, turbidity
SITES = [
    ("Bangkok", 13.7563, 100.5018, 2, "Asia/Bangkok", 180, 30, 30, 1.5, BANGKOK),
    ("Munich", 48.137, 11.575, 520, "Europe/Berlin", 205, 35, 12, 2.0, MUNICH),
    ("Melbourne", -37.814, 144.963, 31, "Australia/Melbourne", 0, 25, 18, 3.0, MELBOURNE),
    ("La Paz", -16.5, -68.15, 3640, "America/La_Paz", 300, 10, 8, 2.5, [2.2] * 12),
]
DAYS = ["2025-03-20", "2025-06-21", "2025-09-22", "2025-12-21", "2025-03-30"]


def configuration(site):
    _, latitude, longitude, altitude, zone, azimuth, tilt, air, wind, turbidity = site
    text = SEED.read_text().replace('orientation: "south_facing"', f"azimuth_deg: {azimuth}")
    text = text.replace("tilt_angle: 30", f"tilt_angle: {tilt}")
    return text.replace(
        "  solar_installation:",
        f"  site: {{latitude: {latitude}, longitude: {longitude}, altitude_m: {altitude}, timezone: {zone}}}\n"
        f"  weather: {{sky: clear, air_temperature_c: {air}, wind_m_s: {wind}, linke_turbidity: {turbidity}}}\n"
        "  solar_installation:",
        1,
    )


def simulated(command, site, day):
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "config.yaml"
        config.write_text(configuration(site))
        arguments = [command, "simulate", "--config", config, "--date", day, "--out", directory]
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        table = pd.read_csv(Path(directory) / "array.csv", parse_dates=["interval_start_utc"])
    return table.set_index("interval_start_utc")


def reference(site, starts):
    """Energies from minute to minute, and the sun in the middle of the intervals."""
    _, latitude, longitude, altitude, zone, azimuth, tilt, air, wind, turbidity = site
    location = pvlib.location.Location(latitude, longitude, zone, altitude)
    minutes = pd.date_range(starts[0], starts[-1] + pd.Timedelta("15min"), freq="1min", inclusive="left")
    times = (minutes + pd.Timedelta("30s")).tz_convert(zone)
    sun = location.get_solarposition(times)
    linke = interpolated(turbidity, times)
    sky = location.get_clearsky(times, model="ineichen", solar_position=sun, linke_turbidity=linke)
    outside = pvlib.irradiance.get_extra_radiation(times)
    airmass = pvlib.atmosphere.get_relative_airmass(sun["apparent_zenith"])
    light = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun["apparent_zenith"], sun["azimuth"], sky["dni"], sky["ghi"], sky["dhi"],
        dni_extra=outside, airmass=airmass, albedo=0.25, model="perez",
    ).fillna(0)
    incidence = pvlib.irradiance.aoi(tilt, azimuth, sun["apparent_zenith"], sun["azimuth"])
    effective = light["poa_direct"] * pvlib.iam.physical(incidence, n=1.526) + light["poa_diffuse"]
    constants = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]["open_rack_glass_glass"]
    cell = pvlib.temperature.sapm_cell(light["poa_global"], air, wind, **constants)
    direct = pvlib.pvsystem.pvwatts_dc(effective, cell, 50, -0.0035) * (1 - 0.14)
    power = pvlib.inverter.pvwatts(direct, 50, 0.96).fillna(0).clip(lower=0)
    energy = power.groupby(np.arange(len(power)) // 15).mean() * 0.25
    middle = location.get_solarposition((starts + pd.Timedelta("7min30s")).tz_convert(zone))
    return energy.to_numpy(), middle


def interpolated(turbidity, times):
    def middles(year):
        lengths = pd.date_range(f"{year}-01-01", periods=12, freq="MS").days_in_month.to_numpy()
        ends = np.cumsum(lengths)
        return np.concatenate([[-lengths[-1] / 2], ends - lengths / 2, [ends[-1] + lengths[0] / 2]])

    values = [turbidity[-1], *turbidity, turbidity[0]]
    return pd.Series(np.interp(times.day_of_year, middles(times[0].year), values), index=times)


def write_fixture(path):
    with open(path, "w") as file:
        file.write(f"# pvlib {pvlib.__version__}, scripts/reference/clear_sky.py\n")
        file.write("site,day,zenith_deg,azimuth_deg,array_kwh\n")
        for site in SITES:
            for day in DAYS[:2]:
                starts = simulated(sys.argv[1], site, day).index
                energy, sun = reference(site, starts)
                for row in zip(sun["zenith"], sun["azimuth"], energy):
                    file.write(f"{site[0]},{day},{row[0]:.4f},{row[1]:.4f},{row[2]:.5f}\n")


def main():
    if len(sys.argv) > 2:
        write_fixture(sys.argv[2])
    print("| site | day | agreement | bias % | zenith | azimuth x sin zenith | kWh |\n|---|---|---:|---:|---:|---:|---:|")
    missed = total = 0
    for site in SITES:
        for day in DAYS:
            table = simulated(sys.argv[1], site, day)
            energy, sun = reference(site, table.index)
            error = np.abs(table["array_kwh"].to_numpy() - energy).sum()
            missed, total = missed + error, total + energy.sum()
            bias = (table["array_kwh"].sum() / energy.sum() - 1) * 100
            zenith = np.abs(table["zenith_deg"].to_numpy() - sun["zenith"].to_numpy()).max()
            turn = (table["azimuth_deg"].to_numpy() - sun["azimuth"].to_numpy() + 180) % 360 - 180
            azimuth = np.abs(turn * np.sin(np.radians(sun["zenith"].to_numpy()))).max()
            night = table["array_kwh"][sun["apparent_zenith"].to_numpy() > 92]
            assert (night == 0).all(), f"{site[0]} {day}: energy at night"
            name = f"| {site[0]} | {day} ({len(table)} rows)"
            print(f"{name} | {1 - error / energy.sum():.5f} | {bias:+.3f} | {zenith:.4f} | {azimuth:.4f} | {energy.sum():.2f} |")
    print(f"\nPooled agreement: {1 - missed / total:.5f}")


main()
