package org.example.units;

/** The whole numbers from a first to a last one, both included. */
public final class Interval {
    private final int first;
    private final int last;

    public Interval(int first, int last) {
        this.first = Math.min(first, last);
        this.last = Math.max(first, last);
    }

    public boolean contains(int number) {
        return first <= number && number <= last;
    }

    public Interval spanning(Interval other) {
        return new Interval(Math.min(first, other.first), Math.max(last, other.last));
    }
}
