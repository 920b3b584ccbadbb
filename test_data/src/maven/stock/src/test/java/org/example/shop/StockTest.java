package org.example.shop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;

import org.junit.Test;

public class StockTest {
  @Test
  public void counts() {
    Stock stock = new Stock();
    stock.add("tea", 2);
    assertEquals(2, stock.count("tea"));
    assertFalse(stock.take("coffee"));
  }

  @Test
  public void listsWhatItIsGiven() {
    Main.main(new String[] {"tea"});
  }
}
