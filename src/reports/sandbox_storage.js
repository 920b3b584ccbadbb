{
  const makeStorage = () => {
    const kept = new Map();
    const methods = {
      key: (index) => [...kept.keys()][index] ?? null,
      getItem: (key) => kept.get(`${key}`) ?? null,
      setItem: (key, value) => void kept.set(`${key}`, `${value}`),
      removeItem: (key) => void kept.delete(`${key}`),
      clear: () => kept.clear(),
    };
    return new Proxy({}, {
      get: (target, key) =>
        key === "length" ? kept.size : methods[key] ?? kept.get(key) ?? target[key],
      set: (_target, key, value) => (methods.setItem(key, value), true),
      has: (target, key) => key === "length" || key in methods || kept.has(key) || key in target,
      deleteProperty: (_target, key) => (kept.delete(key), true),
      ownKeys: () => [...kept.keys()],
      getOwnPropertyDescriptor: (_target, key) =>
        kept.has(key)
          ? { value: kept.get(key), writable: true, enumerable: true, configurable: true }
          : undefined,
    });
  };
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      self[name].length;
    } catch {
      Object.defineProperty(self, name, { value: makeStorage(), configurable: true });
    }
  }
  try {
    document.cookie;
  } catch {
    Object.defineProperty(document, "cookie", { get: () => "", set: () => {}, configurable: true });
  }
  document.currentScript.remove();
}
