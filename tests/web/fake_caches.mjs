// The browser's Cache API, which Node does not have.
export class FakeCaches {
  files = new Map();
  has = async () => this.files.size > 0;
  open = async () => ({
    match: async (url) => this.files.get(url)?.clone(),
    put: async (url, response) => void this.files.set(url, response),
    delete: async (url) => this.files.delete(url),
    keys: async () => [...this.files.keys()].map((url) => ({ url })),
  });
}
