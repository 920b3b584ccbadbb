package org.example.run;

import org.example.text.Slug;
import org.example.units.Interval;
import org.example.units.Temperature;

/** Runs part of the library on purpose: a report wants covered and missed code. */
public final class Check {
    private Check() {
    }

    public static void main(String[] args) {
        expect(Temperature.ofCelsius(20).celsius() == 20);
        expect(new Interval(9, 2).contains(5));
        expect(Slug.of("Coverage, now!").equals("coverage-now"));
    }

    private static void expect(boolean holds) {
        if (!holds) {
            throw new AssertionError();
        }
    }
}
