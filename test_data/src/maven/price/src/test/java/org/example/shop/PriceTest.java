package org.example.shop;

import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class PriceTest {
  @Test
  public void addsTax() {
    assertEquals(110, Price.withTax(100));
  }

  @Test
  public void formats() {
    assertEquals("12.05", Price.format(1205));
  }
}
