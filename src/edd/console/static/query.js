/** What stands behind the question mark of the address: a page's state that can be linked to. */

import { useAddress } from "./router.js";

/** Return the parameter `name` of the address, and a function that changes it in place. */
export function useParameter(name) {
  const read = () => new URLSearchParams(location.search).get(name) ?? "";
  const [value, setValue] = useAddress(read);
  const change = (next) => {
    const words = new URLSearchParams(location.search);
    if (next) words.set(name, next);
    else words.delete(name);
    const query = words.toString().replaceAll("%2F", "/");
    history.replaceState(null, "", location.pathname + (query && `?${query}`));
    setValue(next);
  };
  return [value, change];
}
