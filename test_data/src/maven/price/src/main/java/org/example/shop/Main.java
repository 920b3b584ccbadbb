package org.example.shop;

/** Prints a price. Another module has a class of the same name. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    long cents = Price.withTax(Long.parseLong(arguments[0]));
    System.out.println(Price.format(cents));
  }
}
