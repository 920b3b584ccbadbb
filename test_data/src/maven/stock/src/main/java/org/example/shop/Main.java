package org.example.shop;

public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Stock stock = new Stock();
    for (String name : arguments) {
      stock.add(name, 1);
    }
    for (String name : arguments) {
      System.out.println(name + " " + stock.count(name));
    }
  }
}
