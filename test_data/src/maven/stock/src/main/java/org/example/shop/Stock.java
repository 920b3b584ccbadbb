package org.example.shop;

import java.util.HashMap;
import java.util.Map;

public final class Stock {
  private final Map<String, Integer> counts = new HashMap<>();

  public void add(String name, int count) {
    counts.merge(name, count, Integer::sum);
  }

  public boolean take(String name) {
    int count = count(name);
    if (count == 0) {
      return false;
    }
    counts.put(name, count - 1);
    return true;
  }

  public int count(String name) {
    return counts.getOrDefault(name, 0);
  }
}
