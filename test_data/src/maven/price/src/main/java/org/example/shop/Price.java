package org.example.shop;

public final class Price {
  private Price() {}

  public static long withTax(long cents) {
    if (cents < 0) {
      throw new IllegalArgumentException("negative: " + cents);
    }
    return Math.round(cents * 1.1);
  }

  public static String format(long cents) {
    return String.format("%d.%02d", cents / 100, cents % 100);
  }
}
