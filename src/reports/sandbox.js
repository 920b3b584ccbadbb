{
  const makeStorage = () => {
    const stored = new Map();
    const methods = {
      key: (index) => [...stored.keys()][index] ?? null,
      getItem: (key) => stored.get(`${key}`) ?? null,
      setItem: (key, value) => void stored.set(`${key}`, `${value}`),
      removeItem: (key) => void stored.delete(`${key}`),
      clear: () => stored.clear(),
    };
    return new Proxy({}, {
      get: (target, key) =>
        key === "length" ? stored.size : methods[key] ?? stored.get(key) ?? target[key],
      set: (_target, key, value) => (methods.setItem(key, value), true),
      has: (target, key) => key === "length" || key in methods || stored.has(key) || key in target,
      deleteProperty: (_target, key) => (stored.delete(key), true),
      ownKeys: () => [...stored.keys()],
      getOwnPropertyDescriptor: (_target, key) =>
        stored.has(key)
          ? { value: stored.get(key), writable: true, enumerable: true, configurable: true }
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
