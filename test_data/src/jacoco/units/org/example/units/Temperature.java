package org.example.units;

/** A temperature, kept in kelvin. */
public final class Temperature {
    private static final double ZERO_CELSIUS = 273.15;

    private final double kelvin;

    private Temperature(double kelvin) {
        if (kelvin < 0) {
            throw new IllegalArgumentException("colder than absolute zero: " + kelvin + " K");
        }
        this.kelvin = kelvin;
    }

    public static Temperature ofCelsius(double degrees) {
        return new Temperature(degrees + ZERO_CELSIUS);
    }

    public static Temperature ofFahrenheit(double degrees) {
        return ofCelsius((degrees - 32) * 5 / 9);
    }

    public double celsius() {
        return kelvin - ZERO_CELSIUS;
    }

    public double fahrenheit() {
        return celsius() * 9 / 5 + 32;
    }
}
