for (const name of ["localStorage", "sessionStorage"]) {
  try {
    self[name].length;
  } catch {
    const kept = new Map();
    const storage = {
      get length() {
        return kept.size;
      },
      key: (index) => [...kept.keys()][index] ?? null,
      getItem: (key) => kept.get(`${key}`) ?? null,
      setItem: (key, value) => void kept.set(`${key}`, `${value}`),
      removeItem: (key) => void kept.delete(`${key}`),
      clear: () => kept.clear(),
    };
    const value = new Proxy(storage, {
      get: (target, key) => key in target ? target[key] : kept.get(key),
      set: (_target, key, value) => (storage.setItem(key, value), true),
      deleteProperty: (_target, key) => (kept.delete(key), true),
    });
    Object.defineProperty(self, name, { value });
  }
}
try {
  document.cookie;
} catch {
  Object.defineProperty(document, "cookie", { get: () => "", set: () => {} });
}
document.currentScript.remove();
